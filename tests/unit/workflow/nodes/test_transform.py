"""`transform`: a value, an expression, or an installed transformer."""

from typing import Any

import pytest

from liteagent.contracts.errors import ToolError
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.nodes.transform import TRANSFORM, PluggedTransformHandler, TransformHandler
from liteagent.engine.workflow.services import NodeFunction, Services
from tests.unit.workflow.nodes.making import Outside, check_form, labels, make, misfit, perform, refusal


def plugged(transformer: NodeFunction, arguments: dict[str, Any] | None = None) -> PluggedTransformHandler:
    config = {"transformer": "known", **({"with": arguments} if arguments else {})}
    outside = Outside(services=Services(transformers={"known": transformer}))
    return make(TRANSFORM, PluggedTransformHandler, config, outside)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("{{ output.n }}", 2),
        ("n is {{ output.n }}", "n is 2"),
        ({"a": ["{{ output.n }}", True]}, {"a": [2, True]}),
        (None, None),
        ("plain", "plain"),
    ],
)
def test_a_value_is_rendered(value: Any, result: Any) -> None:
    handler = make(TRANSFORM, TransformHandler, {"value": value})
    assert handler.evaluate({"output": {"n": 2}}).output == result


def test_an_expression_is_evaluated() -> None:
    handler = make(TRANSFORM, TransformHandler, {"expression": "output.n + 1"})
    assert handler.evaluate({"output": {"n": 2}}).output == 3
    assert handler.names == {("output", "n")}


@pytest.mark.parametrize("config", [{"value": "{{ gone }}"}, {"expression": "gone"}])
def test_what_is_missing_fails_the_node(config: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError):
        make(TRANSFORM, TransformHandler, config).evaluate({})


async def test_a_transformer_is_given_the_output_before_and_its_arguments() -> None:
    async def shorten(value: str, to: int) -> str:
        return value[:to]

    handler = plugged(shorten, {"to": "{{ inputs.to }}"})
    assert handler.safety is Safety.SAFE
    assert handler.names == {("inputs", "to"), ("output",)}
    assert (await perform(handler, {"output": "abcdef", "inputs": {"to": 3}})).output == "abc"


async def test_a_transformer_may_be_sync() -> None:
    assert (await perform(plugged(str.upper), {"output": "a"})).output == "A"


async def test_a_transformer_that_fails_or_gives_no_json_fails_the_node() -> None:
    def no_json(value: Any) -> Any:
        return {"at": object()}

    with pytest.raises(ToolError) as failed:
        await perform(plugged(str.upper), {"output": 1})
    assert failed.value.error_code == "function_failed"
    with pytest.raises(ToolError) as odd:
        await perform(plugged(no_json), {"output": 1})
    assert odd.value.error_code == "result_not_json"


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "value"),
        ({"value": 1, "expression": "1"}, "expression"),
        ({"expression": "1", "transformer": "known"}, "transformer"),
        ({"value": 1, "with": {"a": 1}}, "with"),
        ({"value": {"a": "{{ 1 +"}}, "value"),
        ({"expression": "1 +"}, "expression"),
        ({"transformer": "unknown"}, "transformer"),
    ],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(TRANSFORM, config).details["field"] == field


def test_its_form() -> None:
    check_form(TRANSFORM, {"value", "expression", "transformer", "with"})
    assert labels(TRANSFORM, {"value": 1}) == ()
    assert "expression" in misfit(TRANSFORM, {"expression": 1})
