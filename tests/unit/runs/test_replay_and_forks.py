"""Folding anew: replay, forks, snapshots."""

from dataclasses import replace
from time import process_time
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.runs import Event, RunStatus, Snapshot
from liteagent.engine.runs import signals
from liteagent.engine.runs.protocol import fold
from liteagent.engine.runs.replay import replay
from liteagent.engine.runs.snapshots import Snapshots
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.testing import ManualClock
from tests.unit.runs.world import RUN, LanesCodec, LanesReducer, World, fixed

NOW = ManualClock().now()
DEFINITION: dict[str, Any] = {"lanes": [2, 1], "ask": 0, "pure": 2, "wait": 3600.0, "now": NOW}


async def eventful() -> World:
    """A run with everything: pure events, a question, a crash with doubts, a pause, a long wait."""
    world = World()
    await world.start(**DEFINITION)
    await world.die_inside(1)
    assert (await world.driver.advance(RUN)).status is RunStatus.WAITING_HUMAN
    for request_id, answer in (("effect:6", "repeat"), ("q", "yes")):
        await world.driver.signal(RUN, signals.answer(answer, request_id, by="u", now=NOW))
        await world.driver.signal(RUN, signals.pause(by="u"))
        await world.driver.signal(RUN, signals.resume(by="u"))
        await world.driver.advance(RUN)
    assert (await world.journal.get(RUN)).wake_at == NOW + 3600
    world.clock.advance(3601)
    assert (await world.driver.advance(RUN)).status is RunStatus.COMPLETED
    return world


async def test_a_replay_agrees_with_the_run_and_comes_to_its_state() -> None:
    world = await eventful()
    found = await world.driver.replay(RUN)
    assert found.difference is None
    assert found.ok
    assert found.checked >= 10
    assert found.state == fold(LanesReducer(DEFINITION), await world.events())


async def test_a_planted_difference_is_found_where_it_is() -> None:
    world = await eventful()
    events = await world.events()
    program = world.program(DEFINITION)
    decided = (
        "pure.noted",
        "step.requested",
        "run.parked",
        "run.completed",
        "run.waiting_human",
        "wait.begun",
    )
    for event in events:
        if event.type not in decided:
            continue
        changed = replace(event, payload={**event.payload, "planted": 1})
        found = replay(program, [*events[: event.seq - 1], changed, *events[event.seq :]])
        assert not found.ok
        assert found.difference is not None
        assert (found.difference.seq, found.difference.actual.type) == (event.seq, event.type)
        assert found.difference.expected is not None
        assert found.difference.expected.payload == event.payload


async def test_a_decision_that_is_missing_or_too_much_is_found() -> None:
    world = World()
    await world.start(lanes=[1, 1])
    await world.driver.advance(RUN)
    for against in ([1, 1, 1], [1], [2, 1]):
        found = await world.driver.replay(RUN, {"lanes": against})
        assert not found.ok, against
    assert (await world.driver.replay(RUN, {"lanes": [1, 1], "safety": "unsafe"})).ok


async def test_a_fork_from_every_event_comes_to_the_same_end() -> None:
    world = await eventful()
    events = await world.events()
    for at in range(1, len(events) + 1):
        fork = f"22222222-2222-7222-8222-{at:012}"
        record = await world.driver.fork(RUN, at, {}, fork)
        assert record.status is RunStatus.PENDING
        assert (record.owner, record.wake_at) == (None, None)
        copied = (await world.events(fork))[1:-1]
        assert [(each.seq, each.type, each.payload) for each in copied] == [
            (each.seq, each.type, each.payload) for each in events[1:at] if each.type != "run.completed"
        ]
        await finish(world, fork)
        forked = await world.events(fork)
        assert forked[-1].payload == events[-1].payload
        assert not any("effect" in each.payload for each in forked[at + 1 :]), "nothing is in doubt in a fork"
        assert (await world.driver.replay(fork)).ok
    assert await world.events() == events


