"""What comes between two awaits of a worker: a person, a rival, the end of its own task."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from liteagent.contracts.runs import RunStatus
from liteagent.engine.runs import signals
from liteagent.engine.runs.driver import Driver
from liteagent.engine.workflow.quiet import QuietStreams
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.system import new_id
from liteagent.testing.clock import ManualClock
from tests.faults.workflow.books import problems_of_books
from tests.faults.workflow.flows import FLOW, Call, flow_kind, new_run, step_names
from tests.faults.workflow.gates import GatedWorker, settle
from tests.faults.workflow.planted import planted_driver
from tests.faults.workflow.receiver import Receiver

STEPS = 3


class World:
    """A run in memory, its receiver, and who works at it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.journal = MemoryJournal(self.clock)
        self.receiver = Receiver()
        self.living: Collection[str] = ()
        self.desk = self.driver("desk", self.receiver.call)

    def driver(self, owner: str, call: Call) -> Driver:
        kinds = {FLOW: flow_kind(call)}
        return Driver(self.journal, kinds, owner_id=owner, clock=self.clock, streams=QuietStreams())

    def worker(self, owner: str, driver_of: Callable[..., Driver] = Driver) -> GatedWorker:
        """A worker that stops before and after each call; it has a lease."""
        self.living = {*self.living, owner}
        return GatedWorker(
            owner, self.journal, self.receiver.call, self.clock, lambda: self.living, driver_of
        )

    async def problems(self, run_id: str) -> list[str]:
        """What is wrong with a run that was to complete, and of which nothing needed to be repeated."""
        return await problems_of_books(self.journal, self.receiver, [run_id], step_names(STEPS), repeats=0)

    async def start(self) -> str:
        run_id = new_id()
        await self.journal.start(new_run(run_id, STEPS))
        return run_id


async def stand(worker: GatedWorker, where: str) -> None:
    """Let the worker on until it stands there."""
    worker.sweep()
    await settle()
    while not any(at == where for at, _ in worker.gate.waiting):
        assert worker.busy, f"it never stood {where}"
        worker.gate.let_on()
        await settle()


async def let_go(worker: GatedWorker) -> None:
    """Let the worker on for good."""
    worker.gate.free = True
    while worker.busy:
        worker.gate.let_on()
        await settle()


@pytest.mark.parametrize("what", ["take", "history", "append"])
async def test_a_pause_holds_wherever_a_worker_stands_that_begins(what: str) -> None:
    """Somebody was told that the run is paused."""
    world = World()
    run_id = await world.start()
    worker = world.worker("anna")
    await stand(worker, f"before {what}")
    assert (await world.desk.signal(run_id, signals.pause(by="someone"))).status is RunStatus.PAUSED
    await let_go(worker)
    assert (await world.journal.get(run_id)).status is RunStatus.PAUSED
    assert not world.receiver.arrivals
    await world.desk.signal(run_id, signals.resume(by="someone"))
    assert (await world.desk.advance(run_id)).status is RunStatus.COMPLETED
    assert await world.problems(run_id) == []


async def test_a_run_is_not_taken_from_a_living_rival_who_came_first() -> None:
    """Both were woken for it; the second stands where it has just looked whose it is."""
    world = World()
    run_id = await world.start()
    first, second = world.driver("anna", world.receiver.call), world.worker("bert")
    world.living = ("anna", "bert")
    await stand(second, "before history")
    claimed = await first.open(run_id)
    assert claimed is not None
    await claimed.commit()
    await let_go(second)
    await claimed.run()
    record = await world.journal.get(run_id)
    assert (record.status, record.epoch) == (RunStatus.COMPLETED, 1)
    assert await world.problems(run_id) == []


async def test_a_worker_whose_task_is_cancelled_leaves_the_run_to_the_next() -> None:
    """By asyncio itself, as a time limit around it or Ctrl-C does."""
    world = World()
    run_id = await world.start()
    reached = asyncio.Event()

    async def hang(run_id: str, step: str, key: str, value: int) -> int:
        reached.set()
        return await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(world.driver("anna", hang).advance(run_id))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await world.journal.get(run_id)).status is RunStatus.RUNNING
    assert (await world.desk.advance(run_id)).status is RunStatus.COMPLETED
    assert await world.problems(run_id) == []


async def pause_that_meets_a_result(world: World, run_id: str, driver_of: Callable[..., Driver]) -> list[str]:
    """A person pauses while a worker holds a result that is not in the journal; what is wrong at the end."""
    worker = world.worker("anna", driver_of)
    await stand(worker, "after call s1")
    await world.desk.signal(run_id, signals.pause(by="someone"))
    await let_go(worker)
    record = await world.journal.get(run_id)
    while not record.status.ended:
        await world.desk.signal(run_id, signals.resume(by="someone"))
        record = replace(record, status=(await world.desk.advance(run_id)).status)
    assert record.status is RunStatus.COMPLETED
    return await world.problems(run_id)


async def test_a_result_that_meets_a_signal_is_kept() -> None:
    world = World()
    assert await pause_that_meets_a_result(world, await world.start(), Driver) == []


async def test_a_result_that_is_dropped_for_a_signal_is_found() -> None:
    world = World()
    bug = planted_driver("result dropped")
    problems = await pause_that_meets_a_result(world, await world.start(), bug)
    assert problems == ["1 requests were repeated, and there was reason for 0"]


async def test_a_cancelled_run_is_left_at_once_and_its_worker_is_told() -> None:
    """Its effect is under way: what it comes to is not written any more, and nothing new is begun."""
    world = World()
    run_id = await world.start()
    worker = world.worker("anna")
    await stand(worker, "after call s2")
    await world.desk.signal(run_id, signals.cancel(by="someone"))
    await let_go(worker)
    assert (await world.journal.get(run_id)).status is RunStatus.CANCELLED
    assert [arrival.step for arrival in world.receiver.arrivals] == ["s1", "s2"]
    assert not worker.errors
