"""Pausing, forking and replaying runs over HTTP, and what is refused."""

from typing import Any

import pytest

from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer
from tests.features.workflows.flows import Flows, greeting

UNKNOWN = "01900000-0000-7000-8000-00000000ffff"


async def completed(flows: Flows) -> dict[str, Any]:
    made = await flows.api.made("/api/workflows", **greeting("Hello"))
    run = await flows.run(made["id"], {"name": "Ada"})
    assert run["status"] == "COMPLETED"
    return run


async def test_a_run_that_has_ended_takes_no_signal(flows: Flows, api: Api) -> None:
    run = await completed(flows)
    for what in ("pause", "resume", "cancel"):
        error = await api.error(await api.http.post(f"/api/runs/{run['id']}/{what}"), 409)
        assert error["code"] == "run_ended"


async def test_pausing_a_waiting_run_and_going_on(flows: Flows, api: Api) -> None:
    made = await flows.made(
        {"start": {"type": "start"}, "ask": {"type": "human", "question": "?"}, "end": {"type": "end"}},
        ["start -> ask -> end"],
    )
    run = await flows.run(made["id"])
    path = f"/api/runs/{run['id']}"
    error = await api.error(await api.http.post(f"{path}/resume"), 409)
    assert error["code"] == "not_paused"
    paused = (await api.http.post(f"{path}/pause")).json()
    assert paused["status"] == "PAUSED"
    assert (await api.http.post(f"{path}/pause")).json() == paused, "a second time changes nothing"
    assert (await api.http.post(f"{path}/resume")).status_code == 200
    assert (await flows.settled(run["id"]))["status"] == "WAITING_HUMAN"
    await api.http.post(f"{path}/answers", json={"answer": "x"})
    assert (await flows.settled(run["id"]))["status"] == "COMPLETED"


async def test_a_fork_goes_its_own_way(flows: Flows, api: Api) -> None:
    run = await completed(flows)
    body = {"at": 1, "patch": {"inputs": {"name": "Bob"}}}
    response = await api.http.post(f"/api/runs/{run['id']}/fork", json=body, headers={"Idempotency-Key": "k"})
    assert response.status_code == 201, response.text
    fork = await flows.settled(response.json()["id"])
    assert (fork["status"], fork["outputs"]) == ("COMPLETED", {"text": "Hello Bob"})
    again = await api.http.post(f"/api/runs/{run['id']}/fork", json=body, headers={"Idempotency-Key": "k"})
    assert again.json()["id"] == fork["id"]
    assert await api.got(f"/api/runs/{run['id']}") == run
    replayed = await api.http.post(f"/api/runs/{fork['id']}/replay", json={})
    assert replayed.json()["ok"] is True


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"at": 10_000}, "no_such_event"),
        ({"at": 0}, "invalid_request"),
        ({}, "invalid_request"),
        ({"at": "1"}, "invalid_request"),
        ({"at": 1, "else": 1}, "invalid_request"),
    ],
)
async def test_a_fork_that_cannot_be(flows: Flows, api: Api, body: dict[str, Any], code: str) -> None:
    run = await completed(flows)
    error = await api.error(await api.http.post(f"/api/runs/{run['id']}/fork", json=body), 422)
    assert error["code"] == code
    assert len((await api.got("/api/runs"))["items"]) == 1


async def test_a_replay_against_another_flow_names_the_difference(flows: Flows, api: Api) -> None:
    run = await completed(flows)
    same = (await api.http.post(f"/api/runs/{run['id']}/replay")).json()
    assert same["ok"] is True
    assert same["checked"] > 0
    assert same["difference"] is None
    body = {"workflow": greeting("Hi")}
    other = (await api.http.post(f"/api/runs/{run['id']}/replay", json=body)).json()
    assert other["ok"] is False
    assert "Hello Ada" in str(other["difference"]["actual"])
    assert "Hi Ada" in str(other["difference"]["expected"])
    events = (await api.got(f"/api/runs/{run['id']}/events"))["items"]
    assert events[other["difference"]["seq"] - 1]["type"] == other["difference"]["actual"]["type"]


async def test_a_chat_can_be_replayed_and_forked_but_not_against_a_flow(
    api: Api, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url)
    llm_server.say("Hello.")
    run_id = (await api.say(agent["id"], "Hi"))["run_id"]
    path = f"/api/runs/{run_id}"
    assert (await api.http.post(f"{path}/replay", json={})).json()["ok"] is True
    error = await api.error(await api.http.post(f"{path}/replay", json={"workflow": greeting("Hi")}), 422)
    assert error["code"] == "not_replayable_against"
    error = await api.error(await api.http.post(f"{path}/fork", json={"at": 2, "patch": {"a": 1}}), 422)
    assert error["code"] == "patch_not_possible"
    llm_server.say("Hello again.")
    requested = next(each for each in await api.events(run_id) if each.type == "model.requested")
    forked = await api.http.post(f"{path}/fork", json={"at": int(requested.id)})
    frames = await api.events(forked.json()["id"])
    assert frames[-1].data["outputs"]["message"]["content"] == "Hello again."


async def test_runs_of_nobody(api: Api) -> None:
    for what, body in (("pause", None), ("resume", None), ("fork", {"at": 1}), ("replay", {})):
        response = await api.http.post(f"/api/runs/{UNKNOWN}/{what}", json=body)
        assert (await api.error(response, 404))["code"] == "run_not_found"
