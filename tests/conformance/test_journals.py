"""Every journal keeps the same promises; the ones with tables also carry riders."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConfigurationError, FencedError
from liteagent.contracts.runs import Event, Journal, NewRun
from liteagent.infra.db.sqlite import SqliteDatabase, driver_connection
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.journal.tables import RunRow
from liteagent.infra.system import SystemClock
from liteagent.testing.journal import JournalSuite

RUN = "01900000-0000-7000-8000-000000000001"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "test.db")
    await database.write(lambda session: RunRow.metadata.create_all(session.connection()))
    await database.write(lambda session: session.execute(text("CREATE TABLE notes (note TEXT)")))
    yield database
    await database.close()


class TestMemoryJournal(JournalSuite):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal(SystemClock())

    async def test_it_says_that_it_takes_no_riders(self, journal: Journal) -> None:
        with pytest.raises(ConfigurationError):
            await journal.start(NewRun(RUN, "w", "u", "test", {}), [lambda _: None])


class TestSqliteJournal(JournalSuite):
    @pytest.fixture
    def journal(self, database: SqliteDatabase) -> Journal:
        return SqliteJournal(database, SystemClock())

    async def test_riders_commit_with_their_events(self, journal: Journal, database: SqliteDatabase) -> None:
        await journal.start(NewRun(RUN, "w", "u", "test", {}), [_note("started")])
        await journal.append([Event(RUN, 2, "x.happened", {}, 0.0)], [_note("one"), _note("two")])
        assert await _notes(database) == ["started", "one", "two"]

    async def test_riders_of_a_fenced_append_leave_nothing(
        self, journal: Journal, database: SqliteDatabase
    ) -> None:
        await journal.start(NewRun(RUN, "w", "u", "test", {}))
        with pytest.raises(FencedError):
            await journal.append([Event(RUN, 1, "x.happened", {}, 0.0)], [_note("lost")])
        assert await _notes(database) == []

    async def test_a_rider_that_fails_takes_its_events_with_it(
        self, journal: Journal, database: SqliteDatabase
    ) -> None:
        def broken(session: Session) -> None:
            _note("half")(session)
            raise ValueError("broken")

        await journal.start(NewRun(RUN, "w", "u", "test", {}))
        with pytest.raises(ValueError, match="broken"):
            await journal.append([Event(RUN, 2, "x.happened", {}, 0.0)], [broken])
        assert await _notes(database) == []
        assert (await journal.get(RUN)).head == 1

    async def test_the_file_is_as_durable_as_promised(self, database: SqliteDatabase) -> None:
        def pragmas(session: Session) -> tuple[object, ...]:
            connection = driver_connection(session.connection())
            return tuple(
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
            )

        assert await database.write(pragmas) == ("wal", 2)


async def test_a_failing_unit_of_work_takes_nobody_with_it(database: SqliteDatabase) -> None:
    def broken(session: Session) -> None:
        _note("broken")(session)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await database.write(broken)
    await database.write(_note("whole"))
    assert await _notes(database) == ["whole"]


async def test_readers_cannot_wait_for_the_writer(database: SqliteDatabase) -> None:
    seen: list[list[str]] = []

    def write_and_look(session: Session) -> None:
        _note("uncommitted")(session)
        with sqlite3.connect(database.path) as other:
            seen.append([row[0] for row in other.execute("SELECT note FROM notes")])
        other.close()

    await database.write(write_and_look)
    assert seen == [[]]


def _note(note: str) -> Callable[[Session], None]:
    def rider(session: Session) -> None:
        session.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note})

    return rider


async def _notes(database: SqliteDatabase) -> list[str]:
    return await database.read(
        lambda session: list(session.execute(text("SELECT note FROM notes")).scalars())
    )
