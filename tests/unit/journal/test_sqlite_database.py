"""The database's one writer: what it commits together, and what happens when it cannot."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from liteagent.infra.db.sqlite import SqliteDatabase

HOLE = 1_000_000


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[SqliteDatabase]:
    database = SqliteDatabase(path)
    try:
        await database.write_raw(
            lambda c: c.execute("CREATE TABLE IF NOT EXISTS notes (n INTEGER UNIQUE, body TEXT)").close()
        )
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[SqliteDatabase]:
    async with opened(tmp_path / "test.db") as database:
        yield database


def note(n: int, size: int = 1) -> Callable[[Session], int]:
    def work(session: Session) -> int:
        session.execute(text("INSERT INTO notes VALUES (:n, :body)"), {"n": n, "body": "x" * size})
        return n

    return work


def raw_note(n: int) -> Callable[[sqlite3.Connection], int]:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO notes VALUES (?, 'raw')", (n,)).close()
        return n

    return work


async def noted(database: SqliteDatabase) -> list[int]:
    return await database.read(
        lambda session: list(session.execute(text("SELECT n FROM notes ORDER BY n")).scalars())
    )


class Held:
    """A unit of work that keeps the writer busy until it is let go; what is queued meanwhile is one group."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._started = threading.Event()
        self._go_on = threading.Event()

    async def __aenter__(self) -> "Held":
        def work(_session: Session) -> None:
            self._started.set()
            self._go_on.wait(20)

        self._task = asyncio.ensure_future(self._database.write(work))
        while not self._started.is_set():
            await anyio.lowlevel.checkpoint()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._go_on.set()
        await self._task


