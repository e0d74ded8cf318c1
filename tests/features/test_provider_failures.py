"""A model server that fails, over HTTP: a status, a code and a saved partial answer, never a 500."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_SECRET = "sk-fake-secret-0123456789"

_FAILURES: list[tuple[str, int, str, str]] = [
    ("refused key", 502, "provider_auth_failed", ""),
    ("too many", 503, "provider_rate_limited", ""),
    ("broken", 502, "provider_unavailable", ""),
    ("unknown model", 502, "provider_refused", ""),
    ("cut", 502, "provider_unavailable", "Half an ans"),
    ("cut at once", 502, "provider_unavailable", ""),
    ("hang", 504, "provider_timeout", "Half an ans"),
    ("garbage", 502, "provider_bad_response", ""),
    ("broken json", 502, "provider_bad_response", ""),
    ("nothing said", 502, "provider_bad_response", ""),
]


def _prepare(server: ModelServer, failure: str) -> None:
    steps: dict[str, Callable[[], None]] = {
        "refused key": lambda: server.fail(401),
        "too many": lambda: server.fail(429, retry_after="7"),
        "broken": lambda: server.fail(500),
        "unknown model": lambda: server.fail(404),
        "cut": lambda: server.cut("Half ", "an ans"),
        "cut at once": server.cut,
        "hang": lambda: server.hang("Half ", "an ans"),
        "garbage": server.garbage,
        "broken json": lambda: server.garbage(b'{"choices": [{"message": '),
        "nothing said": lambda: server.say(""),
    }
    steps[failure]()


@pytest.mark.parametrize(("failure", "status", "code", "partial"), _FAILURES)
async def test_a_failing_model_server_gives_a_typed_error_and_keeps_what_was_said(
    api: Api, llm_server: ModelServer, failure: str, status: int, code: str, partial: str
) -> None:
    agent = await api.agent_on(llm_server.url, "impatient" if failure == "hang" else "fake-1")
    _prepare(llm_server, failure)
    response = await api.http.post("/api/chat", json={"agent_id": agent["id"], "message": "Hi"})
    error = await api.error(response, status)
    assert error["code"] == code
    assert _SECRET not in response.text
    run = await api.got(f"/api/runs/{error['details']['run_id']}")
    assert (run["status"], run["error"]["code"]) == ("FAILED", code)
    await _conversation_holds(api, error["details"]["conversation_id"], code, partial)

    _prepare(llm_server, failure)
    frames = await api.stream(agent["id"], "Hi")
    assert "".join(frame.text for frame in frames) == partial
    failed, end = frames[-2], frames[-1]
    if failure != "nothing said":
        assert failed.type == "model.failed"
        assert (failed.data["error"]["code"], failed.data["partial"]) == (code, partial)
    assert (end.type, end.data["error"]["code"]) == ("run.failed", code)
    assert _SECRET not in str(frames)
    conversations = (await api.got("/api/conversations"))["items"]
    await _conversation_holds(api, conversations[0]["id"], code, partial)
    requested = next(frame.id for frame in frames if frame.type == "model.requested")
    for offset in range(len(partial) + 1):
        rest = await api.events(end.data["run_id"], f"{requested}.{offset}")
        assert "".join(frame.text for frame in rest) == partial[offset:]


async def _conversation_holds(api: Api, conversation_id: str, code: str, partial: str) -> None:
    said = await api.messages(conversation_id)
    assert [each["role"] for each in said] == ["user", "assistant"]
    assert (said[1]["content"], said[1]["status"]) == (partial, "partial" if partial else "failed")
    assert said[1]["error"]["code"] == code


async def test_a_server_that_is_not_there(api: Api) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    agent = await api.agent_on(url)
    response = await api.http.post("/api/chat", json={"agent_id": agent["id"], "message": "Hi"})
    assert (await api.error(response, 502))["code"] == "provider_unavailable"
    tested = await api.http.post(f"/api/providers/{agent['provider_id']}/test")
    assert (tested.status_code, tested.json()["ok"]) == (200, False)
    assert tested.json()["error"]["code"] == "provider_unavailable"
    models = await api.http.get(f"/api/providers/{agent['provider_id']}/models")
    assert (await api.error(models, 502))["code"] == "provider_unavailable"


async def test_after_a_failure_the_conversation_goes_on_with_what_was_said(
    api: Api, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url)
    llm_server.cut("Half ")
    response = await api.http.post("/api/chat", json={"agent_id": agent["id"], "message": "Hi"})
    conversation_id = (await api.error(response, 502))["details"]["conversation_id"]
    llm_server.fail(401)
    again = {"agent_id": agent["id"], "message": "Again", "conversation_id": conversation_id}
    await api.error(await api.http.post("/api/chat", json=again), 502)
    reply = await api.say(agent["id"], "Third time", conversation_id=conversation_id)
    assert reply["message"]["content"] == "OK."
    heard = [(each["role"], each["content"]) for each in llm_server.requests[-1]["messages"][1:]]
    assert heard == [("user", "Hi"), ("assistant", "Half "), ("user", "Again"), ("user", "Third time")]


async def test_a_tool_that_the_model_misuses_does_not_fail_the_turn(
    api: Api, llm_server: ModelServer
) -> None:
    source = await api.text_source("The gate code is 4711.")
    agent = await api.agent_on(llm_server.url, datasource_ids=[source["id"]])
    llm_server.call("search_knowledge", nonsense=True)
    llm_server.call("rm_rf", path="/")
    llm_server.say("Sorry.")
    frames = await api.stream(agent["id"], "Hi")
    failed = [frame.data["error"]["code"] for frame in frames if frame.type == "tool.failed"]
    assert len(failed) == 2
    assert frames[-1].data["outputs"]["message"]["content"] == "Sorry."


async def test_an_agent_that_never_ends_is_stopped_by_its_budget(api: Api, llm_server: ModelServer) -> None:
    source = await api.text_source("The gate code is 4711.")
    agent = await api.agent_on(llm_server.url, datasource_ids=[source["id"]], budget={"max_steps": 2})
    for _ in range(3):
        llm_server.call("search_knowledge", query="gate")
    response = await api.http.post("/api/chat", json={"agent_id": agent["id"], "message": "Hi"})
    assert (await api.error(response, 429))["code"] == "budget_exceeded"
    assert len(llm_server.requests) == 2


async def test_a_provider_switched_off_refuses_new_turns_until_it_is_on_again(
    api: Api, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url)
    path = f"/api/providers/{agent['provider_id']}"
    body = {"agent_id": agent["id"], "message": "Hi"}
    await api.http.patch(path, json={"is_active": False})
    error = await api.error(await api.http.post("/api/chat", json=body), 502)
    assert error["code"] == "provider_refused"
    assert (await api.got("/api/runs"))["items"] == (await api.got("/api/conversations"))["items"] == []
    await api.http.patch(path, json={"is_active": True})
    assert (await api.say(agent["id"], "Hi"))["message"]["content"] == "OK."


async def test_a_deleted_provider_leaves_its_agents_to_the_default(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url)
    assert (await api.http.delete(f"/api/providers/{agent['provider_id']}")).status_code == 204
    assert (await api.got(f"/api/agents/{agent['id']}"))["provider_id"] is None
    reply = await api.say(agent["id"], "Hi")
    assert "no language model" in reply["message"]["content"]
    assert llm_server.requests == []


async def test_a_provider_deleted_while_a_turn_waits_fails_it_with_a_reason(
    api: Api, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Go on?")
    waiting = await api.say(agent["id"], "Hi")
    await api.http.delete(f"/api/providers/{agent['provider_id']}")
    await api.http.post(f"/api/runs/{waiting['run_id']}/answers", json={"answer": "yes"})
    end = (await api.events(waiting["run_id"]))[-1]
    assert (end.type, end.data["error"]["code"]) == ("run.failed", "provider_refused")
    assert "deleted" in end.data["error"]["message"]


async def test_a_provider_deleted_during_an_answer_does_not_break_it(
    live: Api, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("One ", gate, "two.")
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    async with live.http.stream("POST", "/api/chat", json=body) as response:
        frames = live.frames(response)
        while not (await anext(frames)).text:
            pass
        await live.http.delete(f"/api/providers/{agent['provider_id']}")
        gate.set()
        rest = [frame async for frame in frames]
    assert rest[-1].data["outputs"]["message"]["content"] == "One two."


@pytest.mark.parametrize(
    "base_url",
    [
        "http://",
        "http://[zz]/v1",
        "http://host:0/v1",
        "http://host:99999",
        "http://\u2603/v1",
        "http://exa mple",
    ],
)
async def test_an_address_that_leads_nowhere_is_refused_or_fails_the_test(api: Api, base_url: str) -> None:
    body: dict[str, Any] = {"name": "x", "provider_type": "openai_compatible", "model_name": "m"}
    made = await api.http.post("/api/providers", json={**body, "base_url": base_url})
    if made.status_code == 422:
        return
    assert made.status_code == 201
    path = f"/api/providers/{made.json()['id']}"
    tested = await api.http.post(f"{path}/test")
    assert tested.status_code in (200, 422)
    assert tested.status_code == 422 or tested.json()["ok"] is False
    assert (await api.http.get(f"{path}/models")).status_code in (422, 502)
    agent = await api.agent(provider_id=made.json()["id"])
    response = await api.http.post("/api/chat", json={"agent_id": agent["id"], "message": "Hi"})
    assert response.status_code in (422, 502)
