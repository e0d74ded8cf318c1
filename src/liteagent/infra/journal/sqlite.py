"""The journal in SQLite: appends go through the database's one writer and share its commits."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConflictError
from liteagent.contracts.runs import Event, NewRun, Rider, RunRecord, RunStatus
from liteagent.infra.db.sqlite import SqliteDatabase, driver_connection
from liteagent.infra.journal.rules import check_place, owner_after, run_not_found, started, status_after

__all__ = ["SqliteJournal"]

T = TypeVar("T")

_INSERT_EVENT = "INSERT INTO run_events (run_id, seq, type, payload, at, ref) VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_RUN = """INSERT INTO runs (id, workspace_id, created_by, kind, status, created_at, updated_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?)"""
_EVENTS = """SELECT run_id, seq, type, payload, at, ref FROM run_events
             WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?"""
_RECORD = """SELECT id, workspace_id, created_by, kind, status, owner, created_at, updated_at,
                    (SELECT max(seq) FROM run_events WHERE run_id = runs.id) FROM runs"""


class SqliteJournal:
    """Runs in the tables `runs` and `run_events` of a `SqliteDatabase`."""

    def __init__(self, database: SqliteDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def start(self, run: NewRun, riders: Sequence[Rider] = ()) -> Event:
        """Create a run with `run.started` as event 1."""
        event = started(run, self._clock.now())
        moment = _timestamp(event.at)
        row = (run.id, run.workspace_id, run.created_by, run.kind, RunStatus.PENDING.value, moment, moment)

        def insert(connection: sqlite3.Connection) -> None:
            if connection.execute("SELECT 1 FROM runs WHERE id = ?", (run.id,)).fetchone():
                raise ConflictError(f"A run {run.id} exists already.", code="run_exists")
            connection.execute(_INSERT_RUN, row)
            connection.execute(_INSERT_EVENT, _row(event))

        await self._write(insert, riders)
        return event

    async def append(self, events: Sequence[Event], riders: Sequence[Rider] = ()) -> None:
        """Append consecutive events with their riders, in one commit."""
        rows = [_row(event) for event in events]

        def insert(connection: sqlite3.Connection) -> None:
            record = _one(connection, events[0].run_id)
            check_place(events, record.head, record.status)
            connection.executemany(_INSERT_EVENT, rows)
            _update_run(connection, record, events)

        await self._write(insert, riders)

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """Events with a seq above `after`."""
        arguments = (run_id, after, -1 if limit is None else limit)
        return await self._read(lambda c: tuple(_event(row) for row in c.execute(_EVENTS, arguments)))

    async def get(self, run_id: str) -> RunRecord:
        """The record of a run."""
        return await self._read(lambda connection: _one(connection, run_id))

    async def runnable(self) -> tuple[RunRecord, ...]:
        """Every run that is PENDING or RUNNING, oldest first."""
        query = f"{_RECORD} WHERE status IN ('PENDING', 'RUNNING') ORDER BY id"
        return await self._read(lambda connection: tuple(_record(row) for row in connection.execute(query)))

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        return await self._database.read(lambda session: query(driver_connection(session.connection())))

    async def _write(self, insert: Callable[[sqlite3.Connection], None], riders: Sequence[Rider]) -> None:
        if not riders:
            return await self._database.write_raw(insert)

        def insert_with_riders(session: Session) -> None:
            insert(driver_connection(session.connection()))
            for rider in riders:
                rider(session)

        return await self._database.write(insert_with_riders)


def _one(connection: sqlite3.Connection, run_id: str) -> RunRecord:
    row = connection.execute(f"{_RECORD} WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise run_not_found(run_id)
    return _record(row)


def _update_run(connection: sqlite3.Connection, record: RunRecord, events: Sequence[Event]) -> None:
    status, owner = status_after(events), owner_after(events)
    if status is None and owner is None:
        return
    connection.execute(
        "UPDATE runs SET status = ?, owner = ?, updated_at = ? WHERE id = ?",
        ((status or record.status).value, owner or record.owner, _timestamp(events[-1].at), record.id),
    )


def _row(event: Event) -> tuple[object, ...]:
    return event.run_id, event.seq, event.type, orjson.dumps(event.payload).decode(), event.at, event.ref


def _event(row: tuple[Any, ...]) -> Event:
    run_id, seq, type_, payload, at, ref = row
    return Event(run_id, seq, type_, orjson.loads(payload), at, ref)


def _record(row: tuple[Any, ...]) -> RunRecord:
    id_, workspace_id, created_by, kind, status, owner, created_at, updated_at, head = row
    return RunRecord(
        id_,
        workspace_id,
        created_by,
        kind,
        RunStatus(status),
        head,
        owner,
        _seconds(created_at),
        _seconds(updated_at),
    )


def _timestamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
