"""Pauses, waits, and unsafe effects whose worker died."""

import anyio
import pytest

from liteagent.contracts.errors import ConflictError
from liteagent.contracts.runs import Effect, RunStatus
from liteagent.engine.runs import signals
from liteagent.testing import ManualClock
from tests.unit.runs.world import RUN, World, fixed

NOW = ManualClock().now()


async def test_a_pause_lets_what_is_under_way_come_to_its_end_and_begins_nothing_new() -> None:
    world = World()
    await world.start(lanes=[2, 2])
    go_on = anyio.Event()

    async def hold(_effect: Effect) -> None:
        await go_on.wait()

    world.before = hold
    async with anyio.create_task_group() as group:
        group.start_soon(world.driver.advance, RUN)
        await world.begun(2)
        record = await world.driver.signal(RUN, signals.pause(by="u"))
        assert record.status is RunStatus.RUNNING
        assert await world.driver.signal(RUN, signals.pause(by="u")) == record, (
            "a second time changes nothing"
        )
        go_on.set()
    types = await world.types()
    assert types[-1] == "run.paused"
    assert types.count("step.completed") == types.count("step.requested") == 2
    assert (await world.journal.get(RUN)).owner is None
    assert (await world.driver.advance(RUN)).status is RunStatus.PAUSED
    assert (await world.driver.signal(RUN, signals.resume(by="u"))).status is RunStatus.PENDING
    assert (await world.driver.advance(RUN)).status is RunStatus.COMPLETED
    assert len(world.performed) == 4


async def test_a_pause_that_is_taken_back_leaves_the_run_with_its_worker() -> None:
    world = World()
    await world.start(lanes=[2])

    async def change_mind(_effect: Effect) -> None:
        if len(world.performed) == 1:
            await world.driver.signal(RUN, signals.pause(by="u"))
            record = await world.driver.signal(RUN, signals.resume(by="u"))
            assert (record.status, record.owner) == (RunStatus.RUNNING, "w1")

    world.before = change_mind
    assert (await world.driver.advance(RUN)).status is RunStatus.COMPLETED
    assert "run.paused" not in await world.types()


async def test_a_waiting_run_is_paused_at_once_and_its_question_stays_open() -> None:
    world = World()
    await world.start(lanes=[1], ask=0)
    assert (await world.driver.advance(RUN)).status is RunStatus.WAITING_HUMAN
    with pytest.raises(ConflictError, match="not paused"):
        await world.driver.signal(RUN, signals.resume(by="u"))
    assert (await world.driver.signal(RUN, signals.pause(by="u"))).status is RunStatus.PAUSED
    await world.driver.signal(RUN, signals.resume(by="u"))
    assert (await world.driver.advance(RUN)).status is RunStatus.WAITING_HUMAN
    assert (await world.types()).count("human.requested") == 1
    await world.driver.signal(RUN, signals.answer("yes", None, by="u", now=NOW))
    assert (await world.driver.advance(RUN)).status is RunStatus.COMPLETED


async def test_an_answer_is_taken_while_another_branch_is_busy_and_its_branch_goes_on_at_once() -> None:
    world = World()
    await world.start(lanes=[1, 1], ask=0)
    go_on = anyio.Event()

    async def hold(effect: Effect) -> None:
        if effect.payload["lane"] == 1:
            await go_on.wait()

    world.before = hold
    async with anyio.create_task_group() as group:
        group.start_soon(world.driver.advance, RUN)
        await world.begun(1)
        record = await world.driver.signal(RUN, signals.answer("yes", "q", by="u", now=NOW))
        assert record.status is RunStatus.RUNNING
        await world.begun(2)
        go_on.set()
    assert (await world.journal.get(RUN)).status is RunStatus.COMPLETED


