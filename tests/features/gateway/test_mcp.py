"""The official MCP client against `/mcp`."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client

from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_FLOW: dict[str, Any] = {
    "liteagent": 1,
    "id": "shout",
    "inputs": {"word": {"type": "string", "required": True, "description": "What to shout."}},
    "nodes": {
        "start": {"type": "start"},
        "loud": {"type": "answer", "text": "{{ inputs.word }}!"},
        "end": {"type": "end"},
    },
    "edges": ["start -> loud -> end"],
}


@asynccontextmanager
async def _client(live: Api, **options: Any) -> AsyncGenerator[Client]:
    headers = {"Authorization": live.http.headers["authorization"]}
    async with httpx2.AsyncClient(headers=headers, timeout=20) as http:
        transport = streamable_http_client(f"{str(live.http.base_url).rstrip('/')}/mcp", http_client=http)
        async with Client(transport, **options) as client:
            yield client


@pytest.fixture
async def served(app: FastAPI, live: Api) -> AsyncIterator[Api]:
    """`live`, whose sessions are closed in the end."""
    yield live
    await app.state.mcp.aclose()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_agents_and_published_flows_are_tools(served: Api, llm_server: ModelServer, mode: Any) -> None:
    agent = await served.agent_on(llm_server.url, description="Knows the house.")
    flow = await served.made("/api/workflows", **_FLOW)
    llm_server.say("Hello ", "there.")
    heard: list[str] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        del progress, total
        heard.append(message or "")

    async with _client(served, mode=mode) as client:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert tools.keys() == {agent["slug"], "answer_question"}
        assert tools[agent["slug"]].description == "Knows the house."
        said = await client.call_tool(agent["slug"], {"message": "Hi"}, progress_callback=on_progress)
        assert said.structured_content["text"] == "Hello there."
        assert "".join(heard) == "Hello there."
        conversation_id = said.structured_content["conversation_id"]
        assert [each["content"] for each in await served.messages(conversation_id)] == ["Hi", "Hello there."]
    await served.http.post(f"/api/workflows/{flow['id']}/publish", json={})
    async with _client(served, mode=mode) as client:
        (tool,) = [each for each in (await client.list_tools()).tools if each.name == "workflow_shout"]
        assert tool.input_schema["properties"]["word"]["description"] == "What to shout."
        said = await client.call_tool("workflow_shout", {"word": "hey"})
        assert said.structured_content["text"] == "hey!"
        wrong = await client.call_tool("workflow_shout", {"word": 7})
        assert wrong.is_error
        assert (await client.call_tool("nobody", {"message": "Hi"})).is_error


async def test_a_question_without_elicitation_says_which_run_waits(
    served: Api, llm_server: ModelServer
) -> None:
    agent = await served.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Blue or red?", options=["blue", "red"])
    llm_server.say("Red it is.")
    async with _client(served) as client:
        asked = (await client.call_tool(agent["slug"], {"message": "Paint"})).structured_content
        assert asked["status"] == "WAITING_HUMAN"
        given = {"run_id": asked["run_id"], "answer": "red"}
        answered = await client.call_tool("answer_question", given)
        assert answered.structured_content["text"] == "Red it is."


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_question_is_asked_through_a_client_that_can(
    served: Api, llm_server: ModelServer, mode: Any
) -> None:
    agent = await served.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Blue or red?", options=["blue", "red"])
    llm_server.say("Red it is.")
    questions: list[str] = []

    async def on_elicitation(_context: Any, params: Any) -> types.ElicitResult:
        questions.append(params.message)
        return types.ElicitResult(action="accept", content={"answer": "red"})

    async with _client(served, mode=mode, elicitation_callback=on_elicitation) as client:
        said = await client.call_tool(agent["slug"], {"message": "Paint"})
    assert said.structured_content["text"] == "Red it is."
    assert questions == ["Blue or red?"]


async def test_without_credentials_nothing_is_told(anonymous: httpx2.AsyncClient) -> None:
    refused = await anonymous.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "not_authenticated"


async def test_without_the_sdk_it_says_what_to_install(app: FastAPI, client: httpx2.AsyncClient) -> None:
    def missing() -> Any:
        raise ImportError("mcp")

    app.state.mcp._make = missing
    refused = await client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "not_configured"
