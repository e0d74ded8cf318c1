"""The agent as a library: launch, step, run, answer."""

from collections.abc import Callable

import anyio
import pytest

from liteagent import Agent, AgentState, AgentStatus
from liteagent.contracts.errors import ConflictError, NotFoundError, ProviderUnavailableError
from liteagent.contracts.llm import LLMRequest, Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.engine.agent.human import request_human_input
from liteagent.engine.agent.memory import create_sliding_window_memory
from liteagent.engine.agent.tools import Tool, ToolContext, tool
from liteagent.testing import Fail, ScriptedLLM

ASK = ToolCall("c1", "request_human_input", '{"question": "Sure?"}')


async def test_the_snippet() -> None:
    agent = Agent(ScriptedLLM(["Hello back."]), purpose="Greet people.")
    before = dict(vars(agent))
    state = agent.launch("Hello")
    assert state.status is AgentStatus.PENDING
    launched = state
    state = await agent.step(state)
    assert (state.status, state.text) == (AgentStatus.COMPLETED, "Hello back.")
    assert state.usage == Usage(6, 2)
    assert await agent.step(launched) == state
    assert await agent.step(AgentState.from_json(launched.to_json())) == state
    assert vars(agent) == before
    assert await agent.step(state) is state


async def test_a_step_is_one_decision(add: Tool) -> None:
    agent = Agent(ScriptedLLM([ToolCall("c1", "add", '{"a": 2, "b": 3}'), "Five."]), tools=[add])
    state = await agent.step(agent.launch("2 + 3?"))
    assert (state.status, len(state.calls), state.messages[-1].content) == (AgentStatus.RUNNING, 1, "")
    state = await agent.step(AgentState.from_json(state.to_json()))
    assert (state.status, state.messages[-1].content) == (AgentStatus.RUNNING, "5")
    state = await agent.step(state)
    assert (state.status, state.text) == (AgentStatus.COMPLETED, "Five.")
    assert await agent.run("2 + 3?") == state


async def test_tools_run_side_by_side_and_are_heard_in_order() -> None:
    both = anyio.Event()
    running: list[str] = []

    @tool(effect="safe")
    async def wait(name: str) -> str:
        """Wait until both are here."""
        running.append(name)
        if len(running) == 2:
            both.set()
        with anyio.fail_after(5):
            await both.wait()
        return name

    calls = [ToolCall(each, "wait", f'{{"name": "{each}"}}') for each in ("b", "a")]
    state = await Agent(ScriptedLLM([calls, "Both."]), tools=[wait]).run("Go")
    assert [each.content for each in state.messages if each.role is Role.TOOL] == ["b", "a"]
    assert state.text == "Both."


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall("c1", "add", '{"a": '), "not valid JSON"),
        (ToolCall("c1", "add", '{"a": "x"}'), "a: Input should be a valid integer"),
        (ToolCall("c1", "subtract", "{}"), "no tool 'subtract'. Known: add, broken."),
        (ToolCall("c1", "broken", "{}"), "RuntimeError: The disk is full."),
        (ToolCall("c1", "request_human_input", '{"question": "?"}'), "no tool 'request_human_input'"),
    ],
)
async def test_the_model_hears_of_a_failed_call_and_goes_on(
    add: Tool, broken: Tool, call: ToolCall, told: str
) -> None:
    state = await Agent(ScriptedLLM([call, "I see."]), tools=[add, broken]).run("Go")
    (result,) = (each for each in state.messages if each.role is Role.TOOL)
    assert told in result.content
    assert len(result.content) < 500
    assert "Traceback" not in result.content
    assert (state.status, state.text) == (AgentStatus.COMPLETED, "I see.")


