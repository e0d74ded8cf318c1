"""`human`: a question and its answer."""

from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import Outcome
from liteagent.engine.workflow.nodes.human import HUMAN, HumanNodeHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"reason": {"type": "string"}},
    "required": ["reason"],
}


def human(**config: Any) -> HumanNodeHandler:
    return make(HUMAN, HumanNodeHandler, {"question": "Go on?", **config})


def test_a_question_alone() -> None:
    assert human().ask({}, 100.0) == {"question": "Go on?"}


def test_everything_that_can_be_asked_is_rendered() -> None:
    handler = human(
        question="Page {{ inputs.whom }}?",
        options=["yes", "no"],
        who=["{{ inputs.owner }}", "admin"],
        timeout=60,
        context={"ticket": "{{ classify.output }}"},
    )
    scope = {"inputs": {"whom": "Ann", "owner": "bob@example.org"}, "classify": {"output": {"urgent": True}}}
    assert handler.ask(scope, 100.0) == {
        "question": "Page Ann?",
        "options": ["yes", "no"],
        "who": ["bob@example.org", "admin"],
        "until": 160.0,
        "context": {"ticket": {"urgent": True}},
    }
    assert handler.names == {("inputs", "whom"), ("inputs", "owner"), ("classify", "output")}


def test_a_question_is_text_whatever_it_is_made_of() -> None:
    assert human(question="{{ output }}").ask({"output": 3}, 0)["question"] == "3"


def test_an_option_is_output_and_label() -> None:
    handler = human(options=["yes", "no"])
    assert handler.answered("no") == Outcome("no", "no")
    for odd in ("maybe", None, ["no"], True):
        with pytest.raises(InvalidInputError, match="yes, no") as caught:
            handler.answered(odd)
        assert caught.value.error_code == "answer_invalid"


def test_a_form_is_answered_with_an_object() -> None:
    handler = human(form=FORM)
    assert handler.ask({}, 0)["form"] == FORM
    assert handler.answered({"reason": "late"}) == Outcome({"reason": "late"})
    with pytest.raises(InvalidInputError) as caught:
        handler.answered("late")
    assert caught.value.error_code == "answer_invalid"


@pytest.mark.parametrize("answer", ["free text", 3, None, ["a"]])
def test_without_options_any_answer_is_the_output(answer: Any) -> None:
    assert human().answered(answer) == Outcome(answer)


def test_no_answer_in_time_is_null_on_the_way_for_timeouts() -> None:
    assert human(timeout=1).expired() == Outcome(None, "timeout")


def test_what_is_missing_fails_the_node() -> None:
    with pytest.raises(ExpressionError):
        human(question="{{ gone }}").ask({}, 0)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ()),
        ({"options": ["yes", "no"]}, ("yes", "no")),
        ({"options": ["yes"], "timeout": 5}, ("yes", "timeout")),
        ({"timeout": 5}, ("timeout",)),
    ],
)
def test_its_labels(config: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert labels(HUMAN, {"question": "?", **config}) == expected


@pytest.mark.parametrize(
    ("config", "schema"),
    [
        ({}, {}),
        ({"timeout": 5}, {}),
        ({"options": ["yes"]}, {"type": "string", "enum": ["yes"]}),
        ({"form": FORM}, FORM),
        (
            {"options": ["yes"], "timeout": 5},
            {"anyOf": [{"type": "string", "enum": ["yes"]}, {"type": "null"}]},
        ),
    ],
)
def test_its_output_schema(config: dict[str, Any], schema: dict[str, Any]) -> None:
    assert output_schema(HUMAN, {"question": "?", **config}) == schema


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"options": ["yes"], "form": FORM}, "form"),
        ({"options": ["timeout"], "timeout": 5}, "options"),
        ({"question": "{{"}, "question"),
        ({"who": ["{{ 1 + }}"]}, "who"),
        ({"context": {"a": "{{ 1 + }}"}}, "context"),
    ],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(HUMAN, {"question": "?", **config}).details["field"] == field


@pytest.mark.parametrize(
    "config",
    [
        {"question": ""},
        {"options": ["yes", "yes"]},
        {"options": ["error"]},
        {"options": [""]},
        {"options": "yes"},
        {"timeout": 0},
        {"timeout": 367 * 86_400},
        {"form": {}},
        {"form": {"type": "object", "properties": {}}},
        {"form": {"type": "object", "properties": {"a": "string"}}},
        {"form": {"type": "string", "properties": {"a": {}}}},
    ],
)
def test_what_does_not_fit_is_refused(config: dict[str, Any]) -> None:
    assert next(iter(config)) in misfit(HUMAN, {"question": "?", **config})


def test_its_form() -> None:
    check_form(HUMAN, {"question", "options", "form", "who", "timeout", "context"}, {"question"})
