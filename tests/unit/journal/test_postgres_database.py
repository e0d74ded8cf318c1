"""The database on a real Postgres: its one writer, a server that crashes, and answers that get lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import anyio
import anyio.lowlevel
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.runs import Event, NewRun
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.journal.opening import make_tables
from liteagent.infra.journal.postgres import PostgresJournal
from liteagent.infra.system import SystemClock
from tests.services.losing_proxy import LosingProxy
from tests.services.postgres import PostgresServer

RUN = "01900000-0000-7000-8000-000000000001"


@pytest.fixture
async def database(postgres_database: PostgresDatabase) -> PostgresDatabase:
    await postgres_database.write(create)
    return postgres_database


def create(session: Session) -> None:
    session.execute(text("CREATE TABLE notes (n INTEGER UNIQUE)"))


def note(n: int) -> Callable[[Session], int]:
    def work(session: Session) -> int:
        session.execute(text("INSERT INTO notes VALUES (:n)"), {"n": n})
        return n

    return work


def rider(n: int) -> Callable[[Session], None]:
    def ride(session: Session) -> None:
        note(n)(session)

    return ride


async def noted(database: PostgresDatabase) -> list[int]:
    return await database.read(
        lambda session: list(session.execute(text("SELECT n FROM notes ORDER BY n")).scalars())
    )


async def write_one(database: PostgresDatabase) -> list[int]:
    return [await database.write(note(1))]


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[LosingProxy]:
    with LosingProxy(postgres_server.port) as proxy:
        yield proxy


@pytest.fixture
async def behind(
    proxy: LosingProxy, database: PostgresDatabase, postgres_url: str, postgres_server: PostgresServer
) -> AsyncIterator[PostgresDatabase]:
    """The same database, through the door that loses answers."""
    behind = PostgresDatabase(postgres_url.replace(str(postgres_server.port), str(proxy.port)))
    await behind.write(lambda _: None)
    yield behind
    await behind.close()


async def test_a_failing_unit_leaves_nothing_and_its_neighbours_stay(database: PostgresDatabase) -> None:
    def twice(session: Session) -> None:
        note(10)(session)
        note(10)(session)

    def half(session: Session) -> None:
        note(20)(session)
        raise ValueError("broken")

    results = await asyncio.gather(
        *(database.write(work) for work in (note(1), note(2), twice, note(3), half, note(4))),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [int, int, IntegrityError, int, ValueError, int]
    assert await noted(database) == [1, 2, 3, 4]


async def test_a_unit_that_fails_alone_leaves_nothing(database: PostgresDatabase) -> None:
    await database.write(note(1))
    with pytest.raises(IntegrityError):
        await database.write(note(1))
    assert await database.write(note(2)) == 2
    assert await noted(database) == [1, 2]


async def test_a_crash_of_the_server_is_survived(
    database: PostgresDatabase, postgres_server: PostgresServer
) -> None:
    """It restarts under load: what was acknowledged is there, each once, and nobody sees an error."""
    journal = PostgresJournal(database, SystemClock())
    ids = [f"01900000-0000-7000-8000-{n:012d}" for n in range(20)]
    done = 0
    crashes = {len(ids) * 40 * part // 10: anyio.Event() for part in (2, 5, 8)}

    async def work(run_id: str) -> None:
        nonlocal done
        await journal.start(NewRun(run_id, "w", "u", "test", {}))
        for seq in range(2, 42):
            riders = [rider(int(run_id[-4:]) * 100 + seq)] if seq % 10 == 0 else []
            await journal.append([Event(run_id, seq, "x.happened", {"n": seq}, 1.0)], riders)
            done += 1
            if done in crashes:
                crashes[done].set()

    async with anyio.create_task_group() as group:
        for run_id in ids:
            group.start_soon(work, run_id)
        for moment in crashes.values():
            await moment.wait()
            await anyio.to_thread.run_sync(postgres_server.crash_and_restart)
    for run_id in ids:
        assert [event.seq for event in await journal.read(run_id)] == list(range(1, 42))
    assert len(await noted(database)) == len(ids) * 4


async def test_an_append_whose_answer_was_lost_is_done_once(
    behind: PostgresDatabase, database: PostgresDatabase, proxy: LosingProxy
) -> None:
    journal = PostgresJournal(behind, SystemClock())
    proxy.lose_the_answer_to(b"run.started")
    await journal.start(NewRun(RUN, "w", "u", "test", {"text": "é"}))
    assert proxy.lost == 1
    claim = [
        Event(RUN, 2, "run.claimed", {"owner": "a"}, 1.1),
        Event(RUN, 3, "x.happened", {"text": 'é"\\\x00'}, 0.1 + 0.2, 2),
    ]
    proxy.lose_the_answer_to(b"run.claimed")
    await journal.append(claim)
    proxy.lose_the_answer_to(b"run.completed")
    await journal.append([Event(RUN, 4, "run.completed", {}, 1.0)])
    assert proxy.lost == 3
    assert [event.type for event in await PostgresJournal(database, SystemClock()).read(RUN)] == [
        "run.started",
        "run.claimed",
        "x.happened",
        "run.completed",
    ]


async def test_a_transaction_whose_answer_was_lost_is_done_once(
    behind: PostgresDatabase, database: PostgresDatabase, proxy: LosingProxy
) -> None:
    proxy.lose_the_answer_to(b"COMMIT\x00")
    assert await behind.write(note(1)) == 1
    assert proxy.lost == 1
    proxy.lose_the_answer_to(b"INSERT")
    assert await behind.write(note(2)) == 2
    results = await asyncio.gather(*(behind.write(note(n)) for n in (3, 3, 4)), return_exceptions=True)
    assert [type(each) for each in results] == [int, IntegrityError, int]
    proxy.lose_the_answer_to(b"SELECT n")
    assert await noted(behind) == [1, 2, 3, 4]
    assert proxy.lost == 3


async def test_where_there_is_no_server_every_unit_says_so_in_time(postgres_server: PostgresServer) -> None:
    database = PostgresDatabase("postgresql://anna:secret@127.0.0.1:1/nothing", patience=0.1)
    assert "secret" not in database.name
    with anyio.fail_after(10):
        for unit in (noted, write_one):
            with pytest.raises(ConfigurationError, match="cannot be reached") as caught:
                await unit(database)
            assert caught.value.error_code == "database_unavailable"
            assert "secret" not in caught.value.message
        with pytest.raises(ConfigurationError):
            await PostgresJournal(database, SystemClock()).start(NewRun(RUN, "w", "u", "test", {}))
    await database.close()


async def test_a_wrong_password_or_database_is_told_at_once(postgres_server: PostgresServer) -> None:
    database = PostgresDatabase(postgres_server.url.rpartition("/")[0] + "/nothing")
    with anyio.fail_after(5), pytest.raises(ConfigurationError, match="does not exist"):
        await database.write(lambda _: None)
    await database.close()


async def test_closing_commits_what_is_queued(database: PostgresDatabase, postgres_url: str) -> None:
    other = PostgresDatabase(postgres_url)
    tasks = [asyncio.create_task(other.write(note(n))) for n in range(50)]
    await anyio.lowlevel.checkpoint()
    await other.close()
    assert await asyncio.gather(*tasks) == list(range(50))
    with pytest.raises(RuntimeError, match="closed"):
        await other.write(note(99))
    assert await noted(database) == list(range(50))


async def test_a_read_is_one_snapshot(database: PostgresDatabase) -> None:
    """What commits in the middle of it is not seen by half."""
    reading, written = anyio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def twice(session: Session) -> tuple[int | None, int | None]:
        count = text("SELECT count(*) FROM notes")
        before = session.execute(count).scalar()
        loop.call_soon_threadsafe(reading.set)
        asyncio.run_coroutine_threadsafe(written.wait(), loop).result(10)
        return before, session.execute(count).scalar()

    async def write() -> None:
        await reading.wait()
        await database.write(note(1))
        written.set()

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        assert await database.read(twice) == (0, 0)


async def test_tables_may_be_made_by_two_at_once(postgres_url: str, database: PostgresDatabase) -> None:
    await asyncio.gather(*(database.write(make_tables) for _ in range(3)))
