"""A toy kind of run for tests of the machinery: effects in lanes, questions, waits, all under control."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import anyio
import anyio.lowlevel

from liteagent.contracts.json import dump, load
from liteagent.contracts.runs import (
    Effect,
    Event,
    EventDraft,
    Journal,
    NewRun,
    RunRecord,
    RunStatus,
    Safety,
)
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.protocol import (
    Decision,
    EffectContext,
    EffectResult,
    Finish,
    Perform,
    Program,
    RunKind,
    Suspend,
)
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.testing import ManualClock

__all__ = ["RUN", "Lanes", "LanesReducer", "World", "fixed"]

RUN = "11111111-1111-7111-8111-111111111111"


@dataclass(frozen=True)
class Lanes:
    """Each lane does its steps one after the other, beside the other lanes."""

    lanes: tuple[int, ...] = ()
    done: tuple[int, ...] = ()
    busy: tuple[int, ...] = ()
    asked: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    waits_from: float | None = None
    waited: bool = False
    notes: int = 0
    pure: int = 0
    failed: bool = False


class LanesReducer:
    """definition: lanes (steps of each), safety, ask (a lane's number that asks first), wait (seconds, at the
    end), pure (events of its own at the start)."""

    initial = Lanes()

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.definition = definition

    def apply(self, state: Lanes, event: Event) -> Lanes:  # noqa: C901
        match event.type:
            case "run.started":
                lanes = tuple(self.definition["lanes"])
                return replace(state, lanes=lanes, done=(0,) * len(lanes))
            case "step.requested":
                return replace(state, busy=(*state.busy, _lane(event)))
            case "step.completed":
                return self._completed(state, _lane(event))
            case "step.failed":
                return replace(state, failed=True)
            case "pure.noted":
                return replace(state, pure=state.pure + 1)
            case "human.requested" if "effect" not in event.payload:
                return replace(state, asked=(*state.asked, str(event.payload["request_id"])))
            case "human.answered" if str(event.payload["request_id"]) in state.asked:
                return replace(state, answers=(*state.answers, str(event.payload["answer"])))
            case "wait.begun":
                return replace(state, waits_from=float(str(event.payload["at"])))
            case "timer.fired":
                over = state.waits_from is not None and event.at >= state.waits_from + self.definition["wait"]
                return replace(state, waited=state.waited or over)
            case "state.patched":
                return replace(state, notes=state.notes + 1)
            case _:
                return state

    def _completed(self, state: Lanes, lane: int) -> Lanes:
        busy = list(state.busy)
        busy.remove(lane)
        done = tuple(count + (index == lane) for index, count in enumerate(state.done))
        return replace(state, busy=tuple(busy), done=done)

    def decide(self, state: Lanes) -> Decision:
        if state.failed:
            return Finish(RunStatus.FAILED, {"done": list(state.done)}, {"code": "step_failed"})
        if state.pure < self.definition.get("pure", 0):
            return Perform(events=(EventDraft("pure.noted", {"n": state.pure}),))
        asking = self.definition.get("ask")
        if asking is not None and not state.asked:
            return Perform(events=(EventDraft("human.requested", {"request_id": "q", "question": "?"}),))
        waits = asking is not None and not state.answers
        effects = tuple(
            Effect("step", {"lane": lane, "n": done}, Safety(self.definition.get("safety", "unsafe")))
            for lane, (goal, done) in enumerate(zip(state.lanes, state.done, strict=True))
            if done < goal and lane not in state.busy and not (waits and lane == asking)
        )
        if effects:
            return Perform(effects)
        if state.busy:
            return Perform()
        if waits:
            return Suspend(RunStatus.WAITING_HUMAN)
        return self._at_the_end(state)

    def _at_the_end(self, state: Lanes) -> Decision:
        wait = self.definition.get("wait")
        if wait is None or state.waited:
            return Finish(RunStatus.COMPLETED, {"done": list(state.done), "answers": list(state.answers)})
        if state.waits_from is None:
            return Perform(events=(EventDraft("wait.begun", {"at": self.definition["now"]}),))
        return Suspend(RunStatus.PENDING, until=state.waits_from + wait)


def _lane(event: Event) -> int:
    return int(str(event.payload["lane"]))


class LanesCodec:
    """Keeps states in snapshots."""

    def dump(self, state: Lanes) -> dict[str, Any]:
        return dump(state)

    def load(self, data: Any) -> Lanes:
        return load(Lanes, data)


class World:
    """One worker over a journal. `performed`: the key of every effect that was begun."""

    def __init__(
        self, journal: Journal | None = None, owner: str = "w1", performed: list[str] | None = None
    ) -> None:
        self.clock = ManualClock()
        self.journal: Journal = journal or MemoryJournal(self.clock)
        self.streams = MemoryStreams()
        self.performed: list[str] = [] if performed is None else performed
        self.before: Callable[[Effect], Any] | None = None
        kinds = {"lanes": RunKind("lanes", self.open, self.reopen)}
        self.driver = Driver(
            self.journal, kinds, owner_id=owner, clock=self.clock, streams=self.streams, claim_limit=3
        )

    def open(self, _record: RunRecord, started: Mapping[str, Any]) -> Program[Lanes]:
        return self.program(started["definition"])

    def reopen(
        self, _record: RunRecord, _started: Mapping[str, Any], definition: Mapping[str, Any]
    ) -> Program[Lanes]:
        return self.program(definition)

    def program(self, definition: Mapping[str, Any]) -> Program[Lanes]:
        return Program(
            LanesReducer(definition),
            {"step": self.step},
            codec=LanesCodec(),
            assumed=lambda effect, _result: dict(effect.payload),
            check_patch=lambda _patch: None,
        )

    async def step(self, effect: Effect, _state: Lanes, context: EffectContext) -> EffectResult:
        self.performed.append(context.key)
        if self.before is not None:
            await self.before(effect)
        return EffectResult(dict(effect.payload))

    async def start(self, **definition: Any) -> str:
        await self.journal.start(NewRun(RUN, "w", "u", "lanes", {}, definition))
        return RUN

    async def events(self, run_id: str = RUN) -> tuple[Event, ...]:
        return await self.journal.read(run_id)

    async def types(self, run_id: str = RUN) -> list[str]:
        return [event.type for event in await self.events(run_id)]

    async def begun(self, count: int) -> None:
        """Wait until `count` effects were begun."""
        with anyio.fail_after(5):
            while len(self.performed) < count:
                await anyio.lowlevel.checkpoint()

    async def die_inside(self, count: int, side_by_side: int = 1) -> None:
        """Work at the run until `count` effects were begun, the last ones side by side, and stop dead."""
        held = anyio.Event()

        async def hold(_effect: Effect) -> None:
            if len(self.performed) > count - side_by_side:
                await held.wait()

        self.before = hold
        async with anyio.create_task_group() as group:
            group.start_soon(self.driver.advance, RUN)
            await self.begun(count)
            group.cancel_scope.cancel()
        self.before = None


def fixed(type_: str, **payload: Any) -> Callable[[RunRecord, Ledger], EventDraft | None]:
    """A signal that is always the same."""
    return lambda _record, _ledger: EventDraft(type_, payload)
