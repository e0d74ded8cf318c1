"""The driver, over a toy kind of run: count to a number, one effect a step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from liteagent.contracts.errors import FencedError, ProviderUnavailableError
from liteagent.contracts.runs import Effect, Event, EventDraft, NewRun, RunRecord, RunStatus, Safety
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
    fold,
)
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.infra.system import SystemClock


@dataclass(frozen=True)
class Count:
    """How far the toy has counted."""

    goal: int = 0
    requested: int = 0
    done: int = 0
    error: Mapping[str, Any] | None = None
    answer: str | None = None


class CountReducer:
    """Counts; asks a human at 3 when told to; `wide` effects at a time."""

    initial = Count()

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.definition = definition

    def apply(self, state: Count, event: Event) -> Count:
        match event.type:
            case "run.started":
                return replace(state, goal=int(self.definition["goal"]))
            case "step.requested":
                return replace(state, requested=state.requested + 1)
            case "step.completed":
                return replace(state, done=state.done + 1)
            case "step.failed":
                error = event.payload["error"]
                assert isinstance(error, Mapping)
                return replace(state, error=error)
            case "human.answered":
                return replace(state, answer=str(event.payload["answer"]))
            case _:
                return state

    def decide(self, state: Count) -> Decision:
        if state.error is not None:
            return Finish(RunStatus.FAILED, {"done": state.done}, state.error)
        if state.done >= state.goal:
            return Finish(RunStatus.COMPLETED, {"done": state.done})
        if self.definition.get("ask") and state.done == 3 and state.answer is None:
            return Suspend(RunStatus.WAITING_HUMAN, (EventDraft("human.requested", {"request_id": "r"}),))
        wide = int(self.definition.get("wide", 1))
        free = min(wide - (state.requested - state.done), state.goal - state.requested)
        safety = Safety(self.definition.get("safety", "safe"))
        return Perform(tuple(Effect("step", {"n": state.requested + i}, safety) for i in range(free)))


class World:
    """A journal, a driver, and what the toy's performer did."""

    def __init__(self, owner: str = "worker-1", journal: MemoryJournal | None = None) -> None:
        self.journal = journal or MemoryJournal(SystemClock())
        self.streams = MemoryStreams()
        self.keys: list[tuple[str, int]] = []
        self.hold: anyio.Event | None = None
        self.fail_at: int | None = None
        kind = RunKind("count", self.open)
        self.driver = Driver(
            self.journal,
            {"count": kind},
            owner_id=owner,
            clock=SystemClock(),
            streams=self.streams,
            claim_limit=3,
        )

    def open(self, _record: RunRecord, started: Mapping[str, Any]) -> Program[Count]:
        return Program(CountReducer(started["definition"]), {"step": self.step})

    async def step(self, effect: Effect, state: Count, context: EffectContext) -> EffectResult:
        self.keys.append((context.key, context.attempt))
        if self.hold is not None:
            await self.hold.wait()
        if self.fail_at == effect.payload["n"]:
            raise ProviderUnavailableError("The model is down.", partial="so f")
        return EffectResult({"n": effect.payload["n"]})

    async def start(self, **definition: Any) -> str:
        run_id = "11111111-1111-7111-8111-111111111111"
        await self.journal.start(NewRun(run_id, "w", "u", "count", {}, definition))
        return run_id

    async def types(self, run_id: str) -> list[str]:
        return [event.type for event in await self.journal.read(run_id)]


def always(draft: EventDraft) -> Callable[[RunRecord, Ledger], EventDraft]:
    return lambda _record, _ledger: draft


async def test_a_run_is_walked_to_its_end() -> None:
    world = World()
    run_id = await world.start(goal=2)
    assert (await world.driver.advance(run_id)).status is RunStatus.COMPLETED
    assert await world.types(run_id) == [
        "run.started",
        "run.claimed",
        "step.requested",
        "step.completed",
        "step.requested",
        "step.completed",
        "run.completed",
    ]
    events = await world.journal.read(run_id)
    assert [event.ref for event in events if event.type == "step.completed"] == [3, 5]
    assert world.keys == [(f"{run_id}:3", 1), (f"{run_id}:5", 1)]
    assert (await world.driver.advance(run_id)).status is RunStatus.COMPLETED


async def test_effects_of_one_decision_run_side_by_side() -> None:
    world = World()
    run_id = await world.start(goal=5, wide=5)
    world.hold = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(world.driver.advance, run_id)
        with anyio.fail_after(5):
            while len(world.keys) < 5:
                await anyio.lowlevel.checkpoint()
        world.hold.set()
    assert (await world.journal.get(run_id)).status is RunStatus.COMPLETED


async def test_a_failed_effect_is_an_event_with_the_partial_answer() -> None:
    world = World()
    world.fail_at = 1
    run_id = await world.start(goal=3)
    assert (await world.driver.advance(run_id)).status is RunStatus.FAILED
    failed, ended = (await world.journal.read(run_id))[-2:]
    assert failed.type == "step.failed"
    assert failed.payload["partial"] == "so f"
    assert ended.payload["error"] == {
        "code": "provider_unavailable",
        "message": "The model is down.",
        "details": {},
    }


