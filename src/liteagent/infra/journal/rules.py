"""What every journal checks and derives, whatever keeps it."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from liteagent.contracts.errors import ConflictError, FencedError, InvalidInputError, NotFoundError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import STATUS_AFTER, Event, NewRun, RunRecord, RunStatus, status_after

__all__ = [
    "check_place",
    "encode",
    "is_due",
    "moved",
    "opened",
    "run_exists",
    "run_not_found",
]

_LEFT = (RunStatus.PENDING, RunStatus.PAUSED, RunStatus.WAITING_HUMAN)
"""In these nobody works at a run, so nobody owns it."""


def opened(run: NewRun, first: Event, events: Sequence[Event] = ()) -> RunRecord:
    """The record of a run that starts with these events.

    Raises:
        FencedError: `events` are not the ones from 2 on.
    """
    record = run.opened(first.at)
    if not events:
        return record
    check_place(events, record, 1)
    return replace(moved(record, events), head=1 + len(events))


def moved(record: RunRecord, events: Sequence[Event]) -> RunRecord:
    """The record after these events: the same one where nothing but the head changes."""
    for event in events:
        if event.type in STATUS_AFTER:
            record = _moved(record, event)
    return record


def _moved(record: RunRecord, event: Event) -> RunRecord:
    status = status_after(record.status, event.type)
    if event.type == "human.answered" and status is record.status:
        return record
    claim = event.type == "run.claimed"
    owner = _claimer(event) if claim else None if status in _LEFT else record.owner
    until = event.payload.get("until") if event.type in ("run.parked", "run.waiting_human") else None
    return RunRecord(  # `dataclasses.replace` costs three times as much, on the way of every run
        record.id,
        record.workspace_id,
        record.created_by,
        record.kind,
        status,
        event.seq,
        owner,
        record.created_at,
        event.at,
        record.epoch + claim,
        float(until) if isinstance(until, int | float) else None,
    )


def _claimer(event: Event) -> str | None:
    owner = event.payload.get("owner")
    return owner if isinstance(owner, str) else None


def is_due(record: RunRecord, now: float) -> bool:
    """Whether somebody should look at a run that nobody works at."""
    if record.wake_at is None:
        return record.status.runnable
    return record.wake_at <= now and (record.status.runnable or record.status is RunStatus.WAITING_HUMAN)


def check_place(events: Sequence[Event], record: RunRecord, head: int) -> None:
    """Whether `events` may follow event `head` of the record's run.

    Raises:
        FencedError: Somebody else has appended, or the run has ended.
    """
    if record.status.ended:
        raise FencedError(f"Run {record.id} has ended ({record.status}); it takes no more events.")
    for place, event in enumerate(events, head + 1):
        if event.seq != place:
            raise FencedError(
                f"Run {record.id} stands at event {head}; another worker has taken place {events[0].seq}."
            )


def encode(payload: JsonObject) -> bytes:
    """A payload as journals keep it: strict JSON in UTF-8, where NaN and infinities are null.

    Raises:
        InvalidInputError: `payload_not_json`: it holds what JSON can't.
    """
    try:
        return orjson.dumps(payload)
    except TypeError as error:
        raise InvalidInputError(
            f"An event's payload can't be kept as JSON: {error}. Use strings of valid Unicode, integers of "
            "64 bits, lists, and objects with strings for keys.",
            code="payload_not_json",
        ) from error


def run_exists(run_id: str) -> ConflictError:
    """There is such a run already."""
    return ConflictError(f"A run {run_id} exists already.", code="run_exists")


def run_not_found(run_id: str) -> NotFoundError:
    """There is no such run."""
    return NotFoundError(f"There is no run {run_id}. List them with GET /api/runs.", code="run_not_found")
