"""`iterate`: a pass for each item."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, ToolError
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import BodyStep, IterationResult
from liteagent.engine.workflow.nodes.iterate import ITERATE, IterateHandler
from tests.unit.workflow.nodes.making import (
    BODY,
    Outside,
    check_form,
    labels,
    make,
    misfit,
    output_schema,
    refusal,
)

WITH_BODY = Outside(body=BODY)
BROKEN = ToolError("No answer.").to_json()


class Passes:
    """A body at work: which passes are under way, and how it ended."""

    def __init__(self, items: Sequence[Any], **config: Any) -> None:
        self.handler = make(ITERATE, IterateHandler, {"items": list(items), **config}, WITH_BODY)
        self.open: dict[int, Mapping[str, Any]] = {}
        self.begun: list[int] = []
        self.end: BodyStep | None = None
        self.progress: Mapping[str, Any] = {}
        self._take(self.handler.begin(self.handler.enter({})))

    def finish(self, index: int, output: Any = None, error: Any = None) -> None:
        del self.open[index]
        self._take(self.handler.ended(self.progress, IterationResult(index, output, error), {}))

    def output(self) -> Any:
        assert self.end is not None
        assert self.end.outcome is not None
        return self.end.outcome.output

    def _take(self, step: BodyStep) -> None:
        self.progress = step.progress
        for each in step.begin:
            self.open[each.index] = each.names
            self.begun.append(each.index)
        if step.outcome is not None or step.error is not None:
            self.end = step


def test_one_after_the_other_in_the_order_of_the_items() -> None:
    passes = Passes(["a", "b", "c"])
    for index, item in enumerate("abc"):
        assert passes.end is None
        assert passes.open == {index: {"item": item, "index": index}}
        passes.finish(index, item.upper())
    assert passes.output() == ["A", "B", "C"]
    assert passes.open == {}


def test_several_at_once_and_the_output_in_the_order_of_the_items() -> None:
    passes = Passes("abcde", parallel=2)
    assert list(passes.open) == [0, 1]
    passes.finish(1, "B")
    assert list(passes.open) == [0, 2]
    passes.finish(2, "C")
    passes.finish(3, "D")
    assert list(passes.open) == [0, 4]
    passes.finish(4, "E")
    assert passes.end is None
    passes.finish(0, "A")
    assert passes.output() == list("ABCDE")
    assert passes.begun == [0, 1, 2, 3, 4]


def test_no_more_passes_than_items_begin() -> None:
    assert list(Passes("ab", parallel=100).open) == [0, 1]


def test_no_items_are_no_passes() -> None:
    passes = Passes([])
    assert passes.output() == []
    assert passes.begun == []


def test_an_item_that_fails_fails_the_node_and_nothing_more_begins() -> None:
    passes = Passes("abcd", parallel=2)
    passes.finish(1, error=BROKEN)
    assert passes.end is not None
    error = passes.end.error
    assert error is not None
    assert error.to_json() == {
        "code": "tool_failed",
        "message": "Pass 1 failed: No answer.",
        "details": {"index": 1},
    }
    passes.end = None
    passes.finish(0, "late")
    assert passes.begun == [0, 1]
    assert passes.end is None


def test_items_that_fail_can_be_left_out() -> None:
    passes = Passes("abc", on_error="skip")
    passes.finish(0, error=BROKEN)
    passes.finish(1, None)
    passes.finish(2, error=BROKEN)
    assert passes.output() == [None]


@pytest.mark.parametrize("written", ["null", None])
def test_null_can_stand_in_the_place_of_items_that_fail(written: str | None) -> None:
    passes = Passes("abc", on_error=written, parallel=3)
    passes.finish(2, error=BROKEN)
    passes.finish(1, "B")
    passes.finish(0, error=BROKEN)
    assert passes.output() == [None, "B", None]


def test_what_a_step_is_given_back_is_not_changed() -> None:
    handler = make(ITERATE, IterateHandler, {"items": [1, 2]}, WITH_BODY)
    first = handler.begin(handler.enter({}))
    before = {**first.progress}
    once = handler.ended(first.progress, IterationResult(0, "x"), {})
    assert first.progress == before
    assert handler.ended(first.progress, IterationResult(0, "x"), {}) == once


@pytest.mark.parametrize(
    ("items", "scope", "entered"),
    [
        ("search.output", {"search": {"output": [1, 2]}}, [1, 2]),
        ("{{ search.output }}", {"search": {"output": [1, 2]}}, [1, 2]),
        (["{{ a }}", "b"], {"a": 1}, [1, "b"]),
        ("inputs", {"inputs": {"a": 1, "b": 2}}, [{"key": "a", "value": 1}, {"key": "b", "value": 2}]),
    ],
)
def test_items_are_computed_when_it_is_entered(items: Any, scope: dict[str, Any], entered: list[Any]) -> None:
    handler = make(ITERATE, IterateHandler, {"items": items}, WITH_BODY)
    assert handler.enter(scope) == {"items": entered}


@pytest.mark.parametrize("value", [None, "text", 3])
def test_what_is_no_list_fails_the_node(value: Any) -> None:
    handler = make(ITERATE, IterateHandler, {"items": "output"}, WITH_BODY)
    with pytest.raises(InvalidInputError, match="needs a list or an object") as caught:
        handler.enter({"output": value})
    assert caught.value.error_code == "items_invalid"


def test_too_many_items_fail_the_node() -> None:
    handler = make(ITERATE, IterateHandler, {"items": "output"}, WITH_BODY)
    with pytest.raises(InvalidInputError, match="at most 10,000"):
        handler.enter({"output": [0] * 10_001})


def test_an_expression_without_a_value_fails_the_node() -> None:
    with pytest.raises(ExpressionError):
        make(ITERATE, IterateHandler, {"items": "gone"}, WITH_BODY).enter({})


def test_it_names_what_it_reads() -> None:
    handler = make(ITERATE, IterateHandler, {"items": "search.output.hits"}, WITH_BODY)
    assert handler.names == {("search", "output", "hits")}
    assert handler.body() is BODY
    assert handler.isolated is False


def test_what_it_cannot_use_is_refused_by_field() -> None:
    assert refusal(ITERATE, {"items": "a b"}, WITH_BODY).details["field"] == "items"
    assert refusal(ITERATE, {"items": []}).details["field"] == "nodes"


@pytest.mark.parametrize(
    "config", [{"parallel": 0}, {"parallel": 101}, {"on_error": "retry"}, {"parallel": "2"}]
)
def test_what_does_not_fit_is_refused(config: dict[str, Any]) -> None:
    assert next(iter(config)) in misfit(ITERATE, {"items": [], **config})


def test_its_form_and_schema() -> None:
    check_form(ITERATE, {"items", "parallel", "on_error"}, {"items"})
    assert labels(ITERATE, {"items": []}) == ()
    assert output_schema(ITERATE, {"items": []}) == {"type": "array"}
    schema = ITERATE.config.model_json_schema()
    assert schema["properties"]["on_error"]["enum"] == ["fail", "skip", "null"]