async def test_waiting_for_a_human_holds_nothing_and_goes_on_with_the_answer() -> None:
    world = World()
    run_id = await world.start(goal=4, ask=True)
    assert (await world.driver.advance(run_id)).status is RunStatus.WAITING_HUMAN
    assert (await world.types(run_id))[-2:] == ["human.requested", "run.waiting_human"]
    assert (await world.driver.advance(run_id)).status is RunStatus.WAITING_HUMAN
    record = await world.driver.signal(run_id, always(EventDraft("human.answered", {"answer": "yes"})))
    assert record.status is RunStatus.PENDING
    assert (await world.driver.advance(run_id)).status is RunStatus.COMPLETED


async def _die_during_the_first_effect(world: World, run_id: str) -> None:
    world.hold = anyio.Event()
    before = len(world.keys)
    async with anyio.create_task_group() as group:
        group.start_soon(world.driver.advance, run_id)
        with anyio.fail_after(5):
            while len(world.keys) == before:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    world.hold = None


async def test_a_safe_effect_is_repeated_with_its_key_after_a_crash() -> None:
    world = World()
    run_id = await world.start(goal=1)
    await _die_during_the_first_effect(world, run_id)
    heir = World("worker-2", world.journal)
    assert (await heir.driver.advance(run_id)).status is RunStatus.COMPLETED
    assert world.keys == [(f"{run_id}:3", 1)]
    assert heir.keys == [(f"{run_id}:3", 2)]


@pytest.mark.parametrize(
    ("answer", "status", "repeats"),
    [("done", "COMPLETED", 0), ("repeat", "COMPLETED", 1), ("fail", "FAILED", 0), ("what?", "FAILED", 0)],
)
async def test_an_unsafe_effect_is_never_repeated_unasked(answer: str, status: str, repeats: int) -> None:
    world = World()
    run_id = await world.start(goal=1, safety="unsafe")
    await _die_during_the_first_effect(world, run_id)
    heir = World("worker-2", world.journal)
    assert (await heir.driver.advance(run_id)).status is RunStatus.WAITING_HUMAN
    assert heir.keys == []
    asked, waiting = (await world.journal.read(run_id))[-2:]
    assert (asked.type, asked.payload["request_id"]) == ("human.requested", "effect:3")
    assert asked.payload["options"] == ["done", "repeat", "fail"]
    assert waiting.payload["waiting_for"] == [asked.payload]
    given = EventDraft("human.answered", {"request_id": "effect:3", "answer": answer})
    assert (await heir.driver.signal(run_id, always(given))).status is RunStatus.PENDING
    assert (await heir.driver.advance(run_id)).status.value == status
    assert heir.keys == [(f"{run_id}:3", 3)] * repeats
    results = [each for each in await world.journal.read(run_id) if each.ref == 3]
    assert [each.type for each in results] == ["step.failed" if status == "FAILED" else "step.completed"]
    if status == "FAILED":
        error = results[0].payload["error"]
        assert isinstance(error, Mapping)
        assert error["code"] == "effect_unknown"


async def test_a_run_that_kills_its_workers_is_given_up() -> None:
    world = World()
    run_id = await world.start(goal=1)
    for _ in range(3):
        await _die_during_the_first_effect(world, run_id)
    assert (await world.driver.advance(run_id)).status is RunStatus.COMPLETED, (
        "the request came between the claims"
    )
    second = World()
    run_id = await second.start(goal=1)
    await _die_during_the_first_effect(second, run_id)
    for _ in range(3):
        await _die_during_the_first_effect(second, run_id)
    assert (await second.driver.advance(run_id)).status is RunStatus.FAILED
    error = (await second.journal.read(run_id))[-1].payload["error"]
    assert isinstance(error, Mapping)
    assert error["code"] == "crash_loop"


async def test_the_slower_of_two_workers_is_fenced_and_stops() -> None:
    world = World()
    run_id = await world.start(goal=2)
    world.hold = anyio.Event()
    heir = World("worker-2", world.journal)
    async with anyio.create_task_group() as group:
        group.start_soon(world.driver.advance, run_id)
        with anyio.fail_after(5):
            while not world.keys:
                await anyio.lowlevel.checkpoint()
        assert (await heir.driver.advance(run_id)).status is RunStatus.COMPLETED
        world.hold.set()
    types = await world.types(run_id)
    assert types.count("step.completed") == 2
    assert types.count("run.claimed") == 2
    assert len(world.keys) == 1, "the zombie performed nothing after it was fenced"


async def test_an_ended_run_takes_no_signal() -> None:
    world = World()
    run_id = await world.start(goal=0)
    await world.driver.advance(run_id)
    with pytest.raises(FencedError, match="has ended"):
        await world.driver.signal(run_id, always(EventDraft("run.cancelled")))


async def test_every_prefix_of_a_journal_folds_and_decides() -> None:
    world = World()
    run_id = await world.start(goal=3, wide=2)
    await world.driver.advance(run_id)
    events = await world.journal.read(run_id)
    reducer = CountReducer({"goal": 3, "wide": 2})
    for length in range(1, len(events)):
        reducer.decide(fold(reducer, events[:length]))


async def test_a_run_that_its_kind_cannot_read_is_ended_all_the_same() -> None:
    world = World()
    run_id = await world.start(nothing_that_count_understands=True)
    with pytest.raises(KeyError):
        await world.driver.advance(run_id)
    await world.driver.fail(run_id)
    assert (await world.journal.get(run_id)).status is RunStatus.FAILED


async def test_something_unforeseen_ends_the_run_with_a_reason() -> None:
    world = World()
    run_id = await world.start(goal=1)
    await world.driver.fail(run_id)
    record = await world.journal.get(run_id)
    assert record.status is RunStatus.FAILED
    await world.driver.fail(run_id)
