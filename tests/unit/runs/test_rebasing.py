"""Signals at any moment: the worker takes them in; no result is lost and no effect is done twice."""

import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.errors import ConflictError, FencedError
from liteagent.contracts.runs import Effect, Event, EventDraft, Rider, RunRecord, RunStatus, Snapshot
from liteagent.engine.runs import signals
from liteagent.engine.runs.ledger import Ledger
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.testing import ManualClock
from tests.unit.runs.world import RUN, World, fixed


def now_and_then(record: RunRecord, ledger: Ledger, dice: random.Random) -> EventDraft | None:
    """A signal that fits the run as it stands, if the dice say so."""
    choices = [EventDraft("state.patched", {"patch": {}})]
    if record.status is RunStatus.PAUSED or ledger.pausing:
        choices.append(EventDraft("run.resumed", {}))
    else:
        choices.append(signals.pause(by="u")(record, ledger) or choices[0])
    if ledger.questions:
        choices += [
            EventDraft("human.answered", {"request_id": each, "answer": "yes"}) for each in ledger.questions
        ]
    return dice.choice(choices)


class MeddledJournal(MemoryJournal):
    """Somebody appends a signal before or after some of the calls that the worker makes."""

    def __init__(self, dice: random.Random, left: int) -> None:
        super().__init__(ManualClock())
        self.dice, self.left = dice, left
        self.signals = 0

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        await self._meddle()
        written = await super().append(events, riders, snapshot)
        await anyio.lowlevel.checkpoint()
        await self._meddle()
        return written

    async def history(self, run_id: str, up_to: int | None = None) -> Any:
        history = await super().history(run_id, up_to)
        await self._meddle()
        return history

    async def _meddle(self) -> None:
        await anyio.lowlevel.checkpoint()
        if self.left and self.dice.random() < 0.4:
            self.left -= 1
            await self.signal()

    async def signal(self) -> None:
        """Append one; it is a plain journal to it."""
        record = await self.get(RUN)
        if record.status.ended:
            return
        ledger = Ledger()
        for event in await self.read(RUN):
            ledger.apply(event)
        draft = now_and_then(record, ledger, self.dice)
        if draft is not None:
            event = Event(RUN, record.head + 1, draft.type, draft.payload, 0.0, draft.ref)
            await MemoryJournal.append(self, [event])
            self.signals += 1


async def bring_to_its_end(world: World, journal: MeddledJournal) -> None:
    """Advance as the platform does: again after each signal that lets the run go on."""
    for _ in range(300):
        record = await journal.get(RUN)
        if record.status.ended:
            return
        if record.status is RunStatus.PAUSED:
            with suppress(ConflictError):
                await world.driver.signal(RUN, signals.resume(by="u"))
        elif record.status is RunStatus.WAITING_HUMAN:
            with suppress(ConflictError):
                await world.driver.signal(RUN, signals.answer("yes", None, by="u", now=0.0))
        await world.driver.advance(RUN)
    raise AssertionError(await world.types())


async def play(seed: int, lanes: Sequence[int], ask: int | None, pure: int) -> None:
    dice = random.Random(seed)
    journal = MeddledJournal(dice, dice.randrange(12))
    world = World(journal)

    async def meddle_beside(_effect: Effect) -> None:
        for _ in range(dice.randrange(4)):
            await anyio.lowlevel.checkpoint()
            if journal.left and dice.random() < 0.3:
                journal.left -= 1
                await journal.signal()
                world.driver.poke(RUN)

    world.before = meddle_beside
    definition: dict[str, Any] = {"lanes": lanes, "pure": pure}
    await world.start(**definition, **({} if ask is None else {"ask": ask % len(lanes)}))
    with anyio.fail_after(20):
        await bring_to_its_end(world, journal)
    events = await world.events()
    record = await journal.get(RUN)
    assert record.status is RunStatus.COMPLETED
    assert events[-1].payload["outputs"]["done"] == list(lanes)  # type: ignore[index]
    requests = [event.seq for event in events if event.type == "step.requested"]
    assert sorted(each.ref or 0 for each in events if each.type == "step.completed") == requests
    assert sorted(world.performed) == sorted(f"{RUN}:{seq}" for seq in requests)
    assert len(requests) == sum(lanes)
    assert [each.type for each in events].count("pure.noted") == pure
    assert not any("effect" in event.payload for event in events), "nothing was in doubt"
    replayed = await world.driver.replay(RUN)
    assert replayed.ok, replayed.difference