async def queue(*coroutines: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """Start these, in this order, so that each stands in the writer's queue."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    for _ in range(3):
        await anyio.lowlevel.checkpoint()
    return tasks


async def test_writes_that_come_together_share_a_commit(database: SqliteDatabase) -> None:
    statements: list[str] = []
    await database.write_raw(lambda c: c.set_trace_callback(statements.append))
    async with Held(database):
        tasks = await queue(*(database.write(note(n)) for n in range(300)))
    assert await asyncio.gather(*tasks) == list(range(300))
    await database.write_raw(lambda c: c.set_trace_callback(None))
    commits = [each for each in statements if each == "COMMIT"]
    assert len(commits) <= 4, "300 writes: the group under way, theirs, and the trace's own"
    assert await noted(database) == list(range(300))


async def test_a_write_with_no_company_does_not_wait_for_any(database: SqliteDatabase) -> None:
    for n in range(20):
        with anyio.fail_after(2):
            await database.write(note(n))
    assert len(await noted(database)) == 20


async def test_closing_commits_what_is_queued_and_refuses_what_comes_after(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "test.db")
    await database.write_raw(lambda c: c.execute("CREATE TABLE notes (n INTEGER, body TEXT)").close())
    async with Held(database):
        tasks = await queue(*(database.write(note(n)) for n in range(50)))
        closing = asyncio.ensure_future(database.close())
        await anyio.lowlevel.checkpoint()
        with anyio.fail_after(5), pytest.raises(RuntimeError, match="closed"):
            await database.write(note(99))
    await asyncio.gather(*tasks, closing)
    with sqlite3.connect(tmp_path / "test.db") as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (50,)
    connection.close()
    await database.close()


async def test_a_write_that_is_cancelled_in_the_queue_is_not_made(database: SqliteDatabase) -> None:
    async with Held(database):
        first, second, third = await queue(*(database.write(note(n)) for n in (1, 2, 3)))
        second.cancel()
        await anyio.lowlevel.checkpoint()
    assert await asyncio.gather(first, third) == [1, 3]
    assert second.cancelled()
    assert await noted(database) == [1, 3]


async def test_a_failing_unit_leaves_nothing_and_its_neighbours_stay(database: SqliteDatabase) -> None:
    def half(session: Session) -> None:
        note(10)(session)
        note(10)(session)

    def raw_half(connection: sqlite3.Connection) -> None:
        raw_note(20)(connection)
        raise ValueError("broken")

    async with Held(database):
        tasks = await queue(
            database.write(note(1)),
            database.write(half),
            database.write_raw(raw_note(2)),
            database.write_raw(raw_half),
            database.write(note(3)),
        )
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in results] == [int, IntegrityError, int, ValueError, int]
    assert await noted(database) == [1, 2, 3]


@pytest.mark.parametrize("raw", [True, False])
async def test_where_sqlite_gives_the_transaction_up_every_unit_of_it_learns_that(
    database: SqliteDatabase, raw: bool
) -> None:
    """As SQLite may on a full disk or an I/O error; here a conflict clause has it do so."""
    await database.write(note(HOLE))
    poison = "INSERT OR ROLLBACK INTO notes VALUES (1000000, 'again')"

    def session_poison(session: Session) -> None:
        session.execute(text(poison))

    breaking = (
        database.write_raw(lambda c: c.execute(poison).close()) if raw else database.write(session_poison)
    )
    async with Held(database):
        tasks = await queue(
            database.write(note(1)),
            database.write_raw(raw_note(2)),
            breaking,
            database.write(note(3)),
            database.write_raw(raw_note(4)),
        )
        # The unit that holds the writer is a group of its own.
    results = await asyncio.gather(*tasks, return_exceptions=True)
    acknowledged = [each for each in results if isinstance(each, int)]
    assert await noted(database) == [*acknowledged, HOLE], "what was acknowledged is there, and nothing else"
    assert acknowledged == []
    assert await database.write(note(5)) == 5
    assert await noted(database) == [5, HOLE]


async def test_a_full_disk_reaches_whoever_awaits_and_later_writes_work_again(
    database: SqliteDatabase,
) -> None:
    pages = await database.write_raw(lambda c: int(c.execute("PRAGMA page_count").fetchone()[0]))
    await database.write_raw(lambda c: c.execute(f"PRAGMA max_page_count = {pages + 4}").close())
    async with Held(database):
        tasks = await queue(*(database.write(note(n, 20_000)) for n in range(5)), database.write(note(90)))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert any(isinstance(each, OperationalError) and "full" in str(each) for each in results)
    assert await noted(database) == [each for each in results if isinstance(each, int)]
    await database.write_raw(lambda c: c.execute("PRAGMA max_page_count = 1000000").close())
    assert await database.write(note(91, 20_000)) == 91
    assert await database.write_raw(lambda c: c.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"


async def test_while_another_process_writes_we_wait_for_it(database: SqliteDatabase) -> None:
    other = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    (writing,) = await queue(database.write(note(1)))
    other.execute("INSERT INTO notes VALUES (2, 'theirs')")
    assert not writing.done()
    other.execute("COMMIT")
    other.close()
    with anyio.fail_after(5):
        assert await writing == 1
    assert await noted(database) == [1, 2]


@pytest.mark.parametrize("content", [b"this is no database, " * 100, None])
async def test_a_file_that_cannot_be_opened_fails_each_write_instead_of_hanging(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "test.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    database = SqliteDatabase(path)
    for _ in range(2):
        with anyio.fail_after(5), pytest.raises(DatabaseError):
            await database.write(note(1))
    await database.close()


async def test_the_event_loop_goes_on_while_the_writer_and_the_readers_are_busy(
    database: SqliteDatabase,
) -> None:
    def slow(_session: Session) -> None:
        time.sleep(0.2)

    longest = 0.0
    done = anyio.Event()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            before = time.perf_counter()
            await anyio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        await asyncio.gather(database.write(slow), *(database.read(slow) for _ in range(6)))
        done.set()
    assert longest < 0.15


async def test_more_reads_than_readers_wait_their_turn(database: SqliteDatabase) -> None:
    await database.write(note(1))
    results = await asyncio.gather(*(noted(database) for _ in range(100)))
    assert results == [[1]] * 100


async def page_bytes(path: Path, wanted: int) -> int:
    database = SqliteDatabase(path, wanted)
    try:
        await database.write(lambda session: session.execute(text("CREATE TABLE IF NOT EXISTS notes (n)")))
        return await database.read(lambda session: session.execute(text("PRAGMA page_size")).scalars().one())
    finally:
        await database.close()


async def test_a_file_keeps_the_pages_that_it_was_made_with(tmp_path: Path) -> None:
    assert await page_bytes(tmp_path / "small.db", 2048) == 2048
    assert await page_bytes(tmp_path / "small.db", 4096) == 2048
    assert await page_bytes(tmp_path / "large.db", 4096) == 4096
