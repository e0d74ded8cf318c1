"""Tools from typed functions: schema, checked arguments, results, failures."""

import threading
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from liteagent.contracts.errors import InvalidInputError, ToolError
from liteagent.contracts.runs import Safety
from liteagent.engine.agent.results import compact, error_text, failure, result_text
from liteagent.engine.agent.tools import Tool, ToolContext, tool, tools_by_name
from liteagent.engine.agent.types import ToolDefinition
from liteagent.engine.agent.validation import parse_arguments

CONTEXT = ToolContext("run", "w", "run:3", "c1")


class Unit(StrEnum):
    """Of temperature."""

    CELSIUS = "celsius"
    KELVIN = "kelvin"


@dataclass(frozen=True)
class Place:
    """Somewhere."""

    city: str
    country: str = "FR"


class Weather(BaseModel):
    """What it is like."""

    degrees: float
    unit: Unit


def test_a_schema_comes_from_types_and_docstring(add: Tool) -> None:
    assert add.definition == ToolDefinition(
        "add",
        "Add two numbers.",
        {
            "type": "object",
            "properties": {
                "a": {"type": "integer", "description": "The first."},
                "b": {"type": "integer", "description": "The second.", "default": 1},
            },
            "required": ["a"],
            "additionalProperties": False,
        },
        Safety.SAFE,
    )


def test_a_parameter_may_have_any_name_and_describe_itself() -> None:
    @tool
    def odd(
        schema: Annotated[str, Field(description="Own words.", max_length=3)],
        json: int,
        title: Literal["a", "b"] = "a",
        *,
        model_config: bool = False,
    ) -> str:
        """Odd names.

        Args:
            schema: Not these words.
            json (int): A number
                over two lines.

        Returns:
            ignored: Nothing.
        """
        return f"{schema}{json}{title}{model_config}"

    properties: Any = odd.definition.parameters["properties"]
    assert list(properties) == ["schema", "json", "title", "model_config"]
    assert properties["schema"] == {"description": "Own words.", "maxLength": 3, "type": "string"}
    assert properties["json"]["description"] == "A number over two lines."
    assert properties["title"]["enum"] == ["a", "b"]
    assert odd.definition.description == "Odd names."
    assert odd.definition.effect is Safety.UNSAFE


async def test_values_arrive_as_their_types() -> None:
    @tool(effect="idempotent")
    def forecast(place: Place, day: date, unit: Unit = Unit.KELVIN) -> Weather:
        """Tell the weather."""
        assert isinstance(place, Place)
        assert isinstance(day, date)
        return Weather(degrees=day.day, unit=unit)

    result = await forecast.run({"place": {"city": "Lyon"}, "day": "2026-05-04"}, CONTEXT)
    assert result == Weather(degrees=4, unit=Unit.KELVIN)
    assert result_text(result, 100) == '{"degrees":4.0,"unit":"kelvin"}'


