"""The journal in SQLite: appends go through the database's one writer and share its commits."""

import sqlite3
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import orjson

from liteagent.contracts.clock import Clock
from liteagent.contracts.runs import RunRecord
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.additions import Addition, Opening, Plan
from liteagent.infra.journal.known import Standing
from liteagent.infra.journal.reading import Reading, driver_of
from liteagent.infra.journal.rows import EventRow, moment, record_of
from liteagent.infra.journal.rules import run_exists
from liteagent.infra.journal.writing import DatabaseJournal

__all__ = ["SqliteJournal"]

T = TypeVar("T")
Item = TypeVar("Item")

_READING = Reading("?")
_LARGEST_INSERT = 64
_INSERT_EVENTS = "INSERT INTO run_events (run_id, seq, type, payload, at, ref) VALUES "
_INSERTS = {
    size: _INSERT_EVENTS + ", ".join(["(?, ?, ?, ?, ?, ?)"] * size)
    for size in (1, 2, 4, 8, 16, 32, _LARGEST_INSERT)
}
_INSERT_SNAPSHOT = "INSERT INTO run_snapshots (run_id, seq, body) VALUES (?, ?, ?)"
_INSERT_RUN = """INSERT INTO runs (id, workspace_id, created_by, kind, status, owner, epoch, wake_at,
                                   created_at, updated_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE_RUN = "UPDATE runs SET status = ?, owner = ?, epoch = ?, wake_at = ?, updated_at = ? WHERE id = ?"
_FREE = _READING.records_where(
    """status IN ('PENDING', 'RUNNING', 'WAITING_HUMAN')
       AND (owner IS NULL OR owner NOT IN (SELECT value FROM json_each(?)))
       AND (wake_at <= ? OR wake_at IS NULL AND status <> 'WAITING_HUMAN')
       ORDER BY id LIMIT ?"""
)
_TAKE = "UPDATE runs SET owner = ? WHERE id = ?"


class SqliteJournal(DatabaseJournal):
    """Runs in the tables `runs`, `run_events` and `run_snapshots` of a `SqliteDatabase`."""

    def __init__(self, database: SqliteDatabase, clock: Clock) -> None:
        super().__init__(database, _READING, clock, _open_all, _append_all)

    async def take(self, owner_id: str, living: Collection[str], limit: int = 100) -> tuple[RunRecord, ...]:
        """Make `owner_id` the owner of runs that nobody works at."""
        arguments = (orjson.dumps(list(living)).decode(), self._clock.now(), min(limit, sys.maxsize))

        def take(connection: sqlite3.Connection) -> tuple[RunRecord, ...]:
            free = [record_of(row) for row in connection.execute(_FREE, arguments)]
            connection.executemany(_TAKE, [(owner_id, record.id) for record in free])
            return tuple(replace(record, owner=owner_id) for record in free)

        return await self._writing.write(lambda session: take(driver_of(session)))


def _open_all(connection: sqlite3.Connection, openings: Sequence[Opening]) -> list[RunRecord | Exception]:
    try:
        connection.executemany(_INSERT_RUN, [_run_row(each.record) for each in openings])
    except sqlite3.IntegrityError:
        if len(openings) > 1:
            raise  # each is tried by itself then
        run_id = openings[0].record.id
        if run_id not in _READING.records(connection, [run_id]):
            raise
        return [run_exists(run_id)]
    _insert_events(connection, [row for each in openings for row in each.rows])
    return [each.record for each in openings]


def _insert_events(connection: sqlite3.Connection, rows: Sequence[EventRow]) -> None:
    """Insert rows many at a time: after each statement this thread has to win the interpreter back."""
    begin = 0
    while left := len(rows) - begin:
        size = min(1 << left.bit_length() - 1, _LARGEST_INSERT)
        connection.execute(_INSERTS[size], list(chain.from_iterable(rows[begin : begin + size])))
        begin += size


def _append_all(connection: sqlite3.Connection, additions: Sequence[Addition]) -> list[Standing | Exception]:
    plan = Plan.of(additions, lambda run_ids: _READING.records(connection, run_ids))
    try:
        _insert_events(connection, plan.rows)
    except sqlite3.IntegrityError:
        for addition in additions:
            addition.known = None  # somebody else has appended; the next attempt looks
        raise
    for record in plan.moved.values():
        connection.execute(_UPDATE_RUN, (*_standing(record), _timestamp(record.updated_at), record.id))
    if plan.snapshots:
        connection.executemany(_INSERT_SNAPSHOT, plan.snapshots)
    return plan.outcomes


def _run_row(record: RunRecord) -> tuple[object, ...]:
    about = (record.id, record.workspace_id, record.created_by, record.kind)
    return (*about, *_standing(record), _timestamp(record.created_at), _timestamp(record.updated_at))


def _standing(record: RunRecord) -> tuple[object, ...]:
    return record.status.value, record.owner, record.epoch, record.wake_at


def _timestamp(at: float) -> str:
    return moment(at).replace(tzinfo=None).isoformat(" ", "microseconds")
