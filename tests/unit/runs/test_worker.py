"""The worker of a process: what it takes, what it leaves, and when it looks again."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio

from liteagent.contracts.runs import Effect, Event, NewRun, Rider, RunRecord, RunStatus, Snapshot
from liteagent.engine.runs import signals
from liteagent.features.runs.tasks import RunWorker
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.testing import ManualClock
from tests.faults.harness.waiting import until
from tests.unit.runs.world import RUN, World, fixed

NOW = ManualClock().now()


class Processes:
    """An `Ownership` whose other processes the test makes up."""

    def __init__(self, *others: str) -> None:
        self.alive = frozenset(("w1", *others))
        self.beats = 0

    @property
    def owner_id(self) -> str:
        return "w1"

    async def living(self) -> frozenset[str]:
        return self.alive

    async def beat(self) -> None:
        self.beats += 1

    async def release(self) -> None:
        self.alive -= {"w1"}


@asynccontextmanager
async def working(
    world: World, processes: Processes | None = None, **settings: Any
) -> AsyncGenerator[RunWorker]:
    worker = RunWorker(world.driver, world.journal, processes or Processes(), world.clock, **settings)
    with anyio.fail_after(10):
        async with worker:
            yield worker


async def settled(world: World, run_id: str = RUN) -> RunRecord:
    """The run once it has ended or waits."""

    async def rests() -> bool:
        record = await world.journal.get(run_id)
        return not record.status.runnable or record.wake_at is not None

    await until(rests, 5)
    return await world.journal.get(run_id)


async def ended(world: World) -> None:
    """Return once the run has ended."""

    async def is_over() -> bool:
        return (await world.journal.get(RUN)).status.ended

    await until(is_over, 5)


async def test_what_was_left_is_taken_up_at_the_start() -> None:
    dead = World(owner="dead")
    await dead.start(lanes=[2], safety="safe")
    await dead.die_inside(1)
    heir = World(dead.journal)
    async with working(heir):
        assert (await settled(heir)).status is RunStatus.COMPLETED


async def test_a_living_workers_run_is_not_taken_even_when_it_is_woken() -> None:
    other = World(owner="w2")
    await other.start(lanes=[1], safety="safe")
    await other.die_inside(1)
    world, processes = World(other.journal), Processes("w2")
    async with working(world, processes) as worker:
        worker.wake(RUN)
        await anyio.sleep(0.02)
        assert (await world.journal.get(RUN)).owner == "w2"
        processes.alive -= {"w2"}
        await worker.sweep()
        assert (await settled(world)).status is RunStatus.COMPLETED
    assert world.performed == [f"{RUN}:3"]


async def test_no_more_is_taken_than_there_are_hands() -> None:
    world = World()
    ids = [f"run-{n}" for n in range(5)]
    for run_id in ids:
        await world.journal.start(NewRun(run_id, "w", "u", "lanes", {}, {"lanes": [1]}))
    held = anyio.Event()

    async def hold(_effect: Effect) -> None:
        await held.wait()

    world.before = hold
    async with working(world, concurrency=2) as worker:
        await world.begun(2)
        owners = [(await world.journal.get(run_id)).owner for run_id in ids]
        assert owners == ["w1", "w1", None, None, None]
        held.set()
        await settled(world, ids[0])
        for _ in range(2):
            await anyio.sleep(0.01)
            await worker.sweep()
        for run_id in ids:
            assert (await settled(world, run_id)).status is RunStatus.COMPLETED


async def test_a_parked_run_is_woken_at_its_moment_without_a_sweep() -> None:
    world = World()
    await world.start(lanes=[1], wait=1.1, now=NOW)
    async with working(world):
        assert (await settled(world)).wake_at == NOW + 1.1
        world.clock.advance(1.1)
        await ended(world)


async def test_a_run_that_waits_longer_is_found_by_the_sweep() -> None:
    world = World()
    await world.start(lanes=[1], wait=3600.0, now=NOW)
    async with working(world) as worker:
        assert (await settled(world)).wake_at == NOW + 3600
        await worker.sweep()
        assert (await world.journal.get(RUN)).owner is None
        world.clock.advance(3600)
        await worker.sweep()
        await ended(world)


async def test_what_another_process_appends_is_noticed() -> None:
    """A signal reaches the worker's turn, and a cancellation stops its effects, within a sweep."""
    world = World()
    await world.start(lanes=[1, 1], ask=0)
    never = anyio.Event()

    async def hold(_effect: Effect) -> None:
        await never.wait()

    world.before = hold
    async with working(world, sweep_seconds=0.02):
        await world.begun(1)
        elsewhere = World(world.journal, "w2")
        await elsewhere.driver.signal(RUN, signals.answer("yes", "q", by="u", now=NOW))
        await world.begun(2)
        await elsewhere.driver.signal(RUN, fixed("run.cancelled"))

        async def has_left() -> bool:
            return world.driver.head(RUN) is None

        await until(has_left, 5)


class SickJournal(MemoryJournal):
    """Refuses appends while it is sick."""

    sick = False

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        if self.sick:
            raise OSError("disk full")
        return await super().append(events, riders, snapshot)


async def test_a_run_that_could_not_be_brought_on_is_tried_again_at_the_next_sweep() -> None:
    journal = SickJournal(ManualClock())
    world = World(journal)
    await world.start(lanes=[1])
    journal.sick = True
    async with working(world) as worker:
        await anyio.sleep(0.02)
        assert (await world.journal.get(RUN)).status is RunStatus.PENDING
        journal.sick = False
        await worker.sweep()
        assert (await settled(world)).status is RunStatus.COMPLETED


async def test_a_worker_shows_that_it_lives() -> None:
    processes = Processes()
    async with working(World(), processes, beat_seconds=0.005):

        async def has_beaten() -> bool:
            return processes.beats >= 3

        await until(has_beaten, 5)
