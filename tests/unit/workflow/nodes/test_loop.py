"""`loop`: pass after pass."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, RunFailedError, ToolError
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import BodyStep, IterationResult
from liteagent.engine.workflow.nodes.loop import LOOP, LoopHandler
from liteagent.engine.workflow.types import Graph
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


def run(
    config: Mapping[str, Any], work: Callable[[Any, Any], Any], outer: Mapping[str, Any] | None = None
) -> tuple[int, BodyStep]:
    """How many passes there were, each giving `work(index, last)`, and the end."""
    handler = make(LOOP, LoopHandler, config, WITH_BODY)
    outer = outer or {}
    step, passes = handler.begin(handler.enter(outer)), 0
    while step.begin:
        assert (step.outcome, step.error) == (None, None)
        (each,) = step.begin
        assert each.index == passes
        passes += 1
        output = work(each.names["index"], each.names["last"])
        inner = {**outer, **each.names, "output": output, "step": {"output": output}}
        step = handler.ended(step.progress, IterationResult(each.index, output), inner)
    return passes, step


def ended_with(result: tuple[int, BodyStep]) -> tuple[int, Any]:
    passes, step = result
    assert step.error is None
    assert step.outcome is not None
    return passes, step.outcome.output


def doubled(_index: int, last: int | None) -> int:
    return last * 2 if last else 1


def test_while_is_looked_at_before_each_pass() -> None:
    assert ended_with(run({"while": "index < 3"}, doubled)) == (3, 4)
    assert ended_with(run({"while": "default(last, 0) < 100"}, doubled)) == (8, 128)


def test_while_that_never_holds_ends_with_null_before_the_first_pass() -> None:
    assert ended_with(run({"while": "inputs.go"}, doubled, {"inputs": {"go": False}})) == (0, None)


def test_until_is_looked_at_after_each_pass_with_its_output_as_last() -> None:
    assert ended_with(run({"until": "last >= 4"}, doubled)) == (3, 4)
    assert ended_with(run({"until": "true"}, doubled)) == (1, 1)
    assert ended_with(run({"until": "index == 1 and step.output == 2"}, doubled)) == (2, 2)


def test_names_of_a_loop_around_it_are_hidden() -> None:
    assert ended_with(run({"while": "index < 2 and last != 7"}, doubled, {"index": 9, "last": 7})) == (2, 2)


@pytest.mark.parametrize("config", [{}, {"while": "true"}, {"until": "false"}])
def test_max_ends_it(config: dict[str, Any]) -> None:
    assert ended_with(run({**config, "max": 5}, lambda index, _: index)) == (5, 4)


def test_there_are_a_hundred_passes_unless_it_is_said_otherwise() -> None:
    assert ended_with(run({}, lambda index, _: index)) == (100, 99)


@pytest.mark.parametrize("config", [{"while": "true"}, {"until": "false"}])
def test_max_fails_it_where_that_is_asked_for(config: dict[str, Any]) -> None:
    passes, step = run({**config, "max": 3, "fail_at_max": True}, doubled)
    assert passes == 3
    assert isinstance(step.error, RunFailedError)
    assert step.error.error_code == "loop_limit"
    assert step.error.details == {"max": 3}


def test_being_done_at_the_last_pass_is_no_failure() -> None:
    config = {"max": 3, "fail_at_max": True}
    assert ended_with(run({**config, "while": "index < 3"}, doubled)) == (3, 4)
    assert ended_with(run({**config, "until": "index == 2"}, doubled)) == (3, 4)


@pytest.mark.parametrize(
    ("config", "collected"),
    [
        ({"while": "index < 3"}, [1, 2, 4]),
        ({"until": "last >= 4"}, [1, 2, 4]),
        ({"max": 2}, [1, 2]),
        ({"while": "inputs.go"}, []),
    ],
)
def test_it_collects_what_every_pass_came_to(config: dict[str, Any], collected: list[int]) -> None:
    outer = {"inputs": {"go": False}}
    assert ended_with(run({**config, "collect": True}, doubled, outer)) == (len(collected), collected)


def test_its_conditions_see_the_last_pass_while_it_collects() -> None:
    config = {"collect": True, "until": "last == 2 and index == 1"}
    assert ended_with(run(config, doubled)) == (2, [1, 2])


def test_collecting_leaves_what_was_collected_before_as_it_was() -> None:
    handler = make(LOOP, LoopHandler, {"collect": True}, WITH_BODY)
    first = handler.begin(handler.enter({}))
    second = handler.ended(first.progress, IterationResult(0, "a"), {})
    third = handler.ended(second.progress, IterationResult(1, "b"), {})
    kept = [step.progress["outputs"] for step in (first, second, third)]
    assert kept == [[], ["a"], ["a", "b"]]


def test_a_loop_that_collects_has_ten_thousand_passes_at_most() -> None:
    assert make(LOOP, LoopHandler, {"collect": True, "max": 10_000}, WITH_BODY).most == 10_000
    assert refusal(LOOP, {"collect": True, "max": 10_001}, WITH_BODY).details["field"] == "max"


def test_a_pass_that_fails_fails_the_node_with_its_index() -> None:
    handler = make(LOOP, LoopHandler, {}, WITH_BODY)
    broken = ToolError("No answer.", code="http_failed", details={"url": "x"}).to_json()
    step = handler.ended({"index": 2}, IterationResult(2, error=broken), {})
    assert step.error is not None
    assert step.error.to_json() == {
        "code": "http_failed",
        "message": "Pass 2 failed: No answer.",
        "details": {"url": "x", "index": 2},
    }
    assert (step.begin, step.outcome) == ((), None)


@pytest.mark.parametrize("config", [{"while": "gone"}, {"until": "gone"}])
def test_an_expression_without_a_value_fails_the_node(config: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError):
        run(config, doubled)


def test_what_is_kept_between_passes_does_not_grow() -> None:
    handler = make(LOOP, LoopHandler, {"while": "true"}, WITH_BODY)
    step = handler.ended({"index": 7}, IterationResult(7, "x" * 1000), {})
    assert step.progress == {"index": 8}


def test_it_names_what_it_reads_from_outside() -> None:
    config = {"while": "index < inputs.n and last != step.output and vars.go"}
    handler = make(LOOP, LoopHandler, config, WITH_BODY)
    assert handler.names == {("inputs", "n"), ("vars", "go")}
    assert handler.body() is BODY
    assert handler.isolated is False
    assert make(LOOP, LoopHandler, {}, WITH_BODY).names == frozenset()


@pytest.mark.parametrize(
    ("config", "field"),
    [({"while": "a", "until": "b"}, "until"), ({"while": "1 +"}, "while"), ({"until": "1 +"}, "until")],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(LOOP, config, WITH_BODY).details["field"] == field


@pytest.mark.parametrize("body", [None, Graph()])
def test_a_loop_without_a_body_is_refused(body: Graph | None) -> None:
    error: InvalidInputError = refusal(LOOP, {}, Outside(body=body))
    assert error.details["field"] == "nodes"


@pytest.mark.parametrize("config", [{"max": 0}, {"max": 100_001}, {"while": True}, {"times": 3}])
def test_what_does_not_fit_is_refused(config: dict[str, Any]) -> None:
    assert next(iter(config)) in misfit(LOOP, config)


def test_its_form() -> None:
    check_form(LOOP, {"while", "until", "max", "fail_at_max", "collect"})
    assert labels(LOOP, {}) == ()
    assert (output_schema(LOOP, {}), output_schema(LOOP, {"collect": True})) == ({}, {"type": "array"})
