"""Receivers are told of what happened, until they have it, and never of what did not."""

import json

import pytest

from liteagent.contracts.errors import ConflictError
from liteagent.contracts.fetch import FetchRefusedError, FetchRequest, FetchTimeoutError
from liteagent.features.triggers.planning import HELD_SECONDS
from liteagent.features.triggers.schemas import NewTriggerView, TriggerPatch
from liteagent.features.triggers.signatures import SignedRequest, verify
from tests.unit.triggers.world import Killed, World

pytestmark = pytest.mark.anyio


def _ids(world: World) -> list[str]:
    return [request.headers["X-LiteAgent-Delivery"] for request in world.sent]


def _verified(world: World, trigger: NewTriggerView, request: FetchRequest) -> bool:
    assert trigger.new_secret
    headers = {name.lower(): value for name, value in request.headers.items()}
    signed = SignedRequest(headers, request.body or b"")
    return verify("liteagent", signed, [trigger.new_secret], world.clock.now()).delivery is not None


async def test_a_receiver_is_told_once_and_can_check_it(world: World) -> None:
    trigger = await world.outgoing()
    run_id = await world.run(workflow_id=world.workflow_id, version=3)
    await world.end(run_id, outputs={"answer": 42})
    for _ in range(2):
        await world.worker().look()
    (request,) = world.sent
    assert (request.method, request.url) == ("POST", "https://receiver.example/x")
    assert not request.follow_redirects
    assert _verified(world, trigger, request)
    told = json.loads(request.body or b"")
    assert told == {
        "id": request.headers["X-LiteAgent-Delivery"],
        "type": "run.completed",
        "created_at": "2026-06-01T00:00:00Z",
        "run": {
            "id": run_id,
            "kind": "workflow",
            "status": "COMPLETED",
            "workflow_id": world.workflow_id,
            "version": 3,
            "agent_id": None,
        },
        "data": {"outputs": {"answer": 42}},
    }
    (done,) = await world.did(trigger.id)
    assert (done.status, done.response_status, done.run_id) == ("delivered", 200, run_id)
    assert len(done.response_text or "") == 2000


async def test_only_what_was_chosen_is_told(world: World) -> None:
    other = "11111111-1111-7111-8111-111111111111"
    await world.outgoing(events=["run.failed", "run.waiting_human"], watched=[world.workflow_id])
    for workflow_id in (world.workflow_id, other):
        await world.end(await world.run(workflow_id=workflow_id), "run.completed")
        await world.end(await world.run(workflow_id=workflow_id), "run.failed", error={"code": "x"})
        await world.end(await world.run(workflow_id=workflow_id), "run.waiting_human", waiting_for=[])
    await world.worker().look()
    told = [json.loads(request.body or b"") for request in world.sent]
    assert [each["type"] for each in told] == ["run.failed", "run.waiting_human"]
    assert {each["run"]["workflow_id"] for each in told} == {world.workflow_id}


async def test_a_paused_one_and_another_workspace_are_not_told(world: World) -> None:
    trigger = await world.outgoing()
    await world.triggers.update(world.principal, trigger.id, TriggerPatch(enabled=False))
    assert world.listeners.workspaces == frozenset()
    await world.end(await world.run())
    elsewhere = World(world.database)
    await elsewhere.outgoing()
    assert world.listeners.workspaces == frozenset()
    await world.listeners.refresh()
    await world.end(await world.run())
    await world.worker().look()
    assert world.sent == []


async def test_what_is_not_committed_is_not_told(world: World) -> None:
    await world.outgoing()
    run_id = await world.run()
    await world.end(run_id)
    with pytest.raises(ConflictError):
        await world.end(run_id, "run.failed")
    await world.worker().look()
    assert len(world.sent) == 1


