"""The same reducer and performers under the journaled driver: the state they come to is the library's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from liteagent.contracts.errors import ProviderUnavailableError
from liteagent.contracts.json import dump, load
from liteagent.contracts.llm import consumption
from liteagent.contracts.messages import ToolCall
from liteagent.contracts.runs import EventDraft, NewRun, RunRecord, RunStatus
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import TurnInputs
from liteagent.engine.agent.human import request_human_input
from liteagent.engine.agent.knowledge import knowledge_tool
from liteagent.engine.agent.performers import ModelPerformer, ToolPerformer
from liteagent.engine.agent.rag_agent import RAGAgent
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.tools import Tool
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.protocol import Program, RunKind, fold
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.testing import Fail, ManualClock, ScriptedLLM

SCRIPT = (
    [
        ToolCall("c1", "search_knowledge", '{"query": "one"}'),
        ToolCall("c2", "add", '{"a": 2}'),
        ToolCall("c3", "search_knowledge", '{"query": "two"}'),
        ToolCall("c4", "add", "{"),
        ToolCall("c5", "request_human_input", '{"question": "Sure?"}'),
    ],
    "By two [2] and one [1].",
)


class Platform:
    """Runs agent turns the way the platform does."""

    def __init__(self, llm: ScriptedLLM, tools: Sequence[Tool]) -> None:
        self.llm, self.tools = llm, tools
        self.journal = MemoryJournal(ManualClock())
        kinds = {"chat": RunKind("chat", self.open)}
        self.driver = Driver(self.journal, kinds, owner_id="w", clock=ManualClock(), streams=MemoryStreams())

    def open(self, _record: RunRecord, started: Mapping[str, Any]) -> Program[AgentState]:
        definition = load(AgentDefinition, started["definition"])
        return Program(
            AgentReducer(definition),
            {
                "model": ModelPerformer(definition, self.llm),
                "tool": ToolPerformer(definition, self.tools),
            },
        )

    async def start(self, definition: AgentDefinition, message: str) -> None:
        inputs = dump(TurnInputs(message))
        await self.journal.start(NewRun("r", "w", "u", "chat", inputs, dump(definition)))


def yes(_record: RunRecord, _ledger: Ledger) -> EventDraft:
    return EventDraft("human.answered", {"request_id": "c5", "answer": "yes", "by": "u"})


async def test_the_driver_comes_to_the_library_s_state(retriever: Callable[..., Any], add: Tool) -> None:
    source = retriever({"one": ["a"], "two": ["b"]})
    agent = RAGAgent(ScriptedLLM(SCRIPT), source, tools=[add, request_human_input])
    waiting = await agent.run(agent.launch("Go", run_id="r"))
    state = await agent.run(agent.answer(waiting, "yes"))

    platform = Platform(ScriptedLLM(SCRIPT), [knowledge_tool(source), add])
    await platform.start(agent.definition, "Go")
    assert (await platform.driver.advance("r")).status is RunStatus.WAITING_HUMAN
    await platform.driver.signal("r", yes)
    assert (await platform.driver.advance("r")).status is RunStatus.COMPLETED

    events = await platform.journal.read("r")
    reducer = AgentReducer(agent.definition)
    folded = fold(reducer, events)
    assert replace(folded, started_at=0.0, at=0.0, waited=0.0) == state
    assert state.text == "By two [2] and one [1]."
    assert events[-1].payload["usage"] == consumption(state.usage, state.cost, state.unpriced)
    for length in range(len(events)):
        partial = fold(reducer, events[:length])
        assert AgentState.from_json(partial.to_json()) == partial
        reducer.decide(partial)


async def test_a_cut_stream_is_a_failed_run_with_a_partial_answer() -> None:
    platform = Platform(ScriptedLLM([Fail(ProviderUnavailableError("Cut."), after="Half an")]), [])
    await platform.start(AgentDefinition(), "Go")
    assert (await platform.driver.advance("r")).status is RunStatus.FAILED
    last = (await platform.journal.read("r"))[-1]
    assert last.payload["outputs"] == {"partial": "Half an"}
    assert last.payload["error"] == ProviderUnavailableError("Cut.").to_json()


@pytest.mark.parametrize("name", ["secret", "add"])
async def test_a_tool_that_is_not_offered_is_not_called(add: Tool, name: str) -> None:
    platform = Platform(ScriptedLLM([ToolCall("c1", name, '{"a": 1}'), "I cannot."]), [add])
    await platform.start(AgentDefinition(), "Go")
    assert (await platform.driver.advance("r")).status is RunStatus.COMPLETED
    (failed,) = [each for each in await platform.journal.read("r") if each.type == "tool.failed"]
    error: Any = failed.payload["error"]
    assert (error["code"], error["message"]) == ("unknown_tool", f"There is no tool {name!r}. Known: none.")
