"""Factor 13, pre-fetch all that you will need: declared look-ups are there before the model thinks."""

import json

import pytest

from liteagent import Agent, tool
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.agent.prefetch import Prefetch
from liteagent.testing import ScriptedLLM
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer


async def test_what_is_declared_is_looked_up_before_the_first_model_call() -> None:
    asked: list[str] = []

    @tool(effect="safe")
    def orders(customer: str) -> list[str]:
        """Open orders."""
        asked.append(customer)
        return ["A-1"]

    llm = ScriptedLLM(["You have A-1."])
    prefetch = [Prefetch("orders", {"customer": "of: {message}"})]
    state = await Agent(llm, tools=[orders], prefetch=prefetch).run("Ada")
    assert asked == ["of: Ada"]
    block, _, question = llm.requests[0].messages[-1].content.rpartition("\n\n")
    assert question == "Ada"
    (found,) = json.loads(block)["prefetched"]
    assert found == {"source": "orders", "found": '["A-1"]'}
    assert (len(llm.requests), state.text) == (1, "You have A-1.")


def test_only_safe_tools_without_approval_are_prefetched() -> None:
    @tool
    def pay() -> str:
        """Pay."""
        return "paid"

    with pytest.raises(InvalidInputError, match="cannot be prefetched"):
        Agent(ScriptedLLM([]), tools=[pay], prefetch=[Prefetch("pay")])
    with pytest.raises(InvalidInputError, match="no tool 'look'"):
        Agent(ScriptedLLM([]), prefetch=[Prefetch("look")])


async def test_knowledge_is_prefetched_and_can_be_cited(api: Api, llm_server: ModelServer) -> None:
    source = await api.text_source("Green tea brews at 80 degrees.")
    prefetch = [{"tool": "search_knowledge", "arguments": {"query": "{message}"}}]
    agent = await api.agent_on(llm_server.url, datasource_ids=[source["id"]], prefetch=prefetch)
    llm_server.say("At 80 degrees [1].")
    reply = await api.say(agent["id"], "How hot is green tea?")
    assert len(llm_server.requests) == 1
    assert "brews at 80 degrees" in llm_server.requests[0]["messages"][-1]["content"]
    (citation,) = reply["message"]["citations"]
    assert citation["text"] == "Green tea brews at 80 degrees."
    types = [each.type for each in await api.events(reply["run_id"]) if each.type != "message.delta"]
    assert types.index("tool.completed") < types.index("model.requested")
