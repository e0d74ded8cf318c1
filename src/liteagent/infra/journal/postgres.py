"""The journal in Postgres: the appends of a group go out as one statement, which is its own transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, LiteralString, TypeVar

import orjson
import psycopg
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConflictError, FencedError
from liteagent.contracts.runs import RunRecord
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.db.statement import Statement
from liteagent.infra.journal.additions import Addition, Opening, Plan, fresh_of
from liteagent.infra.journal.known import Standing
from liteagent.infra.journal.reading import Reading, driver_of
from liteagent.infra.journal.rows import EventRow, moment, record_of
from liteagent.infra.journal.rules import run_exists
from liteagent.infra.journal.writing import DatabaseJournal

__all__ = ["PostgresJournal"]

T = TypeVar("T")
Item = TypeVar("Item")
_Driver = psycopg.Connection[Any]

_READING = Reading("%s")
_ATTEMPTS = 4
_INSERT_EVENTS = """
    INSERT INTO run_events (run_id, seq, type, payload, at, ref)
    SELECT run_id, seq, type, payload, at, ref
    FROM json_to_recordset($1::json)
         AS new(run_id text, seq int4, type text, payload text, at float8, ref int4)"""
_INSERT_SNAPSHOTS = """
    INSERT INTO run_snapshots (run_id, seq, body)
    SELECT run_id, seq, body FROM json_to_recordset($2::json) AS new(run_id text, seq int4, body text)"""
_INSERT_RUNS = """
    INSERT INTO runs (id, workspace_id, created_by, kind, status, owner, epoch, wake_at,
                      created_at, updated_at)
    SELECT id, workspace_id, created_by, kind, status, owner, epoch, wake_at, created_at, updated_at
    FROM json_to_recordset($2::json)
         AS new(id text, workspace_id text, created_by text, kind text, status text, owner text, epoch int4,
                wake_at float8, created_at timestamptz, updated_at timestamptz)"""
_UPDATE_RUNS = """
    UPDATE runs SET status = new.status, owner = new.owner, epoch = new.epoch, wake_at = new.wake_at,
                    updated_at = new.updated_at
    FROM json_to_recordset($2::json)
         AS new(id text, status text, owner text, epoch int4, wake_at float8, updated_at timestamptz)
    WHERE runs.id = new.id"""
_OPEN = Statement("open", f"WITH opened AS ({_INSERT_RUNS}) {_INSERT_EVENTS}")
_APPEND = Statement("append", _INSERT_EVENTS)
_MOVE = Statement("move", f"WITH moved AS ({_UPDATE_RUNS}) {_INSERT_EVENTS}")
_KEEP = Statement("keep", f"WITH kept AS ({_INSERT_SNAPSHOTS}) {_INSERT_EVENTS}")
_MOVE_AND_KEEP = Statement(
    "move and keep",
    f"WITH moved AS ({_UPDATE_RUNS}), kept AS ({_INSERT_SNAPSHOTS.replace('$2', '$3')}) {_INSERT_EVENTS}",
)
_EVENT_COLUMNS = ("run_id", "seq", "type", "payload", "at", "ref")
_SNAPSHOT_COLUMNS = ("run_id", "seq", "body")
_FREE = _READING.records_where(
    """status IN ('PENDING', 'RUNNING', 'WAITING_HUMAN')
       AND (owner IS NULL OR owner <> ALL(?))
       AND (wake_at <= ? OR wake_at IS NULL AND status <> 'WAITING_HUMAN')
       ORDER BY id LIMIT ? FOR NO KEY UPDATE SKIP LOCKED"""
)
_TAKE: LiteralString = "UPDATE runs SET owner = %s WHERE id = ANY(%s)"


class PostgresJournal(DatabaseJournal):
    """Runs in the tables `runs`, `run_events` and `run_snapshots` of a `PostgresDatabase`."""

    def __init__(self, database: PostgresDatabase, clock: Clock) -> None:
        super().__init__(database, _READING, clock, _open_all, _append_all)

    async def take(self, owner_id: str, living: Collection[str], limit: int = 100) -> tuple[RunRecord, ...]:
        """Make `owner_id` the owner of runs that nobody works at; rows that another is at are passed over."""
        arguments = (list(living), self._clock.now(), limit)

        def take(session: Session) -> tuple[RunRecord, ...]:
            driver = driver_of(session)
            free = [record_of(row) for row in driver.execute(_FREE, arguments).fetchall()]
            if free:
                driver.execute(_TAKE, (owner_id, [record.id for record in free]))
            return tuple(replace(record, owner=owner_id) for record in free)

        return await self._writing.write(take)


def _append_all(connection: _Driver, additions: Sequence[Addition]) -> list[Standing | Exception]:
    for _ in range(_ATTEMPTS):
        plan = Plan.of(additions, lambda run_ids: _READING.records(connection, run_ids))
        _acknowledge(connection, additions, plan.outcomes)
        if not plan.rows:
            return plan.outcomes
        try:
            _insert(connection, plan)
        except psycopg.IntegrityError as error:
            if not connection.autocommit:
                raise FencedError("Another worker has appended to this run at the same moment.") from error
            for addition in additions:
                addition.known = None  # somebody else has appended; the next attempt looks
            continue
        except psycopg.Error:
            for addition in additions:
                addition.known, addition.unanswered = None, True
            raise
        return plan.outcomes
    raise FencedError(f"Other workers append to run {additions[0].run_id} all the time; this one gives way.")


def _open_all(connection: _Driver, openings: Sequence[Opening]) -> list[RunRecord | Exception]:
    doubted = any(each.unanswered for each in openings)
    for attempt in range(_ATTEMPTS):
        looks = doubted or attempt > 0  # the primary key says it first, and mostly has nothing to say
        taken = _READING.records(connection, [each.record.id for each in openings]) if looks else ()
        fresh, outcomes = fresh_of(openings, taken)
        _acknowledge_openings(connection, openings, outcomes)
        if not fresh:
            return outcomes
        try:
            _insert_runs(connection, fresh)
        except psycopg.IntegrityError as error:
            if not connection.autocommit:
                raise run_exists(openings[0].record.id) from error
            continue
        except psycopg.Error:
            for each in openings:
                each.unanswered = True
            raise
        return outcomes
    raise ConflictError("Such runs are started all the time.", code="run_exists")


def _acknowledge(
    connection: _Driver, additions: Sequence[Addition], outcomes: list[Standing | Exception]
) -> None:
    """Turn a refusal into a success where what is there is the own append, whose answer was lost."""
    for place, (addition, outcome) in enumerate(zip(additions, outcomes, strict=True)):
        if addition.unanswered and isinstance(outcome, FencedError) and _is_there(connection, addition.rows):
            record = _READING.record(connection, addition.run_id)
            outcomes[place] = Standing(record, record.head)


def _acknowledge_openings(
    connection: _Driver, openings: Sequence[Opening], outcomes: list[RunRecord | Exception]
) -> None:
    for place, (opening, outcome) in enumerate(zip(openings, outcomes, strict=True)):
        if opening.unanswered and isinstance(outcome, Exception) and _is_there(connection, opening.rows):
            outcomes[place] = opening.record


def _is_there(connection: _Driver, rows: Sequence[EventRow]) -> bool:
    """Whether these very events stand in the journal."""
    query: LiteralString = """SELECT run_id, seq, type, payload, at, ref FROM run_events
                              WHERE run_id = %s AND seq BETWEEN %s AND %s ORDER BY seq"""
    found = connection.execute(query, (rows[0][0], rows[0][1], rows[-1][1])).fetchall()
    return found == list(rows)


def _insert(connection: _Driver, plan: Plan) -> None:
    values = [_rows(_EVENT_COLUMNS, plan.rows)]
    if plan.moved:
        values.append(orjson.dumps([_standing(plan.moved[run_id]) for run_id in sorted(plan.moved)]))
    if plan.snapshots:
        values.append(_rows(_SNAPSHOT_COLUMNS, plan.snapshots))
    if plan.moved:
        statement = _MOVE_AND_KEEP if plan.snapshots else _MOVE
    else:
        statement = _KEEP if plan.snapshots else _APPEND
    statement.run(connection, values)


def _insert_runs(connection: _Driver, openings: Sequence[Opening]) -> None:
    events = _rows(_EVENT_COLUMNS, [row for each in openings for row in each.rows])
    runs = orjson.dumps([_about(each.record) | _standing(each.record) for each in openings])
    _OPEN.run(connection, [events, runs])


def _rows(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    """Rows as one value: many cost a third of what arrays cost."""
    return orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows])


def _about(record: RunRecord) -> dict[str, object]:
    return {
        "workspace_id": record.workspace_id,
        "created_by": record.created_by,
        "kind": record.kind,
        "created_at": moment(record.created_at),
    }


def _standing(record: RunRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "status": record.status.value,
        "owner": record.owner,
        "epoch": record.epoch,
        "wake_at": record.wake_at,
        "updated_at": moment(record.updated_at),
    }
