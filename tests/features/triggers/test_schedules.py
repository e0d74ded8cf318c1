"""Schedules over HTTP: made, shown with what comes next, changed, fired, refused."""

from typing import Any

import httpx2
import pytest

from liteagent.app.triggers import PlatformStarter
from liteagent.app.wiring import Platform
from liteagent.features.triggers.delivering import Deliveries
from liteagent.features.triggers.scheduling import Scheduler
from liteagent.features.triggers.secrets import TriggerSecrets
from liteagent.features.triggers.tasks import TriggerWorker
from liteagent.features.triggers.telling import Listeners
from liteagent.infra.security.encryption import Encryption
from liteagent.infra.system import SystemClock, new_id
from liteagent.testing import ManualClock
from liteagent.testing.fetch import ScriptedFetch
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer
from tests.features.workflows.flows import Flows


def _body(flow_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Every morning",
        "kind": "schedule",
        "target": {"workflow_id": flow_id},
        "inputs": {"name": "Ada"},
        "cron": "0 9 * * MON-FRI",
        "timezone": "Europe/Madrid",
        **fields,
    }


async def test_a_schedule_shows_when_it_runs_next(api: Api, flow_id: str) -> None:
    made = await api.made("/api/triggers", **_body(flow_id))
    assert made["target"] == {"workflow_id": flow_id, "agent_id": None, "version": None}
    assert (made["catch_up"], made["overlap"], made["enabled"]) == ("once", "allow", True)
    assert len(made["next_moments"]) == 5
    assert made["next_moments"][0] == made["next_run_at"]
    assert {made["hook_path"], made["new_secret"], made["secret"], made["last"]} == {None}
    preview = await api.got("/api/triggers/moments?cron=0 9 * * MON-FRI&timezone=Europe/Madrid")
    assert preview["moments"] == made["next_moments"]
    shown = await api.got(f"/api/triggers/{made['id']}")
    assert (await api.got("/api/triggers"))["items"] == [shown]
    assert {**shown, "hook_path": None, "new_secret": None} == made


async def test_it_is_paused_changed_and_deleted(api: Api, flow_id: str) -> None:
    made = await api.made("/api/triggers", **_body(flow_id))
    url = f"/api/triggers/{made['id']}"
    paused = (await api.http.patch(url, json={"enabled": False})).json()
    assert (paused["enabled"], paused["next_run_at"], paused["next_moments"]) == (False, None, [])
    changed = (await api.http.put(url, json={"enabled": True, "cron": "*/5 * * * *"})).json()
    assert (changed["cron"], changed["timezone"], changed["inputs"]) == (
        "*/5 * * * *",
        "Europe/Madrid",
        {"name": "Ada"},
    )
    assert changed["next_run_at"]
    assert (await api.http.delete(url)).status_code == 204
    await api.error(await api.http.get(url), 404)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cron": "0 25 * * *"}, "cron"),
        ({"cron": None}, "cron"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"target": {}}, "target"),
        ({"target": None}, "target"),
        ({"inputs": {"name": "{{ inputs.x }}"}}, "inputs.name"),
        ({"signature": "github"}, "signature"),
        ({"url": "https://example.com"}, "url"),
    ],
)
async def test_what_cannot_be_names_its_field(
    api: Api, flow_id: str, fields: dict[str, Any], field: str
) -> None:
    error = await api.error(await api.http.post("/api/triggers", json=_body(flow_id, **fields)), 422)
    assert error["details"]["field"] == field
    assert (await api.got("/api/triggers"))["items"] == []


async def test_what_it_starts_has_to_be_there(api: Api, flow_id: str) -> None:
    for target, code in (
        ({"workflow_id": new_id()}, "workflow_not_found"),
        ({"workflow_id": flow_id, "version": 7}, "workflow_version_not_found"),
        ({"agent_id": new_id()}, "agent_not_found"),
    ):
        body = _body(flow_id, target=target, inputs={"message": "Hi"})
        assert (await api.error(await api.http.post("/api/triggers", json=body), 404))["code"] == code


