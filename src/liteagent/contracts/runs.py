"""The run: a value folded over an append-only list of events, and the sockets that keep it.

Event types are `<noun>.<past participle>`. The ones every run has:

    run.started      inputs and the pinned definition                          -> PENDING
    run.claimed      a worker takes the run over: owner, epoch                 -> RUNNING
    <kind>.requested an effect is about to be performed (its `safety` is kept)
    <kind>.completed · <kind>.failed    its result; `ref` is the request's seq
    human.requested · run.waiting_human                                        -> WAITING_HUMAN
    human.answered                                                             -> PENDING
    run.paused -> PAUSED · run.completed · run.failed · run.cancelled          -> terminal
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from liteagent.contracts.json import JsonObject

__all__ = [
    "STATUS_AFTER",
    "Effect",
    "Event",
    "EventDraft",
    "Journal",
    "NewRun",
    "Ownership",
    "Rider",
    "RunRecord",
    "RunStatus",
    "Safety",
]


class RunStatus(StrEnum):
    """Where a run stands; always the consequence of an explicit event."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    WAITING_HUMAN = "WAITING_HUMAN"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen."""
        return self in (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)

    @property
    def runnable(self) -> bool:
        """Whether a worker should be at it."""
        return self in (RunStatus.PENDING, RunStatus.RUNNING)


STATUS_AFTER: Mapping[str, RunStatus] = MappingProxyType(
    {
        "run.started": RunStatus.PENDING,
        "run.claimed": RunStatus.RUNNING,
        "run.paused": RunStatus.PAUSED,
        "run.waiting_human": RunStatus.WAITING_HUMAN,
        "human.answered": RunStatus.PENDING,
        "run.completed": RunStatus.COMPLETED,
        "run.failed": RunStatus.FAILED,
        "run.cancelled": RunStatus.CANCELLED,
    }
)
"""The status that an event type brings; other types leave it as it is."""


class Safety(StrEnum):
    """What may be done about an effect that was requested and has no result after a crash."""

    SAFE = "safe"
    """Repeat it: a model call, a retrieval, a read."""
    IDEMPOTENT = "idempotent"
    """Repeat it with the same idempotency key."""
    UNSAFE = "unsafe"
    """Never repeat it unasked."""


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event that has no place in a journal yet."""

    type: str
    payload: JsonObject = field(default_factory=dict[str, Any])
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about a run.

    Attributes:
        seq: Place in the run's journal, from 1 without gaps.
        at: Seconds since the Unix epoch.
        ref: For a result, the seq of the request that it answers.
    """

    run_id: str
    seq: int
    type: str
    payload: JsonObject
    at: float
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be done outside: a model call, a tool, a document to index.

    It stands in the journal as `<kind>.requested` before it is performed.
    """

    kind: str
    payload: JsonObject = field(default_factory=dict[str, Any])
    safety: Safety = Safety.UNSAFE

    def request(self) -> EventDraft:
        """The event that makes this effect durable before it happens."""
        return EventDraft(f"{self.kind}.requested", {**self.payload, "safety": self.safety.value})

    @classmethod
    def requested_by(cls, event: Event) -> "Effect | None":
        """The effect that a `.requested` event stands for; None for any other event."""
        safety = event.payload.get("safety")
        if not event.type.endswith(".requested") or not isinstance(safety, str):
            return None
        payload = {key: value for key, value in event.payload.items() if key != "safety"}
        return cls(event.type.removesuffix(".requested"), payload, Safety(safety))


Rider: TypeAlias = Callable[[Any], None]
"""A change to the platform's own tables, called with the store's open transaction: it commits with the
events that it rides on, or not at all. It must be quick, and must not wait for anything."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run about to start: `inputs` go into `run.started`, with whatever pins the definition."""

    id: str
    workspace_id: str
    created_by: str
    kind: str
    inputs: JsonObject
    definition: JsonObject = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known of a run without reading its events. `head` is the seq of its newest event."""

    id: str
    workspace_id: str
    created_by: str
    kind: str
    status: RunStatus
    head: int
    owner: str | None
    created_at: float
    updated_at: float


class Journal(Protocol):
    """Keeps runs. Everything that it has acknowledged survives a crash at any moment."""

    async def start(self, run: NewRun, riders: Sequence[Rider] = ()) -> Event:
        """Create a run with `run.started` as event 1.

        Raises:
            ConflictError: A run with this id exists.
        """
        ...

    async def append(self, events: Sequence[Event], riders: Sequence[Rider] = ()) -> None:
        """Append consecutive events of one run, all or nothing, with their riders.

        Raises:
            FencedError: One of the places is taken, or the run has ended: nothing was written.
            NotFoundError: There is no such run.
        """
        ...

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """Events with a seq above `after`, in order; empty for an unknown run."""
        ...

    async def get(self, run_id: str) -> RunRecord:
        """The record of a run.

        Raises:
            NotFoundError: There is no such run.
        """
        ...

    async def runnable(self) -> tuple[RunRecord, ...]:
        """Every run that is PENDING or RUNNING, oldest first."""
        ...


class Ownership(Protocol):
    """Which worker processes are alive. Every run a process works at carries its `owner_id`."""

    @property
    def owner_id(self) -> str:
        """The id of the own process."""
        ...

    def is_alive(self, owner_id: str) -> bool:
        """Whether the process of that id still runs; an unknown id is dead."""
        ...