@pytest.mark.parametrize(
    ("answer", "status", "performed"),
    [
        ("done", RunStatus.COMPLETED, 0),
        ({"outcome": "done", "result": 7}, RunStatus.COMPLETED, 0),
        ("repeat", RunStatus.COMPLETED, 1),
        ("fail", RunStatus.FAILED, 0),
    ],
)
@pytest.mark.parametrize("beside", [False, True])
async def test_a_doubt_is_answered(
    answer: object, status: RunStatus, performed: int, *, beside: bool
) -> None:
    """Alone, and while another lane goes on with effects that were begun after the crash."""
    dead = World()
    await dead.start(lanes=[1, 3] if beside else [1])
    await dead.die_inside(*((2, 2) if beside else (1, 1)))
    heir = World(dead.journal, "w2")
    if beside:
        rest = await heir.driver.advance(RUN)
        assert rest.status is RunStatus.WAITING_HUMAN
        await heir.driver.signal(RUN, signals.answer("repeat", "effect:4", by="u", now=NOW))
        go_on = anyio.Event()

        async def hold(_effect: Effect) -> None:
            await go_on.wait()

        heir.before = hold
        async with anyio.create_task_group() as group:
            group.start_soon(heir.driver.advance, RUN)
            await heir.begun(1)
            heir.performed.clear()
            await heir.driver.signal(RUN, signals.answer(answer, "effect:3", by="u", now=NOW))  # type: ignore[arg-type]
            if performed:
                await heir.begun(1)
                assert heir.performed == [f"{RUN}:3"]
            go_on.set()
    else:
        assert (await heir.driver.advance(RUN)).status is RunStatus.WAITING_HUMAN
        await heir.driver.signal(RUN, signals.answer(answer, None, by="u", now=NOW))  # type: ignore[arg-type]
        await heir.driver.advance(RUN)
    assert (await heir.journal.get(RUN)).status is status
    assert heir.performed.count(f"{RUN}:3") == performed
    assert [each.ref for each in await heir.events()].count(3) == 1


async def test_a_doubt_is_asked_once_however_many_workers_die() -> None:
    dead = World()
    await dead.start(lanes=[1])
    await dead.die_inside(1)
    for owner in ("w2", "w3"):
        heir = World(dead.journal, owner)
        assert (await heir.driver.advance(RUN)).status is RunStatus.WAITING_HUMAN
        await heir.driver.signal(RUN, signals.pause(by="u"))
        await heir.driver.signal(RUN, signals.resume(by="u"))
    assert (await dead.types()).count("human.requested") == 1


async def test_a_long_wait_parks_the_run_over_a_restart() -> None:
    world = World()
    await world.start(lanes=[1], wait=3600.0, now=NOW)
    rest = await world.driver.advance(RUN)
    assert (rest.status, rest.until) == (RunStatus.PENDING, NOW + 3600)
    record = await world.journal.get(RUN)
    assert (record.status, record.owner, record.wake_at) == (RunStatus.PENDING, None, NOW + 3600)
    assert await world.journal.take("w2", {"w2"}) == ()
    heir = World(world.journal, "w2")
    assert (await heir.driver.advance(RUN)).until == NOW + 3600
    for clock in (world.clock, heir.clock):
        clock.advance(3600)
    assert [each.id for each in await world.journal.take("w2", {"w2"})] == [RUN]
    assert (await heir.driver.advance(RUN)).status is RunStatus.COMPLETED
    assert (await world.types())[-4:] == ["run.parked", "run.claimed", "timer.fired", "run.completed"]


async def test_a_short_wait_keeps_the_worker() -> None:
    world = World()
    await world.start(lanes=[1], wait=0.05, now=NOW)
    async with anyio.create_task_group() as group:
        group.start_soon(world.driver.advance, RUN)
        await world.begun(1)
        world.clock.advance(0.05)
    assert (await world.journal.get(RUN)).status is RunStatus.COMPLETED
    assert (await world.types()).count("run.parked") == 0


async def test_steps_leave_nothing_in_flight() -> None:
    world = World()
    await world.start(lanes=[2, 2], pure=1)
    for expected in (2, 4):
        turn = await world.driver.open(RUN)
        assert turn is not None
        await turn.step()
        world.driver.close(RUN)
        assert len(world.performed) == expected
        assert turn.ledger.in_flight == {}
    assert (await world.types())[-1] == "run.completed"


async def test_a_run_whose_worker_dies_again_and_again_is_set_aside_and_can_be_forked() -> None:
    world = World()
    await world.start(lanes=[1], safety="safe")
    await world.die_inside(1)
    for attempt in (2, 3, 4):
        await world.die_inside(attempt)
    assert (await world.driver.advance(RUN)).status is RunStatus.FAILED
    last = (await world.events())[-1]
    assert last.payload["error"]["code"] == "crash_loop"  # type: ignore[index]
    fork = "22222222-2222-7222-8222-222222222222"
    assert (await world.driver.fork(RUN, last.seq, {}, fork)).status is RunStatus.PENDING
    assert (await world.driver.advance(fork)).status is RunStatus.COMPLETED


async def test_a_signal_reaches_a_run_that_somebody_waits_at() -> None:
    world = World()
    await world.start(lanes=[1, 1])
    held = anyio.Event()

    async def hold(_effect: Effect) -> None:
        await held.wait()

    world.before = hold
    async with anyio.create_task_group() as group:
        group.start_soon(world.driver.advance, RUN)
        await world.begun(2)
        await world.driver.signal(RUN, fixed("run.cancelled", by="u"))
    assert (await world.types())[-1] == "run.cancelled", "the turn ended though its effects did not"
