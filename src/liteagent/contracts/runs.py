"""The run: a value folded over an append-only list of events, and the sockets that keep it.

Event types are `<noun>.<past participle>`. The ones every run has:

    run.started      inputs and the pinned definition                          -> PENDING
    run.claimed      a worker takes the run over: owner, epoch                 -> RUNNING
    <kind>.requested an effect is about to be performed (its `safety` is kept)
    <kind>.completed · <kind>.failed    its result; `ref` is the request's seq
    timer.fired      a moment that the run waited for has come
    run.parked       nothing to do until `until` (seconds since the epoch)     -> PENDING
    human.requested · run.waiting_human  (`until`: when the wait is over)      -> WAITING_HUMAN
    human.answered   lifts WAITING_HUMAN                                       -> PENDING
    run.pausing      a person wants a pause: nothing new is begun
    run.paused -> PAUSED · run.resumed -> PENDING
    run.forked       what is above was copied from another run, up to here     -> PENDING
    state.patched    something outside the effects changed the state
    run.completed · run.failed · run.cancelled                                 -> terminal
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, cast

from liteagent.contracts.clock import Clock
from liteagent.contracts.json import JsonObject
from liteagent.contracts.values import value

__all__ = [
    "STATUS_AFTER",
    "Effect",
    "Event",
    "EventDraft",
    "History",
    "Journal",
    "JournalFactory",
    "NewRun",
    "OpenedJournal",
    "Ownership",
    "Rider",
    "RunRecord",
    "RunStatus",
    "RunSummary",
    "Safety",
    "Snapshot",
    "status_after",
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
        return self in _ENDED

    @property
    def runnable(self) -> bool:
        """Whether a worker should be at it."""
        return self in _RUNNABLE


_ENDED = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)
_RUNNABLE = (RunStatus.PENDING, RunStatus.RUNNING)

STATUS_AFTER: Mapping[str, RunStatus] = MappingProxyType(
    {
        "run.started": RunStatus.PENDING,
        "run.claimed": RunStatus.RUNNING,
        "run.parked": RunStatus.PENDING,
        "run.paused": RunStatus.PAUSED,
        "run.resumed": RunStatus.PENDING,
        "run.forked": RunStatus.PENDING,
        "run.waiting_human": RunStatus.WAITING_HUMAN,
        "human.answered": RunStatus.PENDING,
        "run.completed": RunStatus.COMPLETED,
        "run.failed": RunStatus.FAILED,
        "run.cancelled": RunStatus.CANCELLED,
    }
)
"""The status that an event type brings; other types leave it as it is."""


_LIFTED: Mapping[str, RunStatus] = MappingProxyType(
    {"human.answered": RunStatus.WAITING_HUMAN, "run.resumed": RunStatus.PAUSED}
)


def status_after(status: RunStatus, event_type: str) -> RunStatus:
    """The status of a run in `status` after an event. An answer lifts nothing but the wait for one, and going
    on nothing but a pause that is there: a worker that was only asked for one keeps the run.
    """
    if event_type in _LIFTED and status is not _LIFTED[event_type]:
        return status
    return STATUS_AFTER.get(event_type, status)


class Safety(StrEnum):
    """What may be done about an effect that was requested and has no result after a crash."""

    SAFE = "safe"
    """Repeat it: a model call, a retrieval, a read."""
    IDEMPOTENT = "idempotent"
    """Repeat it with the same idempotency key."""
    UNSAFE = "unsafe"
    """Never repeat it unasked."""


@value
class EventDraft:
    """An event that has no place in a journal yet."""

    type: str
    payload: JsonObject = field(default_factory=dict[str, Any])
    ref: int | None = None


@value
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


@value
class Effect:
    """Something to be done outside: a model call, a tool, a node of a workflow, a document to index.

    It stands in the journal as `<kind>.<verb>` before it is performed, for instance `model.requested`.

    Attributes:
        light: Whether it may be performed before its request is durable, because it changes nothing outside:
            request and result then join the next commit, and after a crash it is done again.
    """

    kind: str
    payload: JsonObject = field(default_factory=dict[str, Any])
    safety: Safety = Safety.UNSAFE
    verb: str = "requested"
    light: bool = False
    _request: EventDraft | None = field(default=None, init=False, compare=False, repr=False)

    def request(self) -> EventDraft:
        """The event that makes this effect durable before it happens."""
        if self._request is None:
            payload = {**self.payload, "safety": self.safety.value}
            object.__setattr__(self, "_request", EventDraft(f"{self.kind}.{self.verb}", payload))
        return cast("EventDraft", self._request)

    @classmethod
    def requested_by(cls, event: Event) -> "Effect | None":
        """The effect that an event requests, told by its `safety`; None for any other event."""
        safety = event.payload.get("safety")
        if not isinstance(safety, str):
            return None
        payload = {key: value for key, value in event.payload.items() if key != "safety"}
        kind, _, verb = event.type.rpartition(".")
        return cls(kind, payload, Safety(safety), verb)


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

    def started(self, at: float) -> Event:
        """Its event 1."""
        payload = {"inputs": self.inputs, "definition": self.definition, "kind": self.kind}
        return Event(self.id, 1, "run.started", payload, at)

    def opened(self, at: float) -> "RunRecord":
        """What is known of it after event 1."""
        about = (self.id, self.workspace_id, self.created_by, self.kind)
        return RunRecord(*about, RunStatus.PENDING, 1, None, at, at)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known of a run without reading its events.

    Attributes:
        head: Seq of its newest event.
        owner: The worker process that claimed it, or took it to claim it; None when anybody may.
        epoch: How often it was claimed; the fencing token.
        wake_at: Seconds since the epoch: a run that waits is not looked at before. None: it waits for nothing
            but its turn (PENDING), or for an answer without a limit (WAITING_HUMAN).
    """

    id: str
    workspace_id: str
    created_by: str
    kind: str
    status: RunStatus
    head: int
    owner: str | None
    created_at: float
    updated_at: float
    epoch: int = 0
    wake_at: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a run after event `seq`, as text that only the writer reads."""

    seq: int
    body: str


@dataclass(frozen=True, slots=True)
class History:
    """All that a worker needs to go on with a run, read at one moment.

    Attributes:
        started: Event 1, where inputs and definition are pinned.
        snapshot: The newest one at or before the asked event; None where there is none.
        events: Every event after the snapshot, from event 1 where there is none.
        tail_bytes: Size of the payloads of `events` as they are kept.
    """

    record: RunRecord
    started: Event
    snapshot: Snapshot | None
    events: tuple[Event, ...]
    tail_bytes: int


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run's record with the two ends of its journal."""

    record: RunRecord
    first: Event
    last: Event


