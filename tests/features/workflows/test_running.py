"""Runs of flows: what they are given, what they reach, how they stop and go on."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest

from liteagent.app.serving import web_app
from liteagent.app.settings import Settings
from liteagent.app.wiring import open_platform
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer
from tests.features.workflows.flows import Flows, document, greeting

ASKING: dict[str, Any] = {
    "start": {"type": "start"},
    "ask": {"type": "human", "question": "Ship {{ inputs.what }}?", "options": ["yes", "no"]},
    "done": {"type": "transform", "expression": "'shipped ' + inputs.what"},
    "end": {"type": "end", "outputs": {"said": "{{ ask.output }}", "done": "{{ done.output }}"}},
    "not_now": {"type": "end", "outputs": {"said": "{{ ask.output }}"}},
}
WHAT = {"what": "string"}
WAYS = ["start -> ask", {"ask -> done": "yes"}, {"ask -> not_now": "no"}, "done -> end"]


async def _provider(api: Api, url: str, name: str = "Fake") -> dict[str, Any]:
    return await api.made(
        "/api/providers",
        name=name,
        provider_type="openai_compatible",
        model_name="fake-1",
        api_key="sk-fake-secret-0123456789",
        base_url=url,
    )


async def test_models_of_a_flow_are_those_that_its_nodes_name(
    flows: Flows, api: Api, llm_server: ModelServer
) -> None:
    await _provider(api, llm_server.url)
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "write": {"type": "llm", "prompt": "Write of {{ inputs.what }}.", "provider": "Fake", "model": "big"},
        "sort": {"type": "classify", "input": "{{ write.output }}", "classes": ["good", "bad"]},
        "end": {"type": "end", "outputs": {"text": "{{ write.output }}", "class": "{{ sort.output }}"}},
    }
    made = await flows.made(nodes, ["start -> write -> sort -> end"], inputs=WHAT)
    llm_server.say("A ", "poem.")
    llm_server.say("good")
    done = await flows.run(made["id"], {"what": "rain"})
    assert (done["status"], done["outputs"]) == ("COMPLETED", {"text": "A poem.", "class": "good"}), done
    assert [each["model"] for each in llm_server.requests] == ["big", "fake-1"]
    assert "Write of rain." in str(llm_server.requests[0]["messages"])


async def test_an_agent_in_a_flow_is_the_one_that_the_run_has_pinned(
    flows: Flows, api: Api, llm_server: ModelServer
) -> None:
    source = await api.text_source("The support hours are from nine to five.", name="Hours")
    agent = await api.agent_on(
        llm_server.url, slug="helper", system_prompt="Be kind.", datasource_ids=[source["id"]]
    )
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "find": {"type": "retrieve", "query": "{{ inputs.question }}", "datasources": ["Hours"]},
        "wait": {"type": "human", "question": "Go on?"},
        "help": {"type": "agent", "agent": "helper", "input": "{{ inputs.question }}"},
        "end": {"type": "end", "outputs": {"text": "{{ help.output }}", "found": "{{ find.output.text }}"}},
    }
    asked = {"question": {"type": "string", "required": True}}
    made = await flows.made(nodes, ["start -> find -> wait -> help -> end"], inputs=asked)
    waiting = await flows.run(made["id"], {"question": "When is support there?"})
    assert waiting["status"] == "WAITING_HUMAN", waiting
    await api.http.patch(f"/api/agents/{agent['id']}", json={"system_prompt": "Be rude."})
    llm_server.call("search_knowledge", query="support hours")
    llm_server.say("From nine to five [1].")
    await api.http.post(f"/api/runs/{waiting['id']}/answers", json={"answer": "yes"})
    done = await flows.settled(waiting["id"])
    assert done["status"] == "COMPLETED", done
    assert done["outputs"]["text"] == "From nine to five [1]."
    assert "nine to five" in done["outputs"]["found"]
    assert "Be kind." in str(llm_server.requests[0]["messages"])
    assert "nine to five" in str(llm_server.requests[1]["messages"])


async def test_an_agent_of_a_nodes_own_answers_on_the_default_provider(
    flows: Flows, api: Api, llm_server: ModelServer
) -> None:
    await _provider(api, llm_server.url)
    nodes = {
        "start": {"type": "start"},
        "triage": {"type": "agent", "purpose": "Say how urgent it is.", "input": "{{ inputs.ticket }}"},
        "end": {"type": "end", "outputs": {"said": "{{ triage.output }}"}},
    }
    made = await flows.made(nodes, ["start -> triage -> end"], inputs={"ticket": "string"})
    llm_server.say("Not ", "urgent.")
    done = await flows.run(made["id"], {"ticket": "The lamp is dim."})
    assert done["outputs"] == {"said": "Not urgent."}
    assert "Say how urgent it is." in str(llm_server.requests[0]["messages"])


async def test_a_tools_call_waits_for_its_approval_inside_a_flow(
    flows: Flows, api: Api, llm_server: ModelServer
) -> None:
    source = await api.text_source("The code is 1234.")
    guarded = [{"name": "search_knowledge", "approval": True}]
    agent = await api.agent_on(llm_server.url, slug="a", datasource_ids=[source["id"]], tools=guarded)
    assert agent["tools"] == guarded
    nodes = {"start": {"type": "start"}, "a": {"type": "agent", "agent": "a", "input": "The code?"}}
    made = await flows.made(nodes, ["start -> a"])
    for verdict, expected in (("approve", "1234"), ("reject", "call_rejected")):
        llm_server.call("search_knowledge", query="code")
        llm_server.say("So it is.")
        waiting = await flows.run(made["id"])
        assert waiting["status"] == "WAITING_HUMAN", waiting
        (asked,) = (await api.got("/api/inbox"))["items"]
        assert asked["question"].startswith("May the tool 'search_knowledge' be called with")
        assert asked["options"] == ["approve", "reject"]
        await api.http.post(f"/api/runs/{waiting['id']}/answers", json={"answer": verdict})
        assert (await flows.settled(waiting["id"]))["status"] == "COMPLETED"
        assert expected in str(llm_server.requests[-1]["messages"])


async def test_a_flow_calls_others_as_they_were_published_at_its_start(flows: Flows, api: Api) -> None:
    child = await api.made("/api/workflows", **greeting("Hello", "child"))
    await api.http.post(f"/api/workflows/{child['id']}/publish")
    await api.http.put(f"/api/workflows/{child['id']}", json=greeting("Hi", "child"))
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "old": {"type": "workflow", "workflow": "child", "inputs": {"name": "Ada"}},
        "new": {"type": "workflow", "workflow": "child@2", "inputs": {"name": "{{ old.output.text }}"}},
        "end": {"type": "end", "outputs": {"text": "{{ new.output.text }}"}},
    }
    made = await flows.made(nodes, ["start -> old -> new -> end"], "parent")
    done = await flows.run(made["id"])
    assert (done["status"], done["outputs"]) == ("COMPLETED", {"text": "Hi Hello Ada"}), done


async def test_a_person_is_asked_and_the_run_takes_the_way_of_the_answer(flows: Flows, api: Api) -> None:
    made = await flows.made(ASKING, WAYS, inputs=WHAT)
    waiting = await flows.run(made["id"], {"what": "1.2"})
    assert waiting["status"] == "WAITING_HUMAN"
    (asked,) = (await api.got("/api/inbox"))["items"]
    assert (asked["question"], asked["options"]) == ("Ship 1.2?", ["yes", "no"])
    answers = f"/api/runs/{waiting['id']}/answers"
    refused = await api.http.post(answers, json={"answer": "perhaps"})
    assert (await api.error(refused, 422))["code"] == "not_an_option"
    assert (await api.http.post(answers, json={"answer": "yes"})).status_code == 200
    done = await flows.settled(waiting["id"])
    assert done["outputs"] == {"said": "yes", "done": "shipped 1.2"}
    assert (await api.got("/api/inbox"))["items"] == []


async def test_a_run_is_paused_and_resumed(flows: Flows, api: Api) -> None:
    made = await flows.made(ASKING, WAYS, inputs=WHAT)
    run = await flows.run(made["id"], {"what": "1.2"})
    path = f"/api/runs/{run['id']}"
    assert (await api.http.post(f"{path}/pause")).json()["status"] == "PAUSED"
    assert (await api.http.post(f"{path}/answers", json={"answer": "no"})).status_code == 200
    assert (await api.got(path))["status"] == "PAUSED"
    assert (await api.http.post(f"{path}/resume")).status_code == 200
    assert (await flows.settled(run["id"]))["outputs"]["said"] == "no"
    over = await api.http.post(f"{path}/pause")
    assert (await api.error(over, 409))["code"] == "run_ended"


async def test_a_run_is_forked_with_a_patch_and_replayed(flows: Flows, api: Api) -> None:
    made = await flows.made(ASKING, WAYS, inputs=WHAT)
    run = await flows.run(made["id"], {"what": "1.2"})
    path = f"/api/runs/{run['id']}"
    await api.http.post(f"{path}/answers", json={"answer": "yes"})
    done = await flows.settled(run["id"])
    events = (await api.got(f"{path}/events"))["items"]
    asked = next(each["seq"] for each in events if each["type"] == "human.requested")
    body = {"at": asked, "patch": {"inputs": {"what": "1.3"}}}
    forked = await api.http.post(f"{path}/fork", json=body)
    assert forked.status_code in (200, 201, 202), forked.text
    other = forked.json()["id"]
    assert (await flows.settled(other))["status"] == "WAITING_HUMAN"
    await api.http.post(f"/api/runs/{other}/answers", json={"answer": "yes"})
    assert (await flows.settled(other))["outputs"]["done"] == "shipped 1.3"
    assert await api.got(path) == done
    same = await api.http.post(f"{path}/replay", json={})
    assert same.status_code == 200, same.text
    assert same.json()["ok"] is True
    changed = {**ASKING, "done": {"type": "transform", "expression": "'sent ' + inputs.what"}}
    against = await api.http.post(f"{path}/replay", json={"workflow": document(changed, WAYS, inputs=WHAT)})
    assert against.json()["ok"] is False, against.text
    assert "done" in against.text
    useless = await api.http.post(f"{path}/replay", json={"workflow": {"id": "x"}})
    assert (await api.error(useless, 422))["code"] == "workflow_invalid"


async def test_a_failed_node_fails_the_run_and_says_where(flows: Flows) -> None:
    nodes = {
        "start": {"type": "start"},
        "get": {"type": "http", "url": "http://127.0.0.1:9/", "timeout": 5},
        "end": {"type": "end"},
    }
    made = await flows.made(nodes, ["start -> get -> end"])
    failed = await flows.run(made["id"])
    assert failed["status"] == "FAILED"
    assert (failed["error"]["code"], failed["error"]["details"]["node"]) == ("fetch_refused", "get")


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        ({}, "what"),
        ({"what": 1}, "what"),
        ({"what": None}, "what"),
        ({"what": "x", "color": "blue"}, "color"),
        ({"what": "x", "other": 1}, "other"),
        ({"what": "x", "count": True}, "count"),
        ({"what": "x", "count": 1.5}, "count"),
    ],
)
async def test_inputs_that_do_not_fit_are_named(
    flows: Flows, api: Api, inputs: dict[str, Any], name: str
) -> None:
    takes = {
        "what": {"type": "string", "required": True},
        "color": {"type": "string", "options": ["red", "green"]},
        "count": {"type": "integer"},
    }
    made = await flows.made(ASKING, WAYS, inputs=takes)
    refused = await api.http.post(f"/api/workflows/{made['id']}/runs", json={"inputs": inputs})
    assert (await api.error(refused, 422))["details"]["field"] == f"inputs.{name}"
    assert (await api.got("/api/runs"))["items"] == []


async def test_what_is_not_there_at_the_start_is_named(flows: Flows, api: Api) -> None:
    child = await api.made("/api/workflows", **greeting("Hello", "child"))
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "a": {"type": "agent", "agent": "nobody", "input": "x"},
        "m": {"type": "llm", "prompt": "x", "provider": "none"},
        "s": {"type": "retrieve", "query": "x", "datasources": ["nothing"]},
        "d": {"type": "document", "datasource": "nothing", "documents": "x"},
        "t": {"type": "tool", "tool": "hammer"},
        "c": {"type": "workflow", "workflow": "child", "inputs": {"name": "x"}},
        "each": {
            "type": "iterate",
            "items": "[1]",
            "nodes": {"inner": {"type": "llm", "prompt": "x", "provider": "none"}},
        },
    }
    made = await flows.made(nodes, ["start -> a -> m -> s -> d -> t -> c -> each"])
    await api.http.delete(f"/api/workflows/{child['id']}")
    refused = await api.http.post(f"/api/workflows/{made['id']}/runs", json={})
    error = await api.error(refused, 422)
    found = {(each["node"], each["field"], each["code"]) for each in error["details"]["problems"]}
    assert found == {
        ("a", "nodes.a.agent", "agent_not_found"),
        ("m", "nodes.m.provider", "provider_not_found"),
        ("s", "nodes.s.datasources", "datasource_not_found"),
        ("d", "nodes.d.datasource", "datasource_not_found"),
        ("t", "nodes.t.tool", "unknown_tool"),
        ("c", "nodes.c.workflow", "workflow_not_found"),
        ("each/inner", "nodes.each.nodes.inner.provider", "provider_not_found"),
    }
    assert (await api.got("/api/runs"))["items"] == []


@asynccontextmanager
async def _opened(settings: Settings, token: str) -> AsyncGenerator[Api]:
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(open_platform(settings))
        http = await stack.enter_async_context(
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(web_app(platform)),
                base_url="http://127.0.0.1",
                headers={"Authorization": token},
                timeout=20,
            )
        )
        yield Api(http)


async def test_a_run_outlives_its_server(settings: Settings) -> None:
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "nap": {"type": "wait", "seconds": 1.5},
        "ask": {"type": "human", "question": "Well?"},
        "end": {"type": "end", "outputs": {"said": "{{ ask.output }}"}},
    }
    async with _opened(settings, "") as api:
        credentials = {"email": "owner@example.com", "password": "correct horse battery"}
        said = await api.http.post("/api/auth/setup", json=credentials)
        token = f"Bearer {said.json()['access_token']}"
        api.http.headers["Authorization"] = token
        flows = Flows(api)
        run_id = await flows.start((await flows.made(nodes, ["start -> nap -> ask -> end"]))["id"])
    async with _opened(settings, token) as api:
        with anyio.fail_after(15):
            assert (await Flows(api).settled(run_id))["status"] == "WAITING_HUMAN"
    async with _opened(settings, token) as api:
        assert (await api.got(f"/api/runs/{run_id}"))["status"] == "WAITING_HUMAN"
        await api.http.post(f"/api/runs/{run_id}/answers", json={"answer": "well"})
        with anyio.fail_after(15):
            done = await Flows(api).settled(run_id)
        assert (done["status"], done["outputs"]) == ("COMPLETED", {"said": "well"})
