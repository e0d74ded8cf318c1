"""Factor 4, tools are structured outputs: choosing a tool and calling it are two steps, with room between."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from liteagent import Agent, AgentState, tool
from liteagent.contracts.json import dump
from liteagent.contracts.llm import LLMItem, LLMRequest
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.contracts.runs import NewRun, RunStatus
from liteagent.contracts.tools import ToolDefinition
from liteagent.engine.agent.events import TurnInputs
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.agent.state import PendingCall
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.protocol import Program, RunKind
from liteagent.engine.runs.signals import pause, resume
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.testing import ManualClock, ScriptedLLM
from liteagent.testing.scripted_llm import Reply

WEATHER = ToolDefinition("weather", "The weather.", {"type": "object", "properties": {}})
SCHEMA = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}


class _PausingLLM(ScriptedLLM):
    """Somebody wants a pause while it is asked."""

    def __init__(self, replies: Sequence[Reply], asked: Callable[[], Awaitable[None]]) -> None:
        super().__init__(replies)
        self.paused = False
        self._asked = asked

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        await self._asked()
        async for item in super().stream(request):
            yield item


async def test_a_caller_sees_the_choice_before_anything_is_done() -> None:
    done: list[str] = []

    @tool
    def ship(version: str) -> str:
        """Ship a version."""
        done.append(version)
        return "shipped"

    llm = ScriptedLLM([ToolCall("1", "ship", '{"version": "2"}'), "Shipped."])
    agent = Agent(llm, tools=[ship])
    chosen = await agent.step(agent.launch("Ship it"))
    assert [pending.call.name for pending in chosen.calls] == ["ship"]
    assert done == []
    stored = AgentState.from_json(chosen.to_json())
    dropped = replace(
        stored, calls=(PendingCall(replace(stored.calls[0].call, arguments='{"version": "3"}')),)
    )
    assert (await agent.run(dropped)).text == "Shipped."
    assert done == ["3"]


async def test_a_run_can_be_paused_between_choosing_and_calling() -> None:
    done: list[str] = []

    @tool
    def ship() -> str:
        """Ship."""
        done.append("shipped")
        return "shipped"

    journal = MemoryJournal(ManualClock())

    async def wait_here() -> None:
        if not done and not llm.paused:
            llm.paused = True
            await driver.signal("r", pause(by="somebody"))

    llm = _PausingLLM([ToolCall("1", "ship", "{}"), "Shipped."], wait_here)
    agent = Agent(llm, tools=[ship])
    program = Program(AgentReducer(agent.definition), agent.performers)
    kinds = {"chat": RunKind("chat", lambda _record, _started: program)}
    driver = Driver(journal, kinds, owner_id="w", clock=ManualClock(), streams=MemoryStreams())
    inputs = dump(TurnInputs("Ship it"))
    await journal.start(NewRun("r", "w", "u", "chat", inputs, dump(agent.definition)))
    assert (await driver.advance("r")).status is RunStatus.PAUSED
    types = [event.type for event in await journal.read("r")]
    assert "model.completed" in types
    assert "tool.requested" not in types
    assert done == []
    await driver.signal("r", resume(by="somebody"))
    assert (await driver.advance("r")).status is RunStatus.COMPLETED
    assert done == ["shipped"]


async def test_a_tool_may_be_the_clients() -> None:
    """The turn ends with the call; whoever asked makes it, and goes on with a new turn and no state here."""

    @tool(effect="safe")
    def clock() -> str:
        """The time."""
        return "noon"

    calls = [ToolCall("1", "clock", "{}"), ToolCall("2", "weather", "{}")]
    llm = ScriptedLLM([calls, "Sunny at noon."])
    agent = Agent(llm, tools=[clock], client_tools=[WEATHER])
    asked = await agent.run("Weather?")
    assert asked.status is RunStatus.COMPLETED
    assert asked.finish_reason in ("stop", "tool_calls")
    assert asked.output is not None
    assert [call.name for call in asked.output.tool_calls] == ["weather"]
    history = [
        Message(Role.USER, "Weather?"),
        asked.output,
        Message(Role.TOOL, "sunny", tool_call_id="2"),
    ]
    state = await agent.run(agent.launch("", history=history))
    assert state.text == "Sunny at noon."
    assert [each.role for each in llm.requests[-1].messages] == ["system", "user", "assistant", "tool"]


async def test_an_answer_has_the_shape_that_was_asked_for_or_is_mended_once() -> None:
    llm = ScriptedLLM(["Good!", '{"mood": "good"}'])
    state = await Agent(llm, output_schema=SCHEMA).run("How are you?")
    assert state.text == '{"mood": "good"}'
    assert state.repairs == 1
    assert llm.requests[0].output_schema is not None
    assert "not valid JSON" in llm.requests[1].messages[-1].content
    never = await Agent(ScriptedLLM(["Good!", '{"mood": "so so"}']), output_schema=SCHEMA).run("Well?")
    assert never.status is RunStatus.FAILED
    assert never.error is not None
    assert "mood" in str(never.error["message"])
