"""Factor 12, a stateless reducer: the same events fold to the same state, and decide alike."""

from hypothesis import given
from hypothesis import strategies as st

from liteagent import Agent, tool
from liteagent.contracts.json import dump
from liteagent.contracts.messages import ToolCall
from liteagent.contracts.runs import Event, NewRun, RunStatus
from liteagent.engine.agent.events import TurnInputs
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.agent.state import AgentState
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.protocol import Program, RunKind, fold
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.testing import ManualClock, ScriptedLLM


@tool(effect="safe")
def look() -> str:
    """Look."""
    return "seen"


def _agent() -> Agent:
    helper = Agent(ScriptedLLM([ToolCall("1", "look", "{}"), "Found."]), tools=[look])
    calls = [ToolCall("1", "look", "{}"), ToolCall("2", "ask_helper", '{"task": "Find it."}')]
    return Agent(ScriptedLLM([calls, "Done."]), tools=[look], agents={"helper": helper})


async def _events(agent: Agent) -> list[Event]:
    """The journal of a run of the agent on the platform's driver."""
    journal, clock = MemoryJournal(ManualClock()), ManualClock()
    program = Program(AgentReducer(agent.definition), agent.performers)
    kinds = {"chat": RunKind("chat", lambda _record, _started: program)}
    driver = Driver(journal, kinds, owner_id="w", clock=clock, streams=MemoryStreams())
    await journal.start(NewRun("r", "w", "u", "chat", dump(TurnInputs("Go")), dump(agent.definition)))
    assert (await driver.advance("r")).status is RunStatus.COMPLETED
    return list(await journal.read("r"))


async def test_every_prefix_folds_to_a_state_that_survives_json_and_decides_alike() -> None:
    agent = _agent()
    events = await _events(agent)
    assert {each.type for each in events} >= {"agent.started", "agent.completed", "tool.completed"}
    one, two = AgentReducer(agent.definition), AgentReducer(_agent().definition)
    for length in range(1, len(events) + 1):
        state = fold(one, events[:length])
        assert state == fold(two, events[:length])
        assert AgentState.from_json(state.to_json()) == state
        assert one.decide(state) == two.decide(state)


@given(st.text(max_size=200))
def test_deciding_changes_nothing(message: str) -> None:
    agent = Agent(ScriptedLLM([]))
    state = agent.launch(message)
    before = state.to_json()
    reducer = AgentReducer(agent.definition)
    assert reducer.decide(state) == reducer.decide(state)
    assert state.to_json() == before
