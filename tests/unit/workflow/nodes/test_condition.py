"""`condition`: an expression or an installed condition."""

from typing import Any

import pytest

from liteagent.contracts.errors import NotFoundError, ToolError
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import Outcome
from liteagent.engine.workflow.nodes.condition import CONDITION, ConditionHandler, PluggedConditionHandler
from liteagent.engine.workflow.services import NodeFunction, Services
from tests.unit.workflow.nodes.making import (
    Outside,
    check_form,
    labels,
    make,
    misfit,
    output_schema,
    perform,
    refusal,
)


def plugged(condition: NodeFunction, arguments: dict[str, Any] | None = None) -> PluggedConditionHandler:
    config = {"condition": "known", **({"with": arguments} if arguments else {})}
    outside = Outside(services=Services(conditions={"known": condition}))
    return make(CONDITION, PluggedConditionHandler, config, outside)


@pytest.mark.parametrize(("score", "holds"), [(9, True), (1, False)])
def test_an_expression_says_which_way(score: int, holds: bool) -> None:
    handler = make(CONDITION, ConditionHandler, {"when": "rate.output > 5"})
    outcome = handler.evaluate({"rate": {"output": score}})
    assert outcome == Outcome(output=holds, label="true" if holds else "false")
    assert handler.names == {("rate", "output")}


@pytest.mark.parametrize("value", [None, 0, "", [], {}])
def test_what_is_empty_does_not_hold_and_the_output_is_a_boolean(value: Any) -> None:
    outcome = make(CONDITION, ConditionHandler, {"when": "output"}).evaluate({"output": value})
    assert outcome == Outcome(output=False, label="false")


def test_an_expression_without_a_value_fails_the_node() -> None:
    with pytest.raises(ExpressionError):
        make(CONDITION, ConditionHandler, {"when": "a < 1"}).evaluate({"a": "x"})


async def test_an_installed_condition_is_given_the_scope_and_its_arguments() -> None:
    def above(scope: Any, least: int) -> bool:
        return scope["output"] > least

    handler = plugged(above, {"least": "{{ inputs.least }}"})
    assert handler.safety is Safety.SAFE
    assert handler.names == {("inputs", "least")}
    assert await perform(handler, {"output": 3, "inputs": {"least": 2}}) == Outcome(True, "true")
    assert await perform(handler, {"output": 1, "inputs": {"least": 2}}) == Outcome(False, "false")


async def test_an_installed_condition_may_be_async_and_return_anything() -> None:
    async def found(scope: Any) -> list[int]:
        return scope["output"]

    assert await perform(plugged(found), {"output": [1]}) == Outcome(True, "true")


async def test_what_an_installed_condition_raises_is_an_error_of_its_node() -> None:
    def broken(scope: Any) -> bool:
        raise KeyError("score")

    with pytest.raises(ToolError, match="KeyError") as caught:
        await perform(plugged(broken), {})
    assert caught.value.error_code == "function_failed"


async def test_our_own_errors_come_through_as_they_are() -> None:
    def missing(scope: Any) -> bool:
        raise NotFoundError("There is no such thing.")

    with pytest.raises(NotFoundError):
        await perform(plugged(missing), {})


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "when"),
        ({"when": "true", "condition": "known"}, "condition"),
        ({"when": "true", "with": {"a": 1}}, "with"),
        ({"when": "a b"}, "when"),
        ({"condition": "unknown"}, "condition"),
    ],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(CONDITION, config).details["field"] == field


def test_an_argument_that_does_not_parse_is_refused() -> None:
    outside = Outside(services=Services(conditions={"known": bool}))
    error = refusal(CONDITION, {"condition": "known", "with": {"a": "{{"}}, outside)
    assert (error.details["field"], error.details["at"]) == ("with", "a")


def test_its_form_and_labels() -> None:
    check_form(CONDITION, {"when", "condition", "with"})
    assert labels(CONDITION, {"when": "true"}) == ("true", "false")
    assert output_schema(CONDITION, {"when": "true"}) == {"type": "boolean"}
    assert "when" in misfit(CONDITION, {"when": True})