async def test_fired_by_hand_it_starts_a_run_now(api: Api, flow_id: str, flows: Flows) -> None:
    made = await api.made("/api/triggers", **_body(flow_id, enabled=False))
    url = f"/api/triggers/{made['id']}"
    key = {"Idempotency-Key": "once"}
    fired = [(await api.http.post(f"{url}/test", headers=key)).json() for _ in range(2)]
    assert fired[0]["id"] == fired[1]["id"]
    assert (fired[0]["status"], fired[0]["event"]) == ("delivered", "test")
    run = await flows.settled(fired[0]["run_id"])
    assert (run["status"], run["outputs"]) == ("COMPLETED", {"text": "Hello Ada"})
    (did,) = (await api.got(f"{url}/deliveries"))["items"]
    assert (did["run_id"], did["run_status"]) == (run["id"], "COMPLETED")
    assert (await api.got(url))["last"] == did


async def test_inputs_that_the_flow_does_not_take_are_a_result(api: Api, flow_id: str) -> None:
    made = await api.made("/api/triggers", **_body(flow_id, inputs={"nome": "Ada"}))
    fired = (await api.http.post(f"/api/triggers/{made['id']}/test")).json()
    assert (fired["status"], fired["run_id"]) == ("failed", None)
    assert fired["error"]["details"]["field"] == "inputs.nome"


async def test_a_schedule_can_talk_to_an_agent(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url)
    target = {"agent_id": agent["id"]}
    for inputs in ({}, {"message": " "}, {"message": "Hi", "more": 1}, None):
        refused = await api.http.post("/api/triggers", json=_body("", target=target, inputs=inputs))
        assert (await api.error(refused, 422))["details"]["field"] == "inputs.message"
    llm_server.say("Good morning.")
    made = await api.made(
        "/api/triggers", **_body("", target=target, inputs={"message": "It is {{ moment }}."})
    )
    fired = (await api.http.post(f"/api/triggers/{made['id']}/test")).json()
    await api.events(fired["run_id"])
    (conversation,) = (await api.got("/api/conversations"))["items"]
    said = await api.messages(conversation["id"])
    assert said[0]["content"].startswith("It is 20")
    assert said[1]["content"] == "Good morning."


async def test_its_moment_starts_the_run_once_in_a_platform_too(
    platform: Platform, api: Api, flow_id: str, flows: Flows
) -> None:
    made = await api.made("/api/triggers", **_body(flow_id, cron="* * * * *", catch_up="skip"))
    clock = ManualClock(SystemClock().now() + 120)
    starter = PlatformStarter(platform.workflows, platform.agents, platform.chat)
    secrets = TriggerSecrets(Encryption([b"k" * 32]))
    deliveries = Deliveries(platform.database, starter, ScriptedFetch([]), secrets, clock, lambda: 0.5)
    scheduler = Scheduler(platform.database, clock, new_id)
    listeners = Listeners(platform.database)
    worker = TriggerWorker(platform.database, scheduler, deliveries, listeners, clock)
    await worker.look()
    await worker.look()
    started = [
        each
        for each in (await api.got(f"/api/triggers/{made['id']}/deliveries"))["items"]
        if each["status"] == "delivered"
    ]
    assert len(started) == 1
    assert (await flows.settled(started[0]["run_id"]))["status"] == "COMPLETED"


async def test_another_workspace_sees_and_starts_nothing(
    api: Api, flow_id: str, second_client: httpx2.AsyncClient
) -> None:
    made = await api.made("/api/triggers", **_body(flow_id))
    url = f"/api/triggers/{made['id']}"
    fired = (await api.http.post(f"{url}/test")).json()
    redeliver = f"{url}/deliveries/{fired['id']}/redeliver"
    for method, path in (
        ("GET", url),
        ("PATCH", url),
        ("PUT", url),
        ("DELETE", url),
        ("POST", f"{url}/test"),
        ("POST", f"{url}/rotate"),
        ("GET", f"{url}/deliveries"),
        ("POST", redeliver),
    ):
        body = {"name": "x"} if method in ("PATCH", "PUT") else None
        refused = await second_client.request(method, path, json=body)
        assert refused.status_code == 404, (method, path)
    own = (await second_client.get("/api/triggers")).json()
    assert own == {"items": [], "next_cursor": None}
    for target in ({"workflow_id": flow_id},):
        refused = await second_client.post("/api/triggers", json=_body(flow_id, target=target))
        assert refused.status_code == 404
    outgoing = {
        "name": "Spy",
        "kind": "outgoing",
        "url": "http://127.0.0.1:1/",
        "watched": [flow_id],
    }
    assert (await second_client.post("/api/triggers", json=outgoing)).status_code == 404
    assert len((await api.got(f"{url}/deliveries"))["items"]) == 1
