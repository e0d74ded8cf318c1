"""One worker's stretch of work at one run, from its claim until the run ends or waits."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import inf
from typing import Generic, TypeAlias, TypeVar, assert_never

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import LiteAgentError, ProviderError, RunFailedError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import (
    STATUS_AFTER,
    Effect,
    Event,
    EventDraft,
    Journal,
    Rider,
    RunRecord,
    RunStatus,
    Safety,
)
from liteagent.contracts.streams import LiveStreams
from liteagent.engine.runs.protocol import (
    EffectContext,
    EffectResult,
    Finish,
    Perform,
    RunKind,
    Suspend,
    fold,
)

__all__ = ["Turn", "claims_in_a_row", "finish_draft"]

S = TypeVar("S")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _InFlight:
    """An effect that was requested and has no result. `base` is the event that began this attempt."""

    effect: Effect
    base: int
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class _Outcome:
    draft: EventDraft
    riders: tuple[Rider, ...] = ()


_Send: TypeAlias = MemoryObjectSendStream[_Outcome]
_Receive: TypeAlias = MemoryObjectReceiveStream[_Outcome]


class Turn(Generic[S]):
    """Holds the state of a run while it is worked at, and what is not committed yet."""

    def __init__(
        self,
        *,
        record: RunRecord,
        kind: RunKind[S],
        events: Sequence[Event],
        journal: Journal,
        clock: Clock,
        streams: LiveStreams,
    ) -> None:
        self._record = record
        self._program = kind.open(record, events[0].payload)
        self._state = fold(self._program.reducer, events)
        self._events = events
        self._journal = journal
        self._clock = clock
        self._streams = streams
        self._head = events[-1].seq
        self._status = record.status
        self._in_flight = _in_flight(events)
        self._batch: list[Event] = []
        self._riders: list[Rider] = []
        self._starting: list[int] = []

    def claim(self, owner_id: str, limit: int) -> None:
        """Take the run over, with every effect that its last worker left behind."""
        epoch = sum(event.type == "run.claimed" for event in self._events) + 1
        in_a_row = claims_in_a_row(self._events)
        event = self.add(EventDraft("run.claimed", {"owner": owner_id, "epoch": epoch}))
        if in_a_row >= limit:
            self._finish(Finish.failed(_crash_loop(in_a_row)))
            return
        for seq, left in self._in_flight.items():
            if left.effect.safety is Safety.UNSAFE:
                self._finish(Finish.failed(_unknown_outcome(left.effect)))
                return
            self._in_flight[seq] = _InFlight(left.effect, event.seq, left.attempt + 1)
            self._starting.append(seq)

    async def run(self) -> RunStatus:
        """Decide, commit, perform, and again, until the run ends or waits.

        Raises:
            FencedError: Another worker has taken the run.
        """
        send, receive = anyio.create_memory_object_stream[_Outcome](inf)
        fenced: LiteAgentError | None = None
        with send, receive:
            async with anyio.create_task_group() as group:
                try:
                    await self._walk(group, send, receive)
                except LiteAgentError as error:
                    fenced = error
                group.cancel_scope.cancel()
        if fenced is not None:
            raise fenced
        return self._status

    async def commit(self) -> None:
        """Make everything added so far durable, with its riders.

        Raises:
            FencedError: Another worker has appended, or the run has ended.
        """
        if self._batch:
            await self._journal.append(self._batch, self._riders)
            self._batch, self._riders = [], []
            self._streams.notify(self._record.id)

    def add(self, draft: EventDraft, riders: Sequence[Rider] = ()) -> Event:
        """Give a draft the next place and fold it into the state."""
        self._head += 1
        event = Event(self._record.id, self._head, draft.type, draft.payload, self._clock.now(), draft.ref)
        self._state = self._program.reducer.apply(self._state, event)
        self._status = STATUS_AFTER.get(event.type, self._status)
        self._batch.append(event)
        self._riders.extend((*riders, *self._program.riders(self._state, event)))
        return event

    async def _walk(self, group: TaskGroup, send: _Send, receive: _Receive) -> None:
        while True:
            if not self._status.ended:
                self._decide()
            await self.commit()
            if not self._status.runnable:
                return
            for seq in self._starting:
                group.start_soon(self._perform, seq, self._in_flight[seq], self._state, send)
            self._starting = []
            await self._hear(receive)

    def _decide(self) -> None:
        decision = self._program.reducer.decide(self._state)
        match decision:
            case Perform(effects):
                self._request(effects)
            case Suspend(status, events):
                self._suspend(status, events)
            case Finish():
                self._finish(decision)
            case _:
                assert_never(decision)

    def _request(self, effects: Sequence[Effect]) -> None:
        if not effects and not self._in_flight:
            self._finish(Finish.failed(_stuck()))
            return
        for effect in effects:
            event = self.add(effect.request())
            self._in_flight[event.seq] = _InFlight(effect, event.seq)
            self._starting.append(event.seq)

    def _suspend(self, status: RunStatus, events: Sequence[EventDraft]) -> None:
        if self._in_flight:
            return  # what was begun is brought to its end first; then it will be decided again
        for draft in events:
            self.add(draft)
        self.add(EventDraft(f"run.{status.lower()}", {"waiting_for": [draft.payload for draft in events]}))

    def _finish(self, decision: Finish) -> None:
        self._starting = []
        self.add(finish_draft(decision))

    async def _hear(self, receive: _Receive) -> None:
        """Wait for a result; take every other one that is there already into the same commit."""
        outcomes = [await receive.receive()]
        while receive.statistics().current_buffer_used:
            outcomes.append(receive.receive_nowait())
        for outcome in outcomes:
            assert outcome.draft.ref is not None
            del self._in_flight[outcome.draft.ref]
            self.add(outcome.draft, outcome.riders)

    async def _perform(self, seq: int, requested: _InFlight, state: S, send: _Send) -> None:
        run_id, effect = self._record.id, requested.effect

        def emit(text: str) -> None:
            self._streams.publish(run_id, requested.base, requested.attempt, text)

        context = EffectContext(run_id, self._record.workspace_id, f"{run_id}:{seq}", requested.attempt, emit)
        try:
            result = await self._program.performers[effect.kind](effect, state, context)
        except LiteAgentError as error:
            outcome = _failed(effect, seq, error)
        except anyio.get_cancelled_exc_class():
            if anyio.current_effective_deadline() == -inf:
                raise  # it is this worker that stops, and not something inside the performer
            _log.exception("performing %s of run %s", effect.kind, run_id)
            outcome = _failed(effect, seq, _unforeseen())
        except Exception:  # noqa: BLE001  a performer is foreign code; its failure is this effect's result
            _log.exception("performing %s of run %s", effect.kind, run_id)
            outcome = _failed(effect, seq, _unforeseen())
        else:
            outcome = _completed(effect, seq, result)
        await send.send(outcome)


def claims_in_a_row(events: Sequence[Event]) -> int:
    """How many workers in a row have claimed a run, up to now, without getting it one event further."""
    return sum(1 for _ in takewhile(lambda event: event.type == "run.claimed", reversed(events)))


def finish_draft(decision: Finish) -> EventDraft:
    """The event that ends a run."""
    payload: dict[str, JsonValue] = {"outputs": decision.outputs}
    if decision.error is not None:
        payload["error"] = decision.error
    if decision.usage is not None:
        payload["usage"] = decision.usage
    return EventDraft(f"run.{decision.status.lower()}", payload)


def _in_flight(events: Sequence[Event]) -> dict[int, _InFlight]:
    waiting: dict[int, _InFlight] = {}
    for event in events:
        if effect := Effect.requested_by(event):
            waiting[event.seq] = _InFlight(effect, event.seq)
        elif event.type == "run.claimed":
            waiting = {
                seq: _InFlight(left.effect, event.seq, left.attempt + 1) for seq, left in waiting.items()
            }
        elif event.ref is not None:
            waiting.pop(event.ref, None)
    return waiting


def _completed(effect: Effect, seq: int, result: EffectResult) -> _Outcome:
    return _Outcome(EventDraft(f"{effect.kind}.completed", result.payload, seq), result.riders)


def _failed(effect: Effect, seq: int, error: LiteAgentError) -> _Outcome:
    payload: dict[str, JsonValue] = {"error": error.to_json()}
    if isinstance(error, ProviderError):
        payload["partial"] = error.partial
    return _Outcome(EventDraft(f"{effect.kind}.failed", payload, seq))


def _crash_loop(claims: int) -> RunFailedError:
    return RunFailedError(
        f"{claims} workers in a row died at this run without getting further. Look at its last events "
        "for the cause, mend it and start the run anew.",
        code="crash_loop",
    )


def _unknown_outcome(effect: Effect) -> RunFailedError:
    return RunFailedError(
        f"The worker died while an unsafe {effect.kind} effect was under way, so nobody knows whether it was "
        "done. Check that, then start the run anew.",
        code="effect_unknown",
    )


def _unforeseen() -> RunFailedError:
    return RunFailedError("Something unforeseen happened; see the server's log.")


def _stuck() -> RunFailedError:
    return RunFailedError(
        "The run has nothing to do and has not ended; its reducer is at fault.", code="run_stuck"
    )
