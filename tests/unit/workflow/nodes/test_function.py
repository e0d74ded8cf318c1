"""`function`: Python functions as nodes."""

from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pytest

from liteagent.contracts.errors import ConflictError, ToolError
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.nodes.function import FUNCTION, FunctionEffectHandler, PureFunctionHandler
from tests.unit.workflow.nodes.making import Outside, check_form, labels, make, misfit, perform, refusal


class Colour(StrEnum):
    RED = "red"


class Adder:
    """A callable object that is async."""

    async def __call__(self, inputs: dict[str, Any]) -> dict[str, Any]:
        return {"n": inputs["n"] + 1}


def add(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"n": inputs["n"] + 1}


async def add_later(inputs: dict[str, Any]) -> dict[str, Any]:
    return add(inputs)


def pure(function: Callable[..., Any], **config: Any) -> PureFunctionHandler:
    outside = Outside(functions={"node": function})
    return make(FUNCTION, PureFunctionHandler, {"effect": "pure", **config}, outside)


def effect(function: Callable[..., Any], **config: Any) -> FunctionEffectHandler:
    return make(FUNCTION, FunctionEffectHandler, config, Outside(functions={"node": function}))


def result_of(value: Any) -> Any:
    def returning(_inputs: dict[str, Any]) -> Any:
        return value

    return pure(returning).evaluate({"input": {}}).output


def unchanged(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs


def test_a_pure_function_is_given_what_came_in() -> None:
    handler = pure(add)
    assert handler.evaluate({"input": {"n": 1}}).output == {"n": 2}
    assert handler.names == {("input",)}


@pytest.mark.parametrize("function", [add, add_later, Adder()])
@pytest.mark.parametrize("safety", ["safe", "idempotent", "unsafe"])
async def test_a_function_with_an_effect_may_be_sync_or_async(
    function: Callable[..., Any], safety: str
) -> None:
    handler = effect(function, effect=safety)
    assert handler.safety is Safety(safety)
    assert (await perform(handler, {"input": {"n": 1}})).output == {"n": 2}


@pytest.mark.parametrize("function", [add_later, Adder()])
async def test_a_pure_function_that_is_async_is_a_safe_effect(function: Callable[..., Any]) -> None:
    handler = effect(function, effect="pure")
    assert handler.safety is Safety.SAFE
    assert (await perform(handler, {"input": {"n": 1}})).output == {"n": 2}


def test_without_a_word_about_its_effect_it_is_not_repeated() -> None:
    assert effect(add).safety is Safety.UNSAFE


async def test_inputs_are_rendered_where_they_are_written_down() -> None:
    inputs = {"n": "{{ count.output }}"}
    assert pure(add, inputs=inputs).evaluate({"count": {"output": 4}}).output == {"n": 5}
    handler = effect(add_later, inputs=inputs)
    assert (await perform(handler, {"count": {"output": 4}})).output == {"n": 5}
    assert handler.names == {("count", "output")}
    assert pure(unchanged, inputs={}).evaluate({}).output == {}


def test_what_a_function_adds_to_its_inputs_is_not_in_the_run() -> None:
    def greedy(inputs: dict[str, Any]) -> dict[str, Any]:
        inputs["more"] = True
        return inputs

    scope = {"input": {"n": 1}}
    assert pure(greedy).evaluate(scope).output == {"n": 1, "more": True}
    assert scope == {"input": {"n": 1}}


def test_what_a_function_keeps_and_changes_later_is_not_in_the_run() -> None:
    kept: dict[str, Any] = {"seen": [1]}
    output = result_of(kept)
    kept["seen"].append(2)
    assert output == {"seen": [1]}


@pytest.mark.parametrize(
    ("value", "output"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        ("ü", "ü"),
        ([1, {"a": None}], [1, {"a": None}]),
        ({"pair": (1, 2)}, {"pair": [1, 2]}),
        (OrderedDict[str, int](a=1), {"a": 1}),
        ({Colour.RED: Colour.RED}, {"red": "red"}),
    ],
)
def test_every_json_value_is_a_result_in_plain_classes(value: Any, output: Any) -> None:
    result = result_of(value)
    assert result == output
    assert type(result) is type(output)


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {"at": {1, 2}},
        {1: "a"},
        b"bytes",
        [float("nan")],
        float("inf"),
        2**63,
        "\0",
        "half \ud800",
        {"\0": 1},
        nested(200),
    ],
)
def test_what_is_no_json_fails_the_node(value: Any) -> None:
    with pytest.raises(ToolError, match="'node' returned") as caught:
        result_of(value)
    assert caught.value.error_code == "result_not_json"
    assert caught.value.details == {"node": "node"}


def test_a_coroutine_out_of_a_function_that_is_not_async_is_no_json() -> None:
    def forgetful(inputs: dict[str, Any]) -> Any:
        return add_later(inputs)

    with pytest.raises(ToolError, match="coroutine"):
        pure(forgetful).evaluate({"input": {"n": 1}})


async def test_what_a_function_raises_is_an_error_of_its_node() -> None:
    def broken(inputs: dict[str, Any]) -> None:
        raise KeyError("x" * 1_000)

    async def broken_later(inputs: dict[str, Any]) -> None:
        raise ValueError

    with pytest.raises(ToolError) as caught:
        pure(broken).evaluate({"input": {}})
    assert caught.value.error_code == "function_failed"
    assert caught.value.details == {"node": "node", "type": "KeyError"}
    assert caught.value.message.startswith("The function of node 'node' failed: KeyError: 'xxx")
    assert len(caught.value.message) < 350
    with pytest.raises(ToolError, match=r"failed: ValueError$"):
        await perform(effect(broken_later), {"input": {}})
    with pytest.raises(ToolError, match="failed: KeyError"):
        await perform(effect(broken), {"input": {}})


async def test_our_own_errors_come_through_as_they_are() -> None:
    def refusing(inputs: dict[str, Any]) -> None:
        raise ConflictError("Already there.")

    with pytest.raises(ConflictError):
        pure(refusing).evaluate({"input": {}})
    with pytest.raises(ConflictError):
        await perform(effect(refusing), {"input": {}})


async def test_an_input_without_a_value_fails_the_node_before_the_call() -> None:
    called: list[Any] = []
    with pytest.raises(ExpressionError):
        await perform(effect(called.append, inputs={"a": "{{ gone }}"}), {})
    assert called == []


def test_without_the_python_program_it_is_refused() -> None:
    error = refusal(FUNCTION, {})
    assert error.details["field"] == "type"
    assert "Python" in error.message


def test_an_input_that_does_not_parse_is_refused() -> None:
    error = refusal(FUNCTION, {"inputs": {"a": "{{"}}, Outside(functions={"node": add}))
    assert (error.details["field"], error.details["at"]) == ("inputs", "a")


def test_its_form() -> None:
    check_form(FUNCTION, {"effect", "inputs"})
    assert labels(FUNCTION, {}) == ()
    assert "effect" in misfit(FUNCTION, {"effect": "harmless"})