async def test_a_tool_s_bug_is_logged_and_its_own_error_is_not(
    broken: Tool, add: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    calls = [ToolCall("c1", "broken", ""), ToolCall("c2", "add", "{")]
    await Agent(ScriptedLLM([calls, "I see."]), tools=[broken, add]).run("Go")
    (record,) = caplog.records
    assert record.getMessage().startswith("tool broken")
    assert record.exc_info is not None


async def test_a_malformed_question_comes_back_to_the_model() -> None:
    ask = ToolCall("c1", "request_human_input", '{"options": []}')
    state = await Agent(ScriptedLLM([ask, "Never mind."]), tools=[request_human_input]).run("Go")
    assert "question: Field required" in state.messages[-2].content
    assert state.text == "Never mind."


async def test_an_agent_whose_tools_keep_failing_says_so(broken: Tool) -> None:
    calls = [ToolCall(f"c{n}", "broken", "{}") for n in range(5)]
    llm = ScriptedLLM([*calls[:3], "It does not work."])
    state = await Agent(llm, tools=[broken]).run("Go")
    assert state.text == "It does not work."
    told = ["Do not call a tool again" in request.messages[0].content for request in llm.requests]
    assert told == [False, False, False, True]
    stubborn = await Agent(ScriptedLLM(calls), tools=[broken]).run("Go")
    assert stubborn.status is AgentStatus.FAILED
    assert stubborn.error is not None
    assert stubborn.error["code"] == "tools_failing"


async def test_the_budget_ends_a_turn(add: Tool) -> None:
    forever = [ToolCall(f"c{n}", "add", '{"a": 1}') for n in range(9)]
    llm = ScriptedLLM(forever)
    state = await Agent(llm, tools=[add], max_steps=3).run("Go")
    assert state.error is not None
    assert (state.status, state.error["code"], len(llm.requests)) == (
        AgentStatus.FAILED,
        "budget_exceeded",
        3,
    )


async def test_the_default_budget_is_ten_steps(add: Tool) -> None:
    llm = ScriptedLLM([ToolCall(f"c{n}", "add", '{"a": 1}') for n in range(12)])
    await Agent(llm, tools=[add]).run("Go")
    assert len(llm.requests) == 10


async def test_a_person_is_asked_and_answers() -> None:
    agent = Agent(ScriptedLLM([ASK, "Then I will."]), tools=[request_human_input])
    state = await agent.run("Go")
    assert state.status is AgentStatus.WAITING_HUMAN
    assert state.human_request is not None
    assert state.human_request.question == "Sure?"
    assert await agent.step(state) is state
    state = AgentState.from_json(state.to_json())
    with pytest.raises(NotFoundError, match="'c9' is not being asked"):
        agent.answer(state, "yes", "c9")
    answered = agent.answer(state, "yes", "c1")
    assert answered == agent.answer(state, "yes")
    with pytest.raises(ConflictError, match="not waiting"):
        agent.answer(answered, "yes")
    done = await agent.run(answered)
    assert (done.text, done.messages[-2].content) == ("Then I will.", "yes")


async def test_text_is_handed_out_as_it_arrives() -> None:
    heard: list[str] = []
    agent = Agent(ScriptedLLM(["Piece by piece."], piece=5))
    state = await agent.run("Go", on_delta=heard.append)
    assert heard == ["Piece", " by p", "iece."]
    assert "".join(heard) == state.text


async def test_a_model_that_is_down_fails_the_turn_with_what_was_heard() -> None:
    down = Fail(ProviderUnavailableError("Down."), after="Half an ans")
    state = await Agent(ScriptedLLM([down])).run("Go")
    assert (state.status, state.text) == (AgentStatus.FAILED, "Half an ans")
    assert state.error is not None
    assert state.error["code"] == "provider_unavailable"


async def test_a_programming_error_in_a_model_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        await Agent(ScriptedLLM([KeyError("x")])).run("Go")


async def test_effects_in_flight_elsewhere_are_left_alone() -> None:
    agent = Agent(ScriptedLLM(["Hi"]))
    state = AgentState(
        status=AgentStatus.RUNNING, messages=(Message(Role.USER, "Go"),), model_request=3, model_calls=1
    )
    with pytest.raises(ConflictError, match="in flight"):
        await agent.step(state)


async def test_earlier_turns_are_remembered() -> None:
    def recall(request: LLMRequest) -> str:
        return " / ".join(each.content for each in request.messages[1:])

    agent = Agent(ScriptedLLM(["Hi Ada.", recall]), purpose="Remember.")
    first = await agent.run("I am Ada.")
    second = await agent.run(agent.launch("Who am I?", first.messages))
    assert second.text == "I am Ada. / Hi Ada. / Who am I?"
    assert second.steps[0].content == "Who am I?"


async def test_memory_limits_what_the_model_sees() -> None:
    llm = ScriptedLLM(["ok"] * 9)
    agent = Agent(llm, memory=create_sliding_window_memory(window_size=3))
    history = [Message(role, str(n)) for n in range(6) for role in (Role.USER, Role.ASSISTANT)]
    await agent.run(agent.launch("now", history))
    assert [each.content for each in llm.requests[0].messages[1:]] == ["5", "5", "now"]


async def test_an_idempotency_key_names_run_and_request() -> None:
    seen: list[ToolContext] = []

    @tool(effect="idempotent")
    def pay(context: ToolContext) -> str:
        """Pay."""
        seen.append(context)
        return "paid"

    agent = Agent(ScriptedLLM([ToolCall("c1", "pay", ""), "Paid."]), tools=[pay])
    await agent.run(agent.launch("Go", run_id="r1"))
    await agent.run("Go")
    assert seen == [ToolContext("r1", "", "r1:5", "c1", attempt=1), ToolContext("", "", "", "c1", attempt=1)]


async def test_braces_from_outside_stay_braces(add: Tool) -> None:
    llm = ScriptedLLM([lambda request: request.messages[-1].content])
    agent = Agent(llm, name="{purpose}", purpose="{0.__class__}", tools=[add])
    state = await agent.run("{name} {} {0} %s")
    assert state.text == "{name} {} {0} %s"
    assert llm.requests[0].messages[0].content.startswith("You are {purpose}.\n\n{0.__class__}\n\n")


async def test_a_huge_tool_result_is_cut() -> None:
    @tool(effect="safe")
    def flood() -> list[int]:
        """A lot."""
        return list(range(1_000_000))

    state = await Agent(ScriptedLLM([ToolCall("c1", "flood", ""), "Too much."]), tools=[flood]).run("Go")
    assert len(state.messages[-2].content) < 17_000
    assert "[Cut: the first 16000 of" in state.messages[-2].content


async def test_one_tool_may_be_called_twice_under_one_id(add: Tool) -> None:
    calls = [ToolCall("same", "add", '{"a": 1}'), ToolCall("same", "add", '{"a": 10}')]
    state = await Agent(ScriptedLLM([calls, "2 and 11."]), tools=[add]).run("Go")
    assert [(each.tool_call_id, each.content) for each in state.messages[-3:-1]] == [
        ("same", "2"),
        ("call_4_1", "11"),
    ]


async def test_a_cancelled_step_leaves_the_state_as_it_was(add: Tool, passage: Callable[..., object]) -> None:
    @tool(effect="safe")
    async def hang() -> None:
        """Never ends."""
        await anyio.sleep_forever()

    agent = Agent(ScriptedLLM([ToolCall("c1", "hang", ""), "Hm."]), tools=[hang])
    state = await agent.step(agent.launch("Go"))
    with anyio.move_on_after(0.01) as scope:
        await agent.step(state)
    assert scope.cancelled_caught
    assert AgentState.from_json(state.to_json()) == state
