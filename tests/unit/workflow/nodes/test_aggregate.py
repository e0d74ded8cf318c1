"""`aggregate`: what branches have come to."""

from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.nodes.aggregate import AGGREGATE, AggregateHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal

SCOPE: dict[str, Any] = {
    "a": {"output": None},
    "b": {"output": {"x": 1, "y": 1}},
    "c": {"output": {"y": 2}},
    "failed": {"output": None, "error": {"code": "tool_failed"}},
}


def joined(mode: str, *sources: str, **config: Any) -> Any:
    handler = make(AGGREGATE, AggregateHandler, {"from": list(sources), "mode": mode, **config})
    assert handler.names == {(each, "output") for each in sources}
    return handler.evaluate(SCOPE).output


def test_outputs_by_node() -> None:
    assert joined("object", "c", "a") == {"c": {"y": 2}, "a": None}
    assert make(AGGREGATE, AggregateHandler, {"from": ["a"]}).evaluate(SCOPE).output == {"a": None}


def test_a_list_of_outputs_in_the_order_written() -> None:
    assert joined("list", "c", "a", "b") == [{"y": 2}, None, {"x": 1, "y": 1}]


def test_the_first_output_that_is_not_null() -> None:
    assert joined("first", "a", "c", "b") == {"y": 2}
    assert joined("first", "a") is None


def test_one_object_where_later_ones_win() -> None:
    assert joined("merge", "b", "c") == {"x": 1, "y": 2}


def test_texts_one_after_the_other() -> None:
    assert joined("text", "a", "b", "c") == '\n{"x":1,"y":1}\n{"y":2}'
    assert joined("text", "b", "c", separator="; ") == '{"x":1,"y":1}; {"y":2}'


@pytest.mark.parametrize(
    ("mode", "nothing"), [("object", {}), ("list", []), ("first", None), ("merge", {}), ("text", "")]
)
def test_nodes_that_have_no_output_are_left_out(mode: str, nothing: Any) -> None:
    assert joined(mode, "skipped", "failed") == nothing


def test_what_is_no_object_cannot_be_merged() -> None:
    with pytest.raises(InvalidInputError, match="'a' is null") as caught:
        joined("merge", "b", "a")
    assert caught.value.error_code == "aggregate_failed"


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"from": ["a", "b", "a"]}, "from"),
        ({"from": ["node"]}, "from"),
        ({"from": ["a"], "mode": "list", "separator": ", "}, "separator"),
    ],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(AGGREGATE, config).details["field"] == field


@pytest.mark.parametrize("config", [{}, {"from": []}, {"from": "a"}, {"from": ["a"], "mode": "sum"}])
def test_what_does_not_fit_is_refused(config: dict[str, Any]) -> None:
    assert misfit(AGGREGATE, config)


@pytest.mark.parametrize(
    ("mode", "schema"),
    [("object", "object"), ("list", "array"), ("first", None), ("merge", "object"), ("text", "string")],
)
def test_its_form_and_schema(mode: str, schema: str | None) -> None:
    check_form(AGGREGATE, {"from", "mode", "separator"}, {"from"})
    assert labels(AGGREGATE, {"from": ["a"]}) == ()
    assert output_schema(AGGREGATE, {"from": ["a"], "mode": mode}).get("type") == schema
