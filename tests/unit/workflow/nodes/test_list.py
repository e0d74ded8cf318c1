"""`list`: filter, change, sort, cut."""

from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.nodes.list import LIST, ListHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal

PEOPLE = [{"name": "Ann", "age": 30}, {"name": "Bob", "age": 20}, {"name": "Cy", "age": 40}]


def run(items: Any = "{{ output }}", scope: dict[str, Any] | None = None, **config: Any) -> Any:
    handler = make(LIST, ListHandler, {"items": items, **config})
    return handler.evaluate(scope or {"output": PEOPLE}).output


@pytest.mark.parametrize(
    ("config", "result"),
    [
        ({}, PEOPLE),
        ({"where": "item.age > 25", "map": "item.name"}, ["Ann", "Cy"]),
        ({"where": "index != 1", "map": "index"}, [0, 1]),
        ({"map": "{{ item.name }} is {{ item.age }}", "limit": 1}, ["Ann is 30"]),
        ({"map": {"n": "{{ item.age }}"}, "offset": 2}, [{"n": 40}]),
        ({"sort_by": "item.age", "map": {"age": "{{ item.age }}"}}, [{"age": 20}, {"age": 30}, {"age": 40}]),
        ({"map": "item.name", "sort_by": "item", "descending": True}, ["Cy", "Bob", "Ann"]),
        ({"map": "item.name", "offset": 1, "limit": 1}, ["Bob"]),
        ({"map": "item.name", "limit": 0}, []),
        ({"map": "item.age", "sort_by": "item", "pick": "first"}, 20),
        ({"map": "item.age", "sort_by": "item", "pick": "last"}, 40),
        ({"map": "item.age", "limit": 2, "pick": "last"}, 20),
        ({"where": "false", "pick": "first"}, None),
    ],
)
def test_one_thing_is_done_after_the_other(config: dict[str, Any], result: Any) -> None:
    assert run(**config) == result


def test_items_without_a_key_come_last_and_equal_ones_keep_their_order() -> None:
    items = [["b", None], ["c", 1], ["d", 2], ["a", 1]]
    assert run(items, sort_by="item[1]", map="item") == [["c", 1], ["a", 1], ["d", 2], ["b", None]]
    assert run(items, sort_by="item[1]", descending=True) == [["d", 2], ["c", 1], ["a", 1], ["b", None]]


def test_the_first_of_equal_items_stays() -> None:
    assert run([2, 1, True, 2, 1.0, "1", None, None], unique=True) == [2, 1, True, "1", None]
    assert run([{"a": 1, "b": [1]}, {"b": [1], "a": 1}, {"a": 1}], unique=True) == [
        {"a": 1, "b": [1]},
        {"a": 1},
    ]


def test_an_object_is_a_list_of_pairs() -> None:
    assert run("output", {"output": {"a": 1}}) == [{"key": "a", "value": 1}]


def test_the_list_that_it_is_given_stays_as_it_is() -> None:
    given = [3, 1, 2]
    assert run("output", {"output": given}, sort_by="item") == [1, 2, 3]
    result = run("output", {"output": given})
    assert result == given == [3, 1, 2]
    assert result is not given


def test_an_item_hides_what_is_called_so_outside() -> None:
    scope = {"item": "outer", "index": 7, "inputs": {"least": 2}}
    handler = make(LIST, ListHandler, {"items": "[item, index]", "map": "[item, index]"})
    assert handler.evaluate(scope).output == [["outer", 0], [7, 1]]
    assert handler.names == {("item",), ("index",)}


def test_it_names_what_it_reads_from_outside() -> None:
    config = {"items": "a.output", "where": "item > inputs.x", "map": "{{ index + b }}", "sort_by": "c"}
    assert make(LIST, ListHandler, config).names == {("a", "output"), ("inputs", "x"), ("b",), ("c",)}


@pytest.mark.parametrize("value", [None, "text", 1, True])
def test_what_is_no_list_fails_the_node(value: Any) -> None:
    with pytest.raises(InvalidInputError, match="needs a list or an object") as caught:
        run("output", {"output": value})
    assert caught.value.error_code == "items_invalid"


def test_too_many_items_fail_the_node() -> None:
    assert run("output", {"output": [0] * 10_000}, pick="last") == 0
    with pytest.raises(InvalidInputError, match="10,001 items are too many"):
        run("output", {"output": [0] * 10_001})


@pytest.mark.parametrize("items", [[1, "a"], [True, False], [[1], [2]]])
def test_what_has_no_order_is_not_sorted(items: Any) -> None:
    with pytest.raises(InvalidInputError, match="neither only numbers nor only texts"):
        run(items, sort_by="item")


def test_an_expression_without_a_value_fails_the_node() -> None:
    with pytest.raises(ExpressionError):
        run(where="item.gone")


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"items": "a b"}, "items"),
        ({"items": ["{{"]}, "items"),
        ({"items": [], "where": "1 +"}, "where"),
        ({"items": [], "map": "1 +"}, "map"),
        ({"items": [], "map": ["{{ 1 + }}"]}, "map"),
        ({"items": [], "sort_by": "1 +"}, "sort_by"),
        ({"items": [], "descending": True}, "descending"),
    ],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(LIST, config).details["field"] == field


@pytest.mark.parametrize("config", [{}, {"items": [], "limit": -1}, {"items": [], "pick": "middle"}])
def test_what_does_not_fit_is_refused(config: dict[str, Any]) -> None:
    assert misfit(LIST, config)


def test_its_form_and_schema() -> None:
    fields = {"items", "where", "map", "sort_by", "descending", "unique", "offset", "limit", "pick"}
    check_form(LIST, fields, {"items"})
    assert labels(LIST, {"items": []}) == ()
    assert output_schema(LIST, {"items": []}) == {"type": "array"}
    assert output_schema(LIST, {"items": [], "pick": "first"}) == {}
