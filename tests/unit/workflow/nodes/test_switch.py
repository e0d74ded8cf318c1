"""`switch`: the first case that holds."""

from typing import Any

import pytest

from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import Outcome
from liteagent.engine.workflow.nodes.switch import SWITCH, SwitchHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal

SIZES = {"cases": {"big": "n > 100", "medium": "n > 10"}}


@pytest.mark.parametrize(("n", "case"), [(500, "big"), (50, "medium"), (5, "default")])
def test_the_first_case_that_holds_is_label_and_output(n: int, case: str) -> None:
    assert make(SWITCH, SwitchHandler, SIZES).evaluate({"n": n}) == Outcome(case, case)


def test_what_comes_after_it_is_not_evaluated() -> None:
    handler = make(SWITCH, SwitchHandler, {"cases": {"yes": "a", "never": "gone.output"}})
    assert handler.evaluate({"a": 1}).label == "yes"
    assert handler.names == {("a",), ("gone", "output")}
    with pytest.raises(ExpressionError):
        handler.evaluate({"a": 0})


def test_a_case_that_does_not_parse_is_refused_by_name() -> None:
    assert refusal(SWITCH, {"cases": {"a": "1", "b": "x +"}}).details["field"] == "cases.b"


@pytest.mark.parametrize("cases", [{}, {"default": "a"}, {"error": "a"}, {"": "a"}, {"a": 1}, ["a"]])
def test_cases_that_cannot_be_are_refused(cases: Any) -> None:
    assert "cases" in misfit(SWITCH, {"cases": cases})


def test_its_form_and_labels() -> None:
    check_form(SWITCH, {"cases"}, {"cases"})
    assert labels(SWITCH, SIZES) == ("big", "medium", "default")
    assert output_schema(SWITCH, SIZES)["enum"] == ["big", "medium", "default"]