class Journal(Protocol):
    """Keeps runs. Everything that it has acknowledged survives a crash at any moment."""

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        """Create a run with `run.started` as event 1, and `events` from 2 on, in one commit.

        Raises:
            ConflictError: A run with this id exists.
        """
        ...

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        """Append consecutive events of one run, all or nothing, with riders; the bytes of their payloads.

        The record follows the events: its status by `status_after`; its owner and epoch by a claim; its
        `wake_at` by the `until` of `run.parked` and `run.waiting_human`. An event that makes a run PENDING
        again leaves it without an owner.

        Args:
            events: At least one.
            riders: Changes of the platform's own tables that commit with them.
            snapshot: The state after the last of the events, to be kept with them.

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

    async def history(self, run_id: str, up_to: int | None = None) -> History:
        """What is needed to know the state after event `up_to`; None is the newest.

        Raises:
            NotFoundError: There is no such run.
        """
        ...

    async def summaries(self, run_ids: Sequence[str]) -> tuple[RunSummary, ...]:
        """Of each run that exists, in the order asked, read at once."""
        ...

    async def take(self, owner_id: str, living: Collection[str], limit: int = 100) -> tuple[RunRecord, ...]:
        """Make `owner_id` the owner of runs that nobody works at, oldest first; their records then.

        These are runs that are PENDING or RUNNING, or wait and their `wake_at` has come, and have no owner or
        one that is not among `living`. A run that waits for a later moment is left alone. No two callers
        get the same run while both live.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenedJournal:
    """A journal that was opened by its URL; `close` lets go of what it holds."""

    journal: Journal
    close: Callable[[], Awaitable[None]]


class JournalFactory(Protocol):
    """Opens journals by URL, as entry points of `liteagent.journal` name it by the URL's scheme."""

    async def __call__(self, url: str, clock: Clock) -> OpenedJournal:
        """Open it, making it where there is none.

        Raises:
            ConfigurationError: The URL leads nowhere; the message says what to do.
        """
        ...


class Ownership(Protocol):
    """Which worker processes are alive. Every run that a process works at carries its `owner_id`."""

    @property
    def owner_id(self) -> str:
        """The id of the own process."""
        ...

    async def living(self) -> frozenset[str]:
        """The ids of every living process, the own among them."""
        ...

    async def beat(self) -> None:
        """Show that this process lives; due every few seconds."""
        ...

    async def release(self) -> None:
        """Let go: from now on this process counts as dead."""
        ...
