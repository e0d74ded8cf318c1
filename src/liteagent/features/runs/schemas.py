"""Runs and their events as the API shows them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import Field, JsonValue

from liteagent.contracts.runs import Event, RunRecord, RunStatus
from liteagent.infra.http.schemas import Body, View

__all__ = ["AnswerBody", "EventList", "EventView", "RunList", "RunView", "run_view"]


class RunView(View):
    """A run. `inputs` are what it was started with, `outputs` and `error` what it ended with."""

    id: str
    kind: str
    status: RunStatus
    inputs: dict[str, Any]
    outputs: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    usage: dict[str, Any] | None = Field(
        default=None, description="What its model calls consumed, in `unit`s."
    )
    cost: float | None = Field(default=None, description="In USD; null where a price is not known.")
    seq: int = Field(description="Number of its newest event.")
    created_at: datetime
    updated_at: datetime


class RunList(View):
    """A page of runs, newest first."""

    items: list[RunView]
    next_cursor: str | None = None


class EventView(View):
    """One event of a run's journal."""

    seq: int
    type: str
    at: datetime
    ref: int | None = Field(default=None, description="For a result, the seq of the request that it answers.")
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> "EventView":
        """The view of an event."""
        at = datetime.fromtimestamp(event.at, UTC)
        return cls(seq=event.seq, type=event.type, at=at, ref=event.ref, data=dict(event.payload))


class EventList(View):
    """A page of events, in order; the cursor is the seq to go on after."""

    items: list[EventView]
    next_cursor: str | None = None


class AnswerBody(Body):
    """A person's answer to what a run asks."""

    answer: JsonValue = Field(description="A value, or an object for a form.")
    request_id: str | None = Field(
        default=None, max_length=200, description="Which question; the open one if left out."
    )


def run_view(record: RunRecord, first: Event, last: Event) -> RunView:
    """The view of a run from its record and the two ends of its journal."""
    end: Mapping[str, object] = last.payload if record.status.ended else {}
    return RunView(
        id=record.id,
        kind=record.kind,
        status=record.status,
        inputs=_object(first.payload.get("inputs")) or {},
        outputs=_object(end.get("outputs")),
        error=_object(end.get("error")),
        usage=_object(end.get("usage")),
        seq=record.head,
        created_at=datetime.fromtimestamp(record.created_at, UTC),
        updated_at=datetime.fromtimestamp(last.at, UTC),
    )


def _object(value: object) -> dict[str, Any] | None:
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else None
