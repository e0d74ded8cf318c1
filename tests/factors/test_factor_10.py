"""Factor 10, small, focused agents: one asks another, or hands over, inside of one run and its limits."""

import pytest

from liteagent import Agent, AgentState, AgentStatus, tool
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.messages import ToolCall
from liteagent.testing import ScriptedLLM


def _researcher() -> Agent:
    @tool(effect="safe")
    def look(what: str) -> str:
        """Look something up."""
        return f"{what} is 42"

    return Agent(ScriptedLLM([ToolCall("1", "look", '{"what": "it"}'), "It is 42."]), tools=[look])


async def test_an_agent_asks_another_one_inside_its_own_run() -> None:
    ask = ToolCall("1", "ask_researcher", '{"task": "What is it?"}')
    llm = ScriptedLLM([ask, "The answer is 42."])
    agent = Agent(llm, agents={"researcher": _researcher()})
    heard: list[str] = []
    state = await agent.run("Find out", on_delta=heard.append)
    assert state.text == "The answer is 42." == "".join(heard)
    assert llm.requests[1].messages[-1].content == "It is 42."
    assert state.usage.output == sum(
        len(text.split()) for text in (ask.arguments, "The answer is 42.")
    ) + sum(len(text.split()) for text in ('{"what": "it"}', "It is 42."))


async def test_two_agents_work_side_by_side_and_every_step_survives_json() -> None:
    asks = [ToolCall(str(n), "ask_researcher", '{"task": "What is it?"}') for n in range(2)]
    agent = Agent(ScriptedLLM([asks, "Twice 42."]), agents={"researcher": _researcher()})
    state = agent.launch("Find out")
    for _ in range(20):
        state = AgentState.from_json((await agent.step(state)).to_json())
        if state.status.ended:
            break
    assert state.text == "Twice 42."


async def test_an_agent_hands_the_conversation_over() -> None:
    seller_llm = ScriptedLLM(["?", "Here is the price list."])
    seller = Agent(seller_llm, name="Seller", purpose="Sell.")
    hand = ToolCall("1", "hand_off_to_sales", '{"reason": "wants to buy"}')
    agent = Agent(ScriptedLLM([hand]), name="Desk", hand_offs={"sales": seller})
    state = await agent.run("I want to buy")
    assert (state.status, state.text) == (AgentStatus.COMPLETED, "Here is the price list.")
    request = seller_llm.requests[0]
    assert "You are Seller." in request.messages[0].content
    assert request.messages[1].content == "I want to buy"
    assert state.active == ("sales",)


async def test_the_limits_of_the_asker_hold_for_the_asked() -> None:
    @tool(effect="safe")
    def look() -> str:
        """Look."""
        return "nothing"

    endless = Agent(ScriptedLLM([ToolCall("1", "look", "{}")] * 40), tools=[look], max_steps=40)
    ask = ToolCall("1", "ask_endless", '{"task": "Look."}')
    agent = Agent(ScriptedLLM([ask, "Done."]), agents={"endless": endless}, max_tokens=200)
    state = await agent.run("Go")
    assert state.error is not None
    assert state.error["details"] == {"limit": "max_tokens", "value": 200}


def test_agents_stand_four_deep_at_the_most() -> None:
    agent = Agent(ScriptedLLM([]))
    for _ in range(3):
        agent = Agent(ScriptedLLM([]), agents={"next": agent})
    with pytest.raises(InvalidInputError, match="deep"):
        Agent(ScriptedLLM([]), agents={"next": agent})