@settings(max_examples=250, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    lanes=st.lists(st.integers(0, 4), min_size=1, max_size=3),
    ask=st.none() | st.integers(0, 2),
    pure=st.integers(0, 2),
)
def test_whatever_is_signalled_whenever(seed: int, lanes: list[int], ask: int | None, pure: int) -> None:
    anyio.run(play, seed, lanes, ask, pure)


SIGNALS = ["state.patched", "run.pausing", "something.noted"]


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("lanes", [[1], [2], [2, 2]])
async def test_one_signal_inside_each_effect(signal: str, lanes: list[int]) -> None:
    for n in range(1, sum(lanes) + 1):
        world = World()
        await world.start(lanes=lanes)

        async def meddle(_effect: Effect, world: World = world, n: int = n) -> None:
            await anyio.lowlevel.checkpoint()
            if len(world.performed) == n and signal not in await world.types():
                await world.driver.signal(RUN, fixed(signal))

        world.before = meddle
        rest = await world.driver.advance(RUN)
        if signal == "run.pausing":
            assert rest.status in (RunStatus.PAUSED, RunStatus.COMPLETED)
            assert len(world.performed) == len(set(world.performed))
            if rest.status is RunStatus.PAUSED:
                assert (await world.types())[-1] == "run.paused"
                await world.driver.signal(RUN, fixed("run.resumed"))
                rest = await world.driver.advance(RUN)
        assert rest.status is RunStatus.COMPLETED
        assert len(world.performed) == sum(lanes)


async def test_a_claim_by_another_stops_the_worker_and_a_cancellation_too() -> None:
    for signal in ("run.claimed", "run.cancelled"):
        world = World()
        await world.start(lanes=[3, 3])

        async def meddle(_effect: Effect, world: World = world, signal: str = signal) -> None:
            if len(world.performed) == 2:
                await world.driver.signal(RUN, fixed(signal, owner="w2", epoch=2))

        world.before = meddle
        rest = await world.driver.advance(RUN)
        assert rest.status is (RunStatus.RUNNING if signal == "run.claimed" else RunStatus.CANCELLED)
        assert len(world.performed) == 2
        assert (await world.types())[-1] == signal


async def test_a_claim_that_meets_a_signal_is_made_again() -> None:
    world = World()
    await world.start(lanes=[1])
    turn = await world.driver.open(RUN)
    assert turn is not None
    await world.driver.signal(RUN, fixed("state.patched", patch={}))
    assert (await turn.run()).status is RunStatus.COMPLETED
    assert (await world.types())[:3] == ["run.started", "state.patched", "run.claimed"]
    world.driver.close(RUN)


async def test_a_claim_that_meets_a_pause_is_not_made() -> None:
    world = World()
    await world.start(lanes=[1])
    turn = await world.driver.open(RUN)
    assert turn is not None
    await world.driver.signal(RUN, signals.pause(by="u"))
    assert (await turn.run()).status is RunStatus.PAUSED
    assert await world.types() == ["run.started", "run.paused"]
    assert world.performed == []


async def test_of_two_claims_at_once_one_is_fenced() -> None:
    world = World()
    other = World(world.journal, "w2", world.performed)
    await world.start(lanes=[2])
    first, second = await world.driver.open(RUN), await other.driver.open(RUN)
    assert first is not None
    assert second is not None
    assert (await first.run()).status is RunStatus.COMPLETED
    with pytest.raises(FencedError):
        await second.run()
    assert len(world.performed) == 2
