"""Factor 11, trigger from anywhere: a turn knows what started it, and is the same turn whatever did."""

import pytest

from liteagent import Agent
from liteagent.engine.agent.events import Origin
from liteagent.testing import ScriptedLLM
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer


@pytest.mark.parametrize("kind", ["chat", "webhook", "schedule", "api", "mcp"])
async def test_a_turn_knows_what_started_it(kind: Origin) -> None:
    agent = Agent(ScriptedLLM(["Seen."]))
    state = await agent.run(agent.launch("Build failed", kind=kind, source="ci"))
    assert (state.kind, state.source, state.text) == (kind, "ci", "Seen.")


async def test_a_chat_and_an_openai_client_meet_the_same_agent(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url)
    await api.say(agent["id"], "Hello")
    run = (await api.got("/api/runs"))["items"][0]
    assert run["inputs"]["kind"] == "chat"
    body = {"model": agent["slug"], "messages": [{"role": "user", "content": "Hello"}]}
    answered = await api.http.post("/v1/chat/completions", json=body)
    assert answered.status_code == 200, answered.text
    assert answered.json()["choices"][0]["message"]["content"] == "OK."
    runs = (await api.got("/api/runs"))["items"]
    assert {each["kind"] for each in runs} == {"chat"}
    assert llm_server.requests[0]["messages"] == llm_server.requests[1]["messages"]
