"""`agent` nodes, over the agent itself."""

from typing import Any

import anyio
import pytest

from liteagent.contracts.errors import ConfigurationError, ToolError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import Event, RunStatus
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.performers import ModelPerformer
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.runs.protocol import EffectContext, Finish, Perform, Program
from liteagent.engine.workflow.handler import Outcome, ProgramHandler
from liteagent.engine.workflow.nodes.agent import AGENT
from liteagent.engine.workflow.services import Services
from liteagent.testing import ScriptedLLM
from tests.unit.workflow.nodes.making import check_form, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node

SCHEMA = {"type": "object", "properties": {"urgent": {"type": "boolean"}}, "required": ["urgent"]}


class _Agents:
    """Opens agents whose model has written replies."""

    def __init__(self, *replies: str) -> None:
        self.llm = ScriptedLLM(replies)
        self.pins: list[JsonValue] = []

    def __call__(self, pin: JsonValue) -> Program[Any]:
        self.pins.append(pin)
        definition = AgentDefinition(purpose="Help.")
        return Program(AgentReducer(definition), {"model": ModelPerformer(definition, self.llm)})


def _handler(agents: _Agents | None, pin: JsonValue = None, **config: Any) -> ProgramHandler:
    handler = Node(AGENT, {"purpose": "Help.", **config}, Services(agent=agents), pin).handler
    assert isinstance(handler, ProgramHandler)
    return handler


def _turn(handler: ProgramHandler, **scope: Any) -> Outcome:
    """The outcome of the node's whole turn: one call of the model."""
    program = handler.program()
    reducer = program.reducer
    state = reducer.apply(reducer.initial, Event("run", 1, "run.started", handler.start(scope), 0.0))
    state = reducer.apply(state, Event("run", 2, "run.claimed", {}, 0.0))
    decision = reducer.decide(state)
    assert isinstance(decision, Perform)
    (effect,) = decision.effects
    request = effect.request()
    state = reducer.apply(state, Event("run", 3, request.type, request.payload, 0.0))
    context = EffectContext("run", "workspace", "run:3", 1, lambda _: None)
    result = anyio.run(program.performers["model"], effect, state, context)
    state = reducer.apply(state, Event("run", 4, "model.completed", result.payload, 0.0, 3))
    end = reducer.decide(state)
    assert isinstance(end, Finish)
    assert end.status is RunStatus.COMPLETED
    return handler.outcome(end.outputs, end.usage)


def test_its_form() -> None:
    own = {"purpose", "agent", "input", "output"}
    check_form(AGENT, own | {"provider", "model", "temperature", "max_output_tokens", "max_steps"})


def test_a_turn_is_a_run_inside_the_run() -> None:
    agents = _Agents("Hello Ada")
    handler = _handler(agents)
    outcome = _turn(handler, output="I am Ada")
    assert outcome.output == "Hello Ada"
    assert agents.llm.requests[0].messages[-1].content == "I am Ada"
    assert outcome.usage is not None
    assert outcome.usage["output"] == 2
    assert outcome.detail is None
    assert handler.names == {("output",)}


def test_the_start_is_what_an_agents_run_starts_with() -> None:
    handler = _handler(_Agents(), input="Look at {{ inputs.ticket }}")
    start = handler.start({"inputs": {"ticket": {"id": 7}}})
    message = 'Look at {"id":7}'
    assert start == {"inputs": {"message": message, "history": []}, "definition": {}}


def test_the_program_is_opened_once() -> None:
    agents = _Agents()
    handler = _handler(agents)
    assert handler.program() is handler.program()
    assert len(agents.pins) == 1


@pytest.mark.parametrize(
    ("pin", "config", "opened"),
    [
        (None, {}, {"purpose": "Help."}),
        (
            None,
            {"provider": "main", "temperature": 0, "max_steps": 3},
            {"purpose": "Help.", "provider": "main", "temperature": 0, "max_steps": 3},
        ),
        (None, {"purpose": None, "agent": "support"}, {"agent": "support"}),
        ({"agent_id": "7"}, {"purpose": None, "agent": "support"}, {"agent_id": "7"}),
    ],
)
def test_which_agent_is_opened(pin: JsonValue, config: dict[str, Any], opened: JsonValue) -> None:
    agents = _Agents()
    _handler(agents, pin, **config).start({"output": ""})
    assert agents.pins == [opened]


def test_a_schema_is_told_and_read() -> None:
    agents = _Agents('```json\n{"urgent": true}\n```')
    outcome = _turn(_handler(agents, output=SCHEMA), output="It burns")
    assert outcome.output == {"urgent": True}
    assert '"required":["urgent"]' in agents.llm.requests[0].messages[-1].content


def test_an_answer_that_does_not_fit_fails_the_node() -> None:
    handler = _handler(_Agents(), output=SCHEMA)
    with pytest.raises(ToolError, match="not valid JSON") as caught:
        handler.outcome({"message": {"role": "assistant", "content": "Maybe"}}, None)
    assert caught.value.error_code == "output_invalid"


def test_citations_are_kept_for_people() -> None:
    message = {"content": "So [1].", "citations": [{"marker": 1}]}
    outcome = _handler(_Agents()).outcome({"message": message}, {"input": 1})
    assert outcome == Outcome("So [1].", detail={"citations": [{"marker": 1}]}, usage={"input": 1})


def test_without_agents_the_start_says_what_to_do() -> None:
    handler = _handler(None)
    with pytest.raises(ConfigurationError, match="No agent configured"):
        handler.start({"output": ""})


def test_its_output_is_known() -> None:
    assert output_schema(AGENT, {"purpose": "a"}) == {"type": "string"}
    assert output_schema(AGENT, {"purpose": "a", "output": SCHEMA}) == SCHEMA


def test_what_cannot_be_used_is_refused_by_field() -> None:
    assert refusal(AGENT, {"purpose": "a", "input": "{{"}).details["field"] == "input"
    assert refusal(AGENT, {"purpose": "a", "output": {"type": "x"}}).details["field"] == "output.type"


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({}, "either `purpose`"),
        ({"purpose": "a", "agent": "b"}, "either `purpose`"),
        ({"agent": "b", "temperature": 1}, "`temperature` belongs to the agent 'b'"),
        ({"purpose": "a", "max_steps": 0}, "max_steps"),
    ],
)
def test_what_its_model_does_not_accept(config: dict[str, Any], word: str) -> None:
    assert word in misfit(AGENT, config)
