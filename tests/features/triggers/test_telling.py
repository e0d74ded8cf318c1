"""Outgoing webhooks over HTTP: a receiver hears of runs, checks who told it, and refuses."""

import json
from typing import Any

import anyio
import pytest

from liteagent.features.triggers.signatures import SignedRequest, verify
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer
from tests.features.triggers.conftest import Receiver
from tests.features.workflows.flows import Flows


async def _told(api: Api, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    body = {"name": "Told", "kind": "outgoing", "url": f"{receiver.url}/in", **fields}
    return await api.made("/api/triggers", **body)


async def _log(api: Api, trigger: dict[str, Any]) -> list[dict[str, Any]]:
    return (await api.got(f"/api/triggers/{trigger['id']}/deliveries"))["items"]


async def test_a_receiver_hears_of_the_runs_that_it_is_to(
    api: Api, flows: Flows, flow_id: str, receiver: Receiver
) -> None:
    trigger = await _told(api, receiver, watched=[flow_id])
    other = await flows.made({"start": {"type": "start"}}, [], "other")
    await flows.run(other["id"])
    run = await flows.run(flow_id, {"name": "Ada"})
    ((headers, body),) = await receiver.told(1)
    proof = verify(
        "liteagent",
        SignedRequest(headers, body),
        [trigger["new_secret"]],
        float(headers["x-liteagent-signature"].split(",")[0].removeprefix("t=")),
    )
    told = json.loads(body)
    assert proof.delivery == told["id"]
    assert (told["type"], told["run"]["id"]) == ("run.completed", run["id"])
    assert told["data"]["outputs"] == {"text": "Hello Ada"}
    with anyio.fail_after(10):
        while (log := await _log(api, trigger))[0]["status"] != "delivered":  # noqa: ASYNC110  it is another's
            await anyio.sleep(0.02)
    assert (log[0]["response_status"], log[0]["response_text"]) == (200, "Received.")
    assert len(receiver.heard) == 1


async def test_an_agents_turn_and_a_question_are_told(
    api: Api, llm_server: ModelServer, receiver: Receiver
) -> None:
    agent = await api.agent_on(llm_server.url, tools=["request_human_input"])
    events = ["run.completed", "run.waiting_human"]
    await _told(api, receiver, watched=[agent["id"]], events=events)
    llm_server.call("request_human_input", question="Which one?")
    waiting = await api.say(agent["id"], "Hi")
    llm_server.say("Done.")
    await api.http.post(f"/api/runs/{waiting['run_id']}/answers", json={"answer": "This"})
    heard = [json.loads(body) for _, body in await receiver.told(2)]
    told = {each["type"]: each for each in heard}
    assert told.keys() == set(events)
    assert told["run.waiting_human"]["data"]["waiting_for"][0]["question"] == "Which one?"
    assert {each["run"]["agent_id"] for each in heard} == {agent["id"]}


async def test_a_fork_tells_only_what_it_does_itself(api: Api, flows: Flows, receiver: Receiver) -> None:
    nodes = {"start": {"type": "start"}, "ask": {"type": "human", "question": "Go on?"}}
    flow = await flows.made(nodes, ["start -> ask"], "asking")
    await _told(api, receiver, events=["run.waiting_human", "run.completed"])
    run = await flows.run(flow["id"])
    await receiver.told(1)
    forked = (await api.http.post(f"/api/runs/{run['id']}/fork", json={"at": run["seq"], "patch": {}})).json()
    await api.http.post(f"/api/runs/{run['id']}/answers", json={"answer": "yes"})
    await receiver.told(2)
    await flows.settled(forked["id"])
    await api.http.post(f"/api/runs/{forked['id']}/answers", json={"answer": "yes"})
    heard = [json.loads(body) for _, body in await receiver.told(4)]
    of_fork = sorted(each["type"] for each in heard if each["run"]["id"] == forked["id"])
    of_run = sorted(each["type"] for each in heard if each["run"]["id"] == run["id"])
    assert of_fork == of_run == ["run.completed", "run.waiting_human"]
    events = await api.got(f"/api/runs/{forked['id']}/events")
    assert [each["type"] for each in events["items"]].count("run.waiting_human") == 2  # one was copied


@pytest.mark.parametrize("status", [500, 302])
async def test_a_trial_that_fails_says_why_and_can_be_sent_again(
    api: Api, receiver: Receiver, status: int
) -> None:
    trigger = await _told(api, receiver)
    receiver.answers = [status]
    url = f"/api/triggers/{trigger['id']}"
    failed = (await api.http.post(f"{url}/test")).json()
    assert (failed["status"], failed["response_status"]) == ("failed", status)
    assert failed["error"]["code"] == "receiver_refused"
    again = await api.http.post(f"{url}/deliveries/{failed['id']}/redeliver")
    assert (again.status_code, again.json()["status"]) == (202, "waiting")
    heard = await receiver.told(2)
    assert heard[0][1] == heard[1][1]
    assert heard[0][0]["x-liteagent-delivery"] == heard[1][0]["x-liteagent-delivery"] == failed["id"]


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::1]:1/"])
async def test_it_reaches_no_further_than_the_safe_fetch(api: Api, receiver: Receiver, url: str) -> None:
    trigger = await _told(api, receiver, url=url)
    failed = (await api.http.post(f"/api/triggers/{trigger['id']}/test")).json()
    assert failed["status"] == "failed"
    assert failed["error"]["code"] == "fetch_refused"
    assert receiver.heard == []


@pytest.mark.parametrize("url", ["ftp://x.example/", "https://me:secret@x.example/", "x"])
async def test_an_address_that_is_none_is_refused(api: Api, url: str) -> None:
    body = {"name": "Told", "kind": "outgoing", "url": url}
    await api.error(await api.http.post("/api/triggers", json=body), 422)
