"""`end`: hands out the outputs."""

import pytest

from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.nodes.end import END, EndHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal


def test_outputs_are_rendered_and_keep_their_types() -> None:
    config = {"outputs": {"label": "{{ classify.output.label }}", "text": "Is {{ n }}", "fixed": [1, None]}}
    handler = make(END, EndHandler, config)
    outcome = handler.evaluate({"classify": {"output": {"label": {"a": 1}}}, "n": 2})
    assert outcome.output == {"label": {"a": 1}, "text": "Is 2", "fixed": [1, None]}
    assert handler.names == {("classify", "output", "label"), ("n",)}


def test_without_outputs_it_hands_on_what_came_in() -> None:
    handler = make(END, EndHandler, {})
    assert handler.evaluate({"input": {"output": "urgent"}}).output == {"output": "urgent"}
    assert handler.names == {("input",)}


def test_an_output_that_is_not_there_fails_the_node() -> None:
    handler = make(END, EndHandler, {"outputs": {"x": "{{ gone.output }}"}})
    with pytest.raises(ExpressionError) as caught:
        handler.evaluate({"inputs": {}})
    assert caught.value.error_code == "expression_failed"
    assert caught.value.details["at"] == "x"


def test_a_template_that_does_not_parse_is_refused_with_its_place() -> None:
    error = refusal(END, {"outputs": {"x": "Hello {{ a b }}"}})
    assert error.details["field"] == "outputs"
    assert error.details["at"] == "x"
    assert error.details["position"] == 11
    assert error.details["reason"]


def test_its_form_and_schema() -> None:
    check_form(END, {"outputs"})
    assert labels(END, {}) == ()
    assert output_schema(END, {}) == {"type": "object"}
    assert output_schema(END, {"outputs": {"x": 1}})["required"] == ["x"]
    assert "outputs" in misfit(END, {"outputs": [1]})
