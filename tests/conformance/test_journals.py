"""Every journal keeps the same promises; the ones with tables also carry riders."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConfigurationError, ConflictError, FencedError
from liteagent.contracts.runs import Event, Journal, NewRun
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.db.sqlite import SqliteDatabase, driver_connection
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.journal.postgres import PostgresJournal
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.journal.tables import RunRow
from liteagent.infra.system import SystemClock
from liteagent.testing.journal import JournalSuite

RUN = "01900000-0000-7000-8000-000000000001"


Stored = SqliteDatabase | PostgresDatabase


async def _with_tables(database: Stored) -> None:
    await database.write(lambda session: RunRow.metadata.create_all(session.connection()))
    await database.write(lambda session: session.execute(text("CREATE TABLE notes (note TEXT)")).close())


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "test.db")
    await _with_tables(database)
    yield database
    await database.close()


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(postgres_url)
    await _with_tables(database)
    yield database
    await database.close()


class TestMemoryJournal(JournalSuite):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal(SystemClock())

    async def test_it_says_that_it_takes_no_riders(self, journal: Journal) -> None:
        with pytest.raises(ConfigurationError):
            await journal.start(NewRun(RUN, "w", "u", "test", {}), [lambda _: None])


class StoredJournalSuite(JournalSuite):
    """What journals promise that keep runs beside other tables."""

    async def test_riders_commit_with_their_events(self, journal: Journal, database: Stored) -> None:
        await journal.start(NewRun(RUN, "w", "u", "test", {}), [_note("started")])
        await journal.append([Event(RUN, 2, "x.happened", {}, 0.0)], [_note("one"), _note("two")])
        assert await _notes(database) == ["started", "one", "two"]

    async def test_riders_of_a_fenced_append_leave_nothing(self, journal: Journal, database: Stored) -> None:
        await journal.start(NewRun(RUN, "w", "u", "test", {}))
        with pytest.raises(FencedError):
            await journal.append([Event(RUN, 1, "x.happened", {}, 0.0)], [_note("lost")])
        with pytest.raises(ConflictError):
            await journal.start(NewRun(RUN, "w", "u", "test", {}), [_note("lost")])
        assert await _notes(database) == []

    async def test_a_rider_that_fails_takes_its_events_with_it(
        self, journal: Journal, database: Stored
    ) -> None:
        def broken(session: Session) -> None:
            _note("half")(session)
            raise ValueError("broken")

        await journal.start(NewRun(RUN, "w", "u", "test", {}))
        with pytest.raises(ValueError, match="broken"):
            await journal.append([Event(RUN, 2, "x.happened", {}, 0.0)], [broken])
        assert await _notes(database) == []
        assert (await journal.get(RUN)).head == 1

    async def test_of_many_appends_with_riders_those_of_the_fenced_are_undone(
        self, journal: Journal, database: Stored
    ) -> None:
        """In one group: some have riders, some have none, and all want the same two places."""
        await journal.start(NewRun(RUN, "w", "u", "test", {}))
        results = await asyncio.gather(
            *(
                journal.append(
                    [Event(RUN, 2 + n % 2, "x.happened", {"n": n}, 0.0)], [_note(str(n))] * (n % 3 > 0)
                )
                for n in range(30)
            ),
            return_exceptions=True,
        )
        assert {type(each) for each in results} <= {int, FencedError}
        kept = [event.payload["n"] for event in await journal.read(RUN, after=1)]
        assert kept == [n for n, each in enumerate(results) if isinstance(each, int)]
        assert await _notes(database) == [str(n) for n in kept if isinstance(n, int) and n % 3 > 0]

    async def test_what_another_process_has_appended_is_seen(
        self, journal: Journal, another: Journal
    ) -> None:
        """What one knows of a run is no promise: the tables decide."""
        await journal.start(NewRun(RUN, "w", "u", "test", {}))
        await another.append([Event(RUN, 2, "run.claimed", {"owner": "other"}, 0.0)])
        with pytest.raises(FencedError):
            await journal.append([Event(RUN, 2, "x.happened", {}, 0.0)])
        await journal.append([Event(RUN, 3, "run.parked", {"until": 5.0}, 0.0)])
        await another.append([Event(RUN, 4, "run.cancelled", {}, 0.0)])
        with pytest.raises(FencedError, match="has ended"):
            await journal.append([Event(RUN, 4, "x.happened", {}, 0.0)])
        with pytest.raises(FencedError, match="has ended"):
            await journal.append([Event(RUN, 5, "x.happened", {}, 0.0)])

    async def test_a_fenced_append_takes_none_of_its_group_with_it(
        self, journal: Journal, another: Journal
    ) -> None:
        """Twenty runs, of which another process has taken every third; the others go on."""
        ids = [f"01900000-0000-7000-8000-{n:012d}" for n in range(20)]
        for n, run_id in enumerate(ids):
            await journal.start(NewRun(run_id, "w", "u", "test", {}))
            if n % 3 == 0:
                await another.append([Event(run_id, 2, "x.theirs", {}, 0.0)])
        results = await asyncio.gather(
            *(journal.append([Event(run_id, 2, "x.ours", {}, 0.0)]) for run_id in ids), return_exceptions=True
        )
        for n, (run_id, result) in enumerate(zip(ids, results, strict=True)):
            assert isinstance(result, FencedError if n % 3 == 0 else int)
            (event,) = await journal.read(run_id, after=1)
            assert event.type == ("x.theirs" if n % 3 == 0 else "x.ours")


class TestSqliteJournal(StoredJournalSuite):
    @pytest.fixture
    def database(self, sqlite_database: SqliteDatabase) -> Stored:
        return sqlite_database

    @pytest.fixture
    def journal(self, sqlite_database: SqliteDatabase) -> Journal:
        return SqliteJournal(sqlite_database, SystemClock())

    @pytest.fixture
    async def another(self, sqlite_database: SqliteDatabase) -> AsyncIterator[Journal]:
        database = SqliteDatabase(sqlite_database.path)
        yield SqliteJournal(database, SystemClock())
        await database.close()

    async def test_the_file_is_as_durable_as_promised(self, sqlite_database: SqliteDatabase) -> None:
        def pragmas(session: Session) -> tuple[object, ...]:
            connection = driver_connection(session.connection())
            return tuple(
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
            )

        assert await sqlite_database.write(pragmas) == ("wal", 2)


class TestPostgresJournal(StoredJournalSuite):
    @pytest.fixture
    def database(self, postgres_database: PostgresDatabase) -> Stored:
        return postgres_database

    @pytest.fixture
    def journal(self, postgres_database: PostgresDatabase) -> Journal:
        return PostgresJournal(postgres_database, SystemClock())

    @pytest.fixture
    async def another(self, postgres_database: PostgresDatabase, postgres_url: str) -> AsyncIterator[Journal]:
        database = PostgresDatabase(postgres_url)
        yield PostgresJournal(database, SystemClock())
        await database.close()


@pytest.fixture(params=["sqlite_database", "postgres_database"])
def database(request: pytest.FixtureRequest) -> Stored:
    return request.getfixturevalue(request.param)


async def test_a_failing_unit_of_work_takes_nobody_with_it(database: Stored) -> None:
    def broken(session: Session) -> None:
        _note("broken")(session)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await database.write(broken)
    await database.write(_note("whole"))
    assert await _notes(database) == ["whole"]


async def test_readers_cannot_wait_for_the_writer(sqlite_database: SqliteDatabase) -> None:
    seen: list[list[str]] = []

    def write_and_look(session: Session) -> None:
        _note("uncommitted")(session)
        with sqlite3.connect(sqlite_database.path) as other:
            seen.append([row[0] for row in other.execute("SELECT note FROM notes")])
        other.close()

    await sqlite_database.write(write_and_look)
    assert seen == [[]]


def _note(note: str) -> Callable[[Session], None]:
    def rider(session: Session) -> None:
        session.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note})

    return rider


async def _notes(database: Stored) -> list[str]:
    return await database.read(
        lambda session: list(session.execute(text("SELECT note FROM notes")).scalars())
    )