def test_a_tool_is_still_its_function(add: Tool) -> None:
    @tool(effect="safe", name="double-it", description="Twice.")
    def double(n: int) -> int:
        return 2 * n

    assert double(4) == 8
    assert (double.definition.name, double.definition.description) == ("double-it", "Twice.")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "a: Field required"),
        ({"a": 1, "c": 2}, "c: Extra inputs are not permitted"),
        ({"a": "many"}, "a: Input should be a valid integer"),
        ({"a": 1.5}, "a: Input should be a valid integer"),
        ({"a": None}, "a: Input should be a valid integer"),
    ],
)
async def test_arguments_that_do_not_fit_are_told(add: Tool, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ToolError, match=told) as caught:
        await add.run(arguments, CONTEXT)
    assert caught.value.error_code == "invalid_arguments"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("", {}), (" \n", {}), ("{}", {}), ('{"a": 1}', {"a": 1}), ('{"a":1,"a":2}', {"a": 2})],
)
def test_arguments_are_one_json_object(raw: str, expected: dict[str, Any]) -> None:
    assert parse_arguments(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "[1]",
        "null",
        '"text"',
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": 1e999}',
        "{}{}",
        "[" * 100_000,
        "9" * 5000,
    ],
)
def test_malformed_arguments_are_told(raw: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_arguments(raw)
    assert caught.value.error_code == "invalid_arguments"


async def test_a_plain_function_runs_in_a_thread_and_an_async_one_does_not() -> None:
    @tool
    def plain() -> int:
        return threading.get_ident()

    @tool
    async def flowing() -> int:
        return threading.get_ident()

    assert await plain.run({}, CONTEXT) != threading.get_ident()
    assert await flowing.run({}, CONTEXT) == threading.get_ident()


async def test_a_context_is_injected_and_hidden() -> None:
    @tool
    def pay(amount: int, context: ToolContext) -> str:
        """Pay."""
        return f"{amount} {context.key} {context.call_id}"

    properties: Any = pay.definition.parameters["properties"]
    assert list(properties) == ["amount"]
    assert await pay.run({"amount": 3}, CONTEXT) == "3 run:3 c1"
    with pytest.raises(ToolError, match="context: Extra"):
        await pay.run({"amount": 3, "context": {}}, CONTEXT)


def test_a_function_that_a_model_cannot_call_is_refused() -> None:
    def untyped(a: int) -> int:
        return a

    untyped.__annotations__.clear()

    def many(*values: int) -> int:
        return sum(values)

    def odd(value: threading.Thread) -> None:
        value.start()

    with pytest.raises(InvalidInputError, match="'a' of tool 'untyped' has no type"):
        tool(untyped)
    with pytest.raises(InvalidInputError, match="cannot name"):
        tool(many)
    with pytest.raises(InvalidInputError, match="JSON cannot express"):
        tool(odd)
    with pytest.raises(InvalidInputError, match="cannot be called '<lambda>'"):
        tool(lambda: None)
    with pytest.raises(InvalidInputError, match="cannot be called 'two words'"):
        tool(name="two words")(many)


def test_two_tools_of_one_name_are_refused(add: Tool) -> None:
    with pytest.raises(InvalidInputError, match="Two tools are called 'add'"):
        tools_by_name([add, add])


def test_a_plain_function_becomes_an_unsafe_tool() -> None:
    def shout(text: str) -> str:
        """Say it loudly."""
        return text.upper()

    assert tools_by_name([shout])["shout"].definition.effect is Safety.UNSAFE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is {", "as it is {"),
        (None, "Done."),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (Place("Lyon"), '{"city":"Lyon","country":"FR"}'),
        (float("nan"), "null"),
        ("a\ud800b", "a?b"),
        ("", ""),
    ],
)
def test_results_are_text(value: object, text: str) -> None:
    assert result_text(value, 1000) == text


def test_a_result_of_just_the_limit_is_whole() -> None:
    assert result_text("12345", 5) == "12345"
    assert compact("12345", 5) == "12345"
    assert compact("123456", 5) == "1234…"


def test_titles_go_and_properties_called_title_stay() -> None:
    @dataclass(frozen=True)
    class Book:
        """A book."""

        title: str

    @tool
    def shelve(title: Book, properties: Annotated[int, Field(title="Count")] = 1) -> str:
        """Shelve."""
        return f"{title}{properties}"

    assert shelve.definition.parameters == {
        "type": "object",
        "$defs": {
            "Book": {
                "type": "object",
                "description": "A book.",
                "properties": {"title": {"type": "string"}},
                "required": ["title"],
                "additionalProperties": False,
            }
        },
        "properties": {
            "title": {"$ref": "#/$defs/Book"},
            "properties": {"type": "integer", "default": 1},
        },
        "required": ["title"],
        "additionalProperties": False,
    }


def test_a_huge_result_is_cut_with_a_mark() -> None:
    text = result_text("x" * 1_000_000, 100)
    assert text == "x" * 100 + "\n[Cut: the first 100 of 1000000 characters. Ask for less at a time.]"


@pytest.mark.parametrize("value", [object(), b"\xff", {1: object()}])
def test_a_result_that_is_not_json_is_an_error(value: object) -> None:
    with pytest.raises(ToolError, match="JSON cannot express"):
        result_text(value, 100)


def test_a_result_that_holds_itself_is_an_error() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ToolError, match="JSON cannot express"):
        result_text(loop, 100)


def test_failures_are_compact() -> None:
    error = failure(ValueError("bad\n  thing " + "x" * 1000), 40)
    assert error.message == "ValueError: bad thing " + "x" * 29 + "…"
    assert failure(KeyError(), 40).message == "KeyError"
    kept = failure(ToolError("No such city.", code="unknown_city"), 40)
    assert (kept.message, kept.error_code) == ("No such city.", "unknown_city")
    assert error_text({"code": "c", "message": "m" * 99, "details": {"x": 1}}, 5) == (
        '{"error": {"code": "c", "message": "mmmm…"}}'
    )
    assert compact("  a\n\tb  ", 10) == "a b"


def test_a_tool_can_need_approval() -> None:
    @tool(effect="idempotent", approval=True)
    def pay(amount: int) -> str:
        """Pay."""
        return f"paid {amount}"

    assert pay.definition.approval is True
    assert pay.definition.effect is Safety.IDEMPOTENT
    assert pay(3) == "paid 3"
