"""What a kind of run says of itself: a pure reducer, performers for its effects, riders for its tables."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Effect, Event, EventDraft, Rider, RunRecord, RunStatus
from liteagent.contracts.values import value

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
    "StateCodec",
    "Suspend",
    "fold",
    "no_riders",
]

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)


@value
class Perform:
    """Go on.

    Attributes:
        effects: New effects to start; none means: wait for what is in flight.
        events: Facts that need nobody outside, like the result of a pure node. They are folded before the
            next decision and cost no commit of their own.
        until: Seconds since the epoch: decide again then, whether or not a result has come.
    """

    effects: tuple[Effect, ...] = ()
    events: tuple[EventDraft, ...] = ()
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Suspend:
    """Stop working until something comes from outside, or until a moment; meanwhile nothing is held.

    Attributes:
        status: WAITING_HUMAN, or PENDING for a run that only waits for `until`.
        events: What to say before, for instance `human.requested`.
        until: Seconds since the epoch; None waits for ever.
    """

    status: RunStatus
    events: tuple[EventDraft, ...] = ()
    until: float | None = None


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


@value
class EffectContext:
    """What a performer knows besides the effect.

    Attributes:
        key: Idempotency key, `run_id:seq`: the same each time this effect is repeated.
        attempt: 1, and one more for each repetition after a crash.
        emit: Hands a piece of live text to whoever watches the run.
        request: Seq of the effect's request.
    """

    run_id: str
    workspace_id: str
    key: str
    attempt: int
    emit: Callable[[str], None]
    request: int = 0


@value
class EffectResult:
    """What performing gave.

    Attributes:
        payload: Of `<kind>.completed`.
        riders: Changes to the platform's tables that commit with it.
        before: Events that come before the result, in the same commit.
        after: Events that come after it, in the same commit.
    """

    payload: JsonObject = field(default_factory=dict[str, Any])
    riders: tuple[Rider, ...] = ()
    before: tuple[EventDraft, ...] = ()
    after: tuple[EventDraft, ...] = ()


class Performer(Protocol[S_contra]):
    """The only place with I/O. A LiteAgentError becomes `<kind>.failed`."""

    def __call__(
        self, effect: Effect, state: S_contra, context: EffectContext, /
    ) -> Coroutine[Any, Any, EffectResult]:
        """Perform `effect`; `state` is the state at its request."""
        ...


class StateCodec(Protocol[S]):
    """How a state survives in a snapshot, read only by the version that wrote it."""

    def dump(self, state: S) -> JsonValue:
        """The state, JSON-ready."""
        ...

    def load(self, data: Any) -> S:
        """An equal state from what `dump` gave, after a way through JSON."""
        ...


def no_riders(_state: Any, _event: Event) -> Sequence[Rider]:
    """Nothing rides on the events."""
    return ()


def _as_output(_effect: Effect, result: JsonValue) -> JsonObject:
    return {"output": result}


@dataclass(frozen=True, slots=True)
class Program(Generic[S]):
    """What one run runs on.

    Attributes:
        performers: By effect kind.
        riders: Changes to the platform's tables that must commit with an event, given the state after it.
        codec: Keeps states in snapshots; without one a run is always folded from its first event.
        assumed: The payload of `<kind>.completed` for an effect that a person says was done, with its result.
        check_patch: Raises InvalidInputError for a patch that a fork cannot apply; None refuses every patch.
    """

    reducer: Reducer[S]
    performers: Mapping[str, Performer[S]]
    riders: Callable[[S, Event], Sequence[Rider]] = no_riders
    codec: StateCodec[S] | None = None
    assumed: Callable[[Effect, JsonValue], JsonObject] = _as_output
    check_patch: Callable[[JsonObject], None] | None = None


@dataclass(frozen=True, slots=True)
class RunKind(Generic[S]):
    """A kind of run, as a slice registers it.

    Attributes:
        open: Makes the program of a run from its record and the payload of `run.started`, where the inputs
            and the definition are pinned.
        reopen: The same with another definition than the pinned one, to replay a run against it; None for a
            kind that knows no definitions to compare with. Raises InvalidInputError for one of no use.
    """

    name: str
    open: Callable[[RunRecord, JsonObject], Program[S]]
    reopen: Callable[[RunRecord, JsonObject, JsonObject], Program[S]] | None = None
