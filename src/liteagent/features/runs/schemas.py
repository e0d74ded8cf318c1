"""Runs and their events as the API shows them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import Field, JsonValue

from liteagent.contracts.runs import Event, EventDraft, RunStatus, RunSummary
from liteagent.engine.runs.replay import Replay
from liteagent.infra.http.schemas import Body, View

__all__ = [
    "AnswerBody",
    "DifferenceView",
    "EventList",
    "EventView",
    "ForkBody",
    "InboxItem",
    "InboxList",
    "ReplayBody",
    "ReplayView",
    "RunList",
    "RunView",
    "inbox_item",
    "replay_view",
    "run_view",
]


class RunView(View):
    """A run. `inputs` are what it was started with, `outputs` and `error` what it ended with."""

    id: str
    kind: str
    status: RunStatus
    inputs: dict[str, Any]
    outputs: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    usage: dict[str, Any] | None = Field(
        default=None,
        description="What its model calls consumed, in `unit`s; `cost` is that of calls with a known price, "
        "`unpriced` counts the others.",
    )
    cost: float | None = Field(
        default=None, description="In USD; null where the price of any call is not known."
    )
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


class ForkBody(Body):
    """Where another run is to begin that shares what came before."""

    at: int = Field(ge=1, le=2**31 - 1, description="Seq of the last event that both share.")
    patch: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="What is changed in the state there, in the words of the run's kind.",
    )


class ReplayBody(Body):
    """What a run is compared with."""

    workflow: dict[str, JsonValue] | None = Field(
        default=None, description="A flow document to decide by, instead of the one that the run pinned."
    )


class DifferenceView(View):
    """The first event that would be another one now."""

    seq: int
    expected: dict[str, Any] | None = Field(
        description="What is decided now: {type, data}; null for nothing."
    )
    actual: dict[str, Any] = Field(description="What the journal has: {type, data}.")


class ReplayView(View):
    """What folding a run anew has shown; nothing was called."""

    ok: bool
    checked: int = Field(description="How many decisions were the same.")
    difference: DifferenceView | None = None


class InboxItem(View):
    """An open question to a person."""

    id: str
    run_id: str
    kind: str
    status: RunStatus = Field(description="Of the run: it may be busy elsewhere, or paused.")
    request_id: str
    question: str
    context: Any = None
    options: list[str] | None = None
    form: dict[str, Any] | None = Field(default=None, description="JSON Schema of the answer.")
    who: list[str] = Field(description="Ids, e-mail addresses or roles of who may answer; empty: anybody.")
    until: datetime | None = Field(default=None, description="When it is too late to answer.")
    asked_at: datetime


class InboxList(View):
    """A page of open questions, newest first."""

    items: list[InboxItem]
    next_cursor: str | None = None


def run_view(summary: RunSummary) -> RunView:
    """The view of a run from its record and the two ends of its journal."""
    record, last = summary.record, summary.last
    end: Mapping[str, object] = last.payload if record.status.ended else {}
    usage = _object(end.get("usage"))
    cost = None if usage is None or usage.get("unpriced") else usage.get("cost")
    return RunView(
        id=record.id,
        kind=record.kind,
        status=record.status,
        inputs=_object(summary.first.payload.get("inputs")) or {},
        outputs=_object(end.get("outputs")),
        error=_object(end.get("error")),
        usage=usage,
        cost=cost if isinstance(cost, int | float) else None,
        seq=record.head,
        created_at=datetime.fromtimestamp(record.created_at, UTC),
        updated_at=datetime.fromtimestamp(last.at, UTC),
    )


def replay_view(replay: Replay[Any]) -> ReplayView:
    """The view of a replay."""
    found = replay.difference
    difference = (
        None
        if found is None
        else DifferenceView(seq=found.seq, expected=_draft(found.expected), actual=_draft(found.actual) or {})
    )
    return ReplayView(ok=replay.ok, checked=replay.checked, difference=difference)


def inbox_item(
    item_id: str, run_id: str, kind: str, status: str, asked_at: float, asked: Mapping[str, Any]
) -> InboxItem:
    """The view of an open question from the payload with which it was asked."""
    until = asked.get("until")
    return InboxItem(
        id=item_id,
        run_id=run_id,
        kind=kind,
        status=RunStatus(status),
        request_id=str(asked.get("request_id")),
        question=str(asked.get("question") or ""),
        context=asked.get("context") or None,
        options=[str(each) for each in asked.get("options") or ()] or None,
        form=_object(asked.get("form")),
        who=[str(each) for each in asked.get("who") or ()],
        until=datetime.fromtimestamp(until, UTC) if isinstance(until, int | float) else None,
        asked_at=datetime.fromtimestamp(asked_at, UTC),
    )


def _draft(draft: EventDraft | None) -> dict[str, Any] | None:
    return None if draft is None else {"type": draft.type, "data": dict(draft.payload)}


def _object(value: object) -> dict[str, Any] | None:
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else None
