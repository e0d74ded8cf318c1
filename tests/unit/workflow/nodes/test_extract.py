"""`extract` nodes."""

from typing import Any

import pytest

from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.nodes.extract import EXTRACT
from liteagent.engine.workflow.services import Services
from liteagent.testing import ScriptedLLM
from liteagent.testing.scripted_llm import Reply
from tests.unit.workflow.nodes.making import check_form, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenModels

SCHEMA = {"name": {"type": "string"}, "age": {"type": "integer", "description": "In years."}}
WHOLE = {"type": "object", "properties": SCHEMA, "required": ["name"]}


def _node(*replies: Reply, **config: Any) -> tuple[Node, ScriptedLLM]:
    llm = ScriptedLLM(replies)
    return Node(EXTRACT, {"schema": SCHEMA, **config}, Services(model=WrittenModels(llm))), llm


def test_its_form() -> None:
    own = {"input", "schema", "instructions"}
    check_form(EXTRACT, own | {"provider", "model", "temperature", "max_output_tokens"}, {"schema"})


async def test_values_are_read_and_what_is_not_said_is_null() -> None:
    node, llm = _node('{"name": "Ada"}', input="Text: {{ inputs.text }}", instructions="In English.")
    outcome = await node.perform(inputs={"text": "I am Ada."})
    assert outcome.output == {"name": "Ada", "age": None}
    system, user = llm.requests[0].messages
    assert "Give null for what it does not say." in system.content
    assert "In English." in system.content
    assert "In years." in system.content
    assert user.content == "Text: I am Ada."
    assert node.safety is Safety.SAFE
    assert node.handler.names == {("inputs", "text")}
    assert outcome.usage is not None


async def test_values_are_checked_and_asked_for_once_more() -> None:
    node, llm = _node('{"age": "old", "extra": 1}', '{"name": null, "age": 36}')
    outcome = await node.perform(output="I am 36.")
    assert outcome.output == {"name": None, "age": 36}
    assert "age" in llm.requests[1].messages[-1].content
    assert "extra" in llm.requests[1].messages[-1].content
    node, _ = _node("Ada", "Ada")
    assert (await node.failure(output="")).error_code == "output_invalid"


async def test_a_whole_schema_is_taken_as_it_is() -> None:
    node, _ = _node('{"name": null}', '{"name": "Ada", "extra": 1}', schema=WHOLE)
    assert (await node.perform(output="")).output == {"name": "Ada", "extra": 1}


def test_its_output_is_known() -> None:
    assert output_schema(EXTRACT, {"schema": WHOLE}) == WHOLE
    schema = output_schema(EXTRACT, {"schema": SCHEMA})
    assert schema["properties"]["name"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"schema": {"a": "string"}}, "schema.a"),
        ({"schema": {"a": {"type": "text"}}}, "schema.a.type"),
        ({"schema": {"type": "object", "oneOf": []}}, "schema.oneOf"),
        ({"schema": SCHEMA, "input": "{{ 1 + }}"}, "input"),
        ({"schema": SCHEMA, "instructions": "{{ 1 + }}"}, "instructions"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(EXTRACT, config).details["field"] == field


def test_what_its_model_does_not_accept() -> None:
    assert "schema" in misfit(EXTRACT, {})
    assert "schema" in misfit(EXTRACT, {"schema": {}})


async def test_without_models_it_says_what_to_do() -> None:
    error = await Node(EXTRACT, {"schema": SCHEMA}).failure(output="")
    assert error.error_code == "not_configured"
