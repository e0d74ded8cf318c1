"""`assign`: variables of a run."""

from typing import Any

import pytest

from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import Outcome
from liteagent.engine.workflow.nodes.assign import ASSIGN, AssignHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal


def test_values_are_rendered_from_the_variables_as_they_were() -> None:
    config = {"set": {"a": "{{ vars.b }}", "b": "{{ vars.a }}"}, "append": {"seen": "{{ output }}"}}
    handler = make(ASSIGN, AssignHandler, config)
    found = handler.evaluate({"vars": {"a": 1, "b": 2}, "output": "x"})
    assert found == Outcome(assign={"set": {"a": 2, "b": 1}, "append": {"seen": "x"}})
    assert found.output is None, "the values stand in the journal once"
    assert handler.names == {("vars", "a"), ("vars", "b"), ("output",)}


def test_what_is_not_asked_for_is_not_in_the_changes() -> None:
    assert make(ASSIGN, AssignHandler, {"set": {"a": 1}}).evaluate({}).assign == {"set": {"a": 1}}
    assert make(ASSIGN, AssignHandler, {"append": {"a": [1]}}).evaluate({}).assign == {"append": {"a": [1]}}


def test_what_is_missing_fails_the_node() -> None:
    with pytest.raises(ExpressionError):
        make(ASSIGN, AssignHandler, {"set": {"a": "{{ gone }}"}}).evaluate({})


@pytest.mark.parametrize("name", ["_hidden", "two words", "1st", "", "class", "a.b", "a-b"])
@pytest.mark.parametrize("how", ["set", "append"])
def test_a_name_that_no_expression_could_read_is_refused(how: str, name: str) -> None:
    assert how in misfit(ASSIGN, {how: {name: 1}})


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "set"),
        ({"set": {"a": 1}, "append": {"a": 1}}, "append"),
        ({"set": {"a": "{{"}}, "set"),
        ({"append": {"a": "{{ 1 + }}"}}, "append"),
    ],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(ASSIGN, config).details["field"] == field


def test_its_form_and_schema() -> None:
    check_form(ASSIGN, {"set", "append"})
    assert labels(ASSIGN, {"set": {"a": 1}}) == ()
    assert output_schema(ASSIGN, {"set": {"a": 1}, "append": {"b": 1}}) == {"type": "null"}
