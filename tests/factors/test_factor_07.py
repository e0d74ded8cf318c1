"""Factor 7, contact humans with tool calls: questions and approvals, also from inside of another agent."""

from liteagent import Agent, AgentState, AgentStatus, request_human_input, tool
from liteagent.contracts.messages import ToolCall
from liteagent.testing import ScriptedLLM

ASK = ToolCall("1", "request_human_input", '{"question": "Which one?", "options": ["a", "b"]}')


async def test_a_question_waits_for_days_and_holds_nothing() -> None:
    agent = Agent(ScriptedLLM([ASK, "b it is."]), tools=[request_human_input])
    waiting = await agent.run("Choose")
    assert waiting.status is AgentStatus.WAITING_HUMAN
    later = AgentState.from_json(waiting.to_json())
    assert (await agent.run(agent.answer(later, "b"))).text == "b it is."


async def test_a_call_is_made_only_after_a_person_has_approved_it() -> None:
    paid: list[int] = []

    @tool(approval=True)
    def pay(cents: int) -> str:
        """Pay."""
        paid.append(cents)
        return "paid"

    agent = Agent(ScriptedLLM([ToolCall("1", "pay", '{"cents": 5}'), "Well."]), tools=[pay])
    waiting = await agent.run("Pay")
    assert waiting.human_request is not None
    assert waiting.human_request.options == ("approve", "reject")
    rejected = await agent.run(agent.answer(waiting, "reject"))
    assert (rejected.status, paid) == (AgentStatus.COMPLETED, [])
    assert (await agent.run(agent.answer(waiting, "approve"))).status is AgentStatus.COMPLETED
    assert paid == [5]


async def test_the_question_of_an_agent_that_was_asked_reaches_the_person() -> None:
    clerk = Agent(ScriptedLLM([ASK, "The clerk took b."]), tools=[request_human_input])
    ask = ToolCall("t1", "ask_clerk", '{"task": "Choose one."}')
    agent = Agent(ScriptedLLM([ask, "b."]), agents={"clerk": clerk})
    waiting = await agent.run("Choose")
    assert waiting.human_request is not None
    assert waiting.human_request.request_id == "t1/1"
    done = await agent.run(agent.answer(AgentState.from_json(waiting.to_json()), "b"))
    assert done.text == "b."
    assert "The clerk took b." in [message.content for message in done.messages]
