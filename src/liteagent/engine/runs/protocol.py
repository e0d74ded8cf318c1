"""What a kind of run says of itself: a pure reducer, performers for its effects, riders for its tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Effect, Event, EventDraft, Rider, RunRecord, RunStatus

__all__ = [
    "Decision",
    "EffectContext",
    "EffectResult",
    "Finish",
    "Perform",
    "Performer",
    "Program",
    "Reducer",
    "RunKind",
    "Suspend",
    "fold",
]

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Perform:
    """New effects to start. None means: wait for what is in flight."""

    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspend:
    """Stop working until something comes from outside; `events` say for what (`human.requested`)."""

    status: RunStatus
    events: tuple[EventDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class Finish:
    """The end: COMPLETED with `outputs`, or FAILED with `error`. `usage` is what the whole run consumed."""

    status: RunStatus
    outputs: JsonObject = field(default_factory=dict[str, Any])
    error: JsonObject | None = None
    usage: JsonObject | None = None

    @classmethod
    def failed(cls, error: LiteAgentError, **outputs: Any) -> "Finish":
        """The end of a run that failed with `error`."""
        return cls(RunStatus.FAILED, outputs, error.to_json())


Decision: TypeAlias = Perform | Suspend | Finish


class Reducer(Protocol[S]):
    """A pure state machine. The state is immutable; the same events always fold to an equal state."""

    @property
    def initial(self) -> S:
        """The state before any event."""
        ...

    def apply(self, state: S, event: Event) -> S:
        """The state after `event`; events it does not know leave the state as it is."""
        ...

    def decide(self, state: S) -> Decision:
        """What to do next. Effects already requested must not be asked for again."""
        ...


def fold(reducer: Reducer[S], events: Sequence[Event]) -> S:
    """The state after `events`."""
    return reduce(reducer.apply, events, reducer.initial)


@dataclass(frozen=True, slots=True)
class EffectContext:
    """What a performer knows besides the effect.

    Attributes:
        key: Idempotency key, `run_id:seq`: the same each time this effect is repeated.
        attempt: 1, and one more for each repetition after a crash.
        emit: Hands a piece of live text to whoever watches the run.
    """

    run_id: str
    workspace_id: str
    key: str
    attempt: int
    emit: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class EffectResult:
    """What performing gave: the payload of `<kind>.completed` and the changes that commit with it."""

    payload: JsonObject = field(default_factory=dict[str, Any])
    riders: tuple[Rider, ...] = ()


class Performer(Protocol[S_contra]):
    """The only place with I/O. A LiteAgentError becomes `<kind>.failed`."""

    async def __call__(self, effect: Effect, state: S_contra, context: EffectContext, /) -> EffectResult:
        """Perform `effect`; `state` is the state at its request."""
        ...


def _no_riders(_state: Any, _event: Event) -> Sequence[Rider]:
    return ()


@dataclass(frozen=True, slots=True)
class Program(Generic[S]):
    """What one run runs on.

    Attributes:
        performers: By effect kind.
        riders: Changes to the platform's tables that must commit with an event, given the state after it.
    """

    reducer: Reducer[S]
    performers: Mapping[str, Performer[S]]
    riders: Callable[[S, Event], Sequence[Rider]] = _no_riders


@dataclass(frozen=True, slots=True)
class RunKind(Generic[S]):
    """A kind of run, as a slice registers it.

    Attributes:
        open: Makes the program of a run from its record and the payload of `run.started`, where the inputs
            and the definition are pinned.
    """

    name: str
    open: Callable[[RunRecord, JsonObject], Program[S]]
