"""`answer`: what a user reads."""

import pytest

from liteagent.engine.workflow.expressions import Expression, ExpressionError
from liteagent.engine.workflow.nodes.answer import ANSWER, AnswerHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal


def test_its_output_is_the_rendered_text() -> None:
    handler = make(ANSWER, AnswerHandler, {"text": "{{ n }} of {{ inputs.all }}"})
    assert handler.evaluate({"n": 1, "inputs": {"all": 2}}).output == "1 of 2"
    assert handler.names == {("n",), ("inputs", "all")}


def test_one_expression_alone_is_text_too() -> None:
    assert make(ANSWER, AnswerHandler, {"text": "{{ n }}"}).evaluate({"n": 1}).output == "1"


def test_its_parts_are_in_the_order_in_which_they_are_read() -> None:
    parts = make(ANSWER, AnswerHandler, {"text": "So: {{ a.output }}, {{ b.output }}!"}).parts
    assert [part.text if isinstance(part, Expression) else part for part in parts] == [
        "So: ",
        "a.output",
        ", ",
        "b.output",
        "!",
    ]


def test_what_is_missing_fails_the_node() -> None:
    with pytest.raises(ExpressionError):
        make(ANSWER, AnswerHandler, {"text": "{{ gone }}"}).evaluate({})


def test_a_template_that_does_not_parse_is_refused_with_its_place() -> None:
    details = refusal(ANSWER, {"text": "Hello {{ name"}).details
    assert (details["field"], details["position"]) == ("text", 6)


def test_its_form_and_schema() -> None:
    check_form(ANSWER, {"text"}, {"text"})
    assert labels(ANSWER, {"text": ""}) == ()
    assert output_schema(ANSWER, {"text": ""}) == {"type": "string"}
    assert "text" in misfit(ANSWER, {"text": 1})
    assert "text" in misfit(ANSWER, {})
