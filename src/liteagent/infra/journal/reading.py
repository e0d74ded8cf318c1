"""What is read of the journal's tables: the same statements on SQLite and on Postgres."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from liteagent.contracts.runs import Event, History, RunRecord, RunSummary, Snapshot
from liteagent.infra.db.database import Database
from liteagent.infra.journal.known import KnownRuns, Standing
from liteagent.infra.journal.rows import event_of, record_of, size_of
from liteagent.infra.journal.rules import run_not_found

__all__ = ["Driver", "JournalReading", "Reading", "driver_of"]

T = TypeVar("T")


class Driver(Protocol):
    """What sqlite3's and psycopg's connections have in common."""

    def execute(self, query: Any, params: Any = ..., /) -> Any:
        """A cursor over the rows."""
        ...


def driver_of(session: Session) -> Any:
    """The driver's connection below a session."""
    connection: Connection = session.connection()
    return connection.connection.driver_connection


_RECORD = """SELECT id, workspace_id, created_by, kind, status, owner, created_at, updated_at, epoch, wake_at,
                    (SELECT max(seq) FROM run_events WHERE run_id = runs.id) AS head
             FROM runs WHERE """
_EVENTS = "SELECT run_id, seq, type, payload, at, ref FROM run_events WHERE run_id = ? AND "
_SNAPSHOT = "SELECT seq, body FROM run_snapshots WHERE run_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"


class Reading:
    """The queries, with `mark` for a value: `?` or `%s`."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._one = self.records_where("id = ?")
        self._events = (_EVENTS + "seq > ? ORDER BY seq LIMIT ?").replace("?", mark)
        self._between = (_EVENTS + "seq > ? AND seq <= ? ORDER BY seq").replace("?", mark)
        self._at = (_EVENTS + "seq = ?").replace("?", mark)
        self._snapshot = _SNAPSHOT.replace("?", mark)

    def records_where(self, condition: str) -> str:
        """The query for rows that `record_of` reads; `condition` has `?` for a value."""
        return (_RECORD + condition).replace("?", self._mark)

    def record(self, connection: Driver, run_id: str) -> RunRecord:
        """The record of a run."""
        row = connection.execute(self._one, (run_id,)).fetchone()
        if row is None:
            raise run_not_found(run_id)
        return record_of(row)

    def records(self, connection: Driver, run_ids: Sequence[str]) -> dict[str, RunRecord]:
        """The records of those that exist."""
        if not run_ids:
            return {}
        marks = ", ".join("?" * len(run_ids))
        cursor = connection.execute(self.records_where(f"id IN ({marks})"), tuple(run_ids))
        return {row[0]: record_of(row) for row in cursor.fetchall()}

    def events(self, connection: Driver, run_id: str, after: int, limit: int | None) -> tuple[Event, ...]:
        """Events with a seq above `after`."""
        arguments = (run_id, after, sys.maxsize if limit is None else limit)
        return tuple(event_of(row) for row in connection.execute(self._events, arguments).fetchall())

    def history(self, connection: Driver, run_id: str, up_to: int | None) -> History:
        """The newest snapshot at or before `up_to`, and the events after it."""
        record = self.record(connection, run_id)
        stop = record.head if up_to is None else min(up_to, record.head)
        found = connection.execute(self._snapshot, (run_id, stop)).fetchone()
        snapshot = Snapshot(*found) if found else None
        rows = connection.execute(self._between, (run_id, found[0] if found else 0, stop)).fetchall()
        events = tuple(event_of(row) for row in rows)
        first = events[0] if events and events[0].seq == 1 else self._event(connection, run_id, 1)
        return History(record, first, snapshot, events, size_of(rows))

    def summaries(self, connection: Driver, run_ids: Sequence[str]) -> tuple[RunSummary, ...]:
        """Of each run that exists, its record and the two ends of its journal."""
        records = self.records(connection, list(dict.fromkeys(run_ids)))
        return tuple(
            RunSummary(record, self._event(connection, id_, 1), self._event(connection, id_, record.head))
            for id_, record in ((run_id, records[run_id]) for run_id in run_ids if run_id in records)
        )

    def _event(self, connection: Driver, run_id: str, seq: int) -> Event:
        return event_of(connection.execute(self._at, (run_id, seq)).fetchone())


class JournalReading:
    """The reading half of a journal in a database's tables."""

    def __init__(self, database: Database, reading: Reading) -> None:
        self._database = database
        self._reading = reading
        self._known = KnownRuns()

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """Events with a seq above `after`."""
        return await self._query(lambda driver: self._reading.events(driver, run_id, after, limit))

    async def get(self, run_id: str) -> RunRecord:
        """The record of a run."""
        record = await self._query(lambda driver: self._reading.record(driver, run_id))
        self._known.keep(Standing(record, record.head))
        return record

    async def history(self, run_id: str, up_to: int | None = None) -> History:
        """The newest snapshot at or before `up_to`, and the events after it."""
        history = await self._query(lambda driver: self._reading.history(driver, run_id, up_to))
        self._known.keep(Standing(history.record, history.record.head))
        return history

    async def summaries(self, run_ids: Sequence[str]) -> tuple[RunSummary, ...]:
        """Of each run that exists, its record and the two ends of its journal."""
        return await self._query(lambda driver: self._reading.summaries(driver, run_ids))

    async def _query(self, query: Callable[[Any], T]) -> T:
        return await self._database.read(lambda session: query(driver_of(session)))