async def finish(world: World, run_id: str) -> None:
    for _ in range(5):
        rest = await world.driver.advance(run_id)
        if rest.status.ended:
            return
        if rest.status is RunStatus.WAITING_HUMAN:
            await world.driver.signal(run_id, signals.answer("yes", "q", by="u", now=NOW))
        elif rest.until is not None:
            world.clock.advance(3601)
    raise AssertionError(await world.types(run_id))


@pytest.mark.parametrize("at", [0, -1, 4, 1000])
async def test_a_fork_from_no_event_is_refused(at: int) -> None:
    world = World()
    await world.start(lanes=[])
    await world.driver.advance(RUN)
    with pytest.raises(InvalidInputError, match="events 1 to 3"):
        await world.driver.fork(RUN, at, {}, "f")


async def test_a_patch_is_an_event_of_the_fork() -> None:
    world = World()
    await world.start(lanes=[1])
    await world.driver.advance(RUN)
    await world.driver.fork(RUN, 2, {"notes": 1}, "f")
    assert [(each.type, each.payload) for each in (await world.events("f"))[-2:]] == [
        ("run.forked", {"run_id": RUN, "at": 2}),
        ("state.patched", {"patch": {"notes": 1}}),
    ]
    assert (await world.driver.look("f")).state.notes == 1


async def test_a_fork_of_a_run_that_was_to_pause_does_not_pause() -> None:
    world = World()
    await world.start(lanes=[1])
    await world.die_inside(1)
    await world.driver.signal(RUN, fixed("run.pausing"))
    await world.driver.fork(RUN, (await world.journal.get(RUN)).head, {}, "f")
    assert (await world.driver.advance("f")).status is RunStatus.COMPLETED


async def test_a_snapshot_after_every_event_is_as_good_as_all_events() -> None:
    world = await eventful()
    events = await world.events()
    program = world.program(DEFINITION)
    whole = await world.journal.history(RUN)
    for seq in range(1, len(events)):
        keeping = Snapshots(program)
        state, ledger = keeping.restore(replace(whole, events=events[:seq]))
        keeping.wrote(1_000_000, None)
        if (snapshot := keeping.due(state, ledger)) is None:
            assert ledger.status.ended
            continue
        assert snapshot.seq == seq
        restored = Snapshots(program).restore(replace(whole, snapshot=snapshot, events=events[seq:]))
        assert restored == Snapshots(program).restore(whole)


async def long_run(steps: int) -> World:
    """A run that was left after `steps` steps."""
    world = World()
    await world.start(lanes=[steps + 1], safety="safe", padding="x" * 30)
    await world.die_inside(steps + 1)
    return world


async def test_snapshots_are_written_on_the_way_and_used() -> None:
    world = await long_run(6000)
    history = await world.journal.history(RUN)
    assert history.snapshot is not None
    assert len(history.events) < 2 * 6000
    heir = World(world.journal, "w2")
    assert (await heir.driver.advance(RUN)).status is RunStatus.COMPLETED
    assert len(heir.performed) == 1


async def test_a_snapshot_of_another_version_is_passed_over() -> None:
    world = await long_run(3)
    journal = world.journal
    assert isinstance(journal, MemoryJournal)
    head = (await journal.get(RUN)).head
    event = Event(RUN, head + 1, "something.noted", {}, NOW)
    await journal.append([event], snapshot=Snapshot(head + 1, '{"state": {"colour": "blue"}}'))
    heir = World(journal, "w2")
    assert (await heir.driver.advance(RUN)).status is RunStatus.COMPLETED
    assert len(heir.performed) == 1


@pytest.mark.alone
async def test_a_long_run_is_taken_up_quickly() -> None:
    world = await long_run(4_998)
    assert (await world.journal.get(RUN)).head >= 9_999
    heir = World(world.journal, "w2")
    started = process_time()
    turn = await heir.driver.open(RUN)
    seconds = process_time() - started
    assert turn is not None
    assert turn.ledger.claims == 1
    assert seconds < 1.0, "measured: under 0.1 s on a machine of its own"
    assert isinstance(LanesCodec().dump(turn.state), dict)