async def test_a_receiver_that_fails_is_told_again_later_under_the_same_id(world: World) -> None:
    trigger = await world.outgoing()
    world.answers = [500, FetchTimeoutError("It took too long."), (503, {"retry-after": "600"}), 302, 204]
    await world.end(await world.run())
    waits: list[float] = []
    while True:
        await world.worker().look()
        (tried,) = await world.did(trigger.id)
        if tried.next_attempt_at is None:
            break
        assert tried.error
        waits.append(tried.next_attempt_at.timestamp() - world.clock.now())
        world.clock.advance(waits[-1] + 0.01)
    assert waits == pytest.approx([20, 40, 680, 160], rel=0.01)
    assert (tried.status, tried.attempts, tried.response_status) == ("delivered", 5, 204)
    assert len(set(_ids(world))) == 1
    assert len({request.body for request in world.sent}) == 1
    assert len({request.headers["X-LiteAgent-Signature"] for request in world.sent}) == 5


async def test_after_twelve_attempts_it_is_given_up_and_can_be_sent_by_hand(world: World) -> None:
    trigger = await world.outgoing()
    world.answers = [500] * 12
    await world.end(await world.run())
    for _ in range(14):
        await world.worker().look()
        world.clock.advance(7 * 3600)
    (failed,) = await world.did(trigger.id)
    assert (failed.status, failed.attempts, len(world.sent)) == ("failed", 12, 12)
    assert failed.error
    assert failed.error["code"] == "receiver_refused"
    await world.triggers.redeliver(world.principal, trigger.id, failed.id)
    await world.worker().look()
    (done,) = await world.did(trigger.id)
    assert (done.status, len(set(_ids(world)))) == ("delivered", 1)
    await world.triggers.redeliver(world.principal, trigger.id, failed.id)
    await world.worker().look()
    assert len(world.sent) == 14


@pytest.mark.parametrize("answer", [410, FetchRefusedError("Not there.")])
async def test_what_will_never_do_is_not_tried_again(world: World, answer: int | Exception) -> None:
    trigger = await world.outgoing()
    world.answers = [answer]
    await world.end(await world.run())
    await world.worker().look()
    assert (await world.did(trigger.id))[0].status == "failed"


async def test_killed_while_it_is_told_the_receiver_gets_the_same_delivery_again(world: World) -> None:
    trigger = await world.outgoing()
    world.answers = [Killed()]
    await world.end(await world.run())
    with pytest.raises(Killed):
        await world.worker().look()
    await world.worker().look()
    assert len(world.sent) == 1
    world.clock.advance(HELD_SECONDS + 1)
    await world.worker().look()
    assert len(world.sent) == 2
    assert len(set(_ids(world))) == 1
    assert [each.status for each in await world.did(trigger.id)] == ["delivered"]


async def test_while_the_secret_is_replaced_both_sign(world: World) -> None:
    trigger = await world.outgoing()
    rotated = await world.triggers.rotate(world.principal, trigger.id, 60)
    assert rotated.new_secret not in (None, trigger.new_secret)
    await world.end(await world.run())
    await world.worker().look()
    assert _verified(world, trigger, world.sent[0])
    assert _verified(world, rotated, world.sent[0])
    world.clock.advance(61)
    await world.end(await world.run())
    await world.worker().look()
    assert world.sent[1].headers["X-LiteAgent-Signature"].count("v1=") == 1


async def test_what_is_too_large_to_be_told_is_named(world: World) -> None:
    await world.outgoing()
    run_id = await world.run()
    await world.end(run_id, outputs={"text": "x" * 300_000})
    await world.worker().look()
    told = json.loads(world.sent[0].body or b"")
    assert told["data"] == {"too_large": True, "see": f"/api/runs/{run_id}"}


async def test_a_trial_is_sent_once_and_says_how_it_went(world: World) -> None:
    trigger = await world.outgoing()
    done = await world.triggers.test(world.principal, trigger.id)
    assert (done.status, done.event, done.response_status) == ("delivered", "trigger.test", 200)
    world.answers = [500]
    failed = await world.triggers.test(world.principal, trigger.id)
    assert (failed.status, failed.attempts, failed.response_status) == ("failed", 1, 500)
