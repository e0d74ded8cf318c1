"""Between the journal's rows and its values, the same for every database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from liteagent.contracts.runs import Event, RunRecord, RunStatus
from liteagent.infra.journal.rules import encode

__all__ = ["EventRow", "event_of", "moment", "record_of", "rows_of", "size_of"]

EventRow = tuple[str, int, str, str, float, int | None]
"""run_id, seq, type, payload, at, ref."""


def rows_of(events: Sequence[Event]) -> tuple[list[EventRow], int]:
    """The events as rows, and the bytes of their payloads.

    Raises:
        InvalidInputError: A payload can't be kept as JSON.
    """
    bodies = [encode(event.payload) for event in events]
    rows = [
        (event.run_id, event.seq, event.type, body.decode(), event.at, event.ref)
        for event, body in zip(events, bodies, strict=True)
    ]
    return rows, sum(map(len, bodies))


def event_of(row: Sequence[Any]) -> Event:
    """The event of a row."""
    run_id, seq, type_, payload, at, ref = row
    return Event(run_id, seq, type_, orjson.loads(payload), at, ref)


def size_of(rows: Sequence[Sequence[Any]]) -> int:
    """The bytes of the rows' payloads."""
    return sum(len(row[3]) if row[3].isascii() else len(row[3].encode()) for row in rows)


def record_of(row: Sequence[Any]) -> RunRecord:
    """The record of a row of `Reading.records_where`."""
    id_, workspace_id, created_by, kind, status, owner, created_at, updated_at, epoch, wake_at, head = row
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
        epoch,
        wake_at,
    )


def moment(at: float) -> datetime:
    """The moment of an event, as a column of timestamps takes it."""
    return datetime.fromtimestamp(at, UTC)


def _seconds(value: str | datetime) -> float:
    moment = datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
    return moment.timestamp()
