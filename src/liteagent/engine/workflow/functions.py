"""The functions of the expression language: a fixed list, each pure, total and bounded."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import orjson

from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.comparisons import contains
from liteagent.engine.workflow.operators import (
    MAX_ITEMS,
    MAX_TEXT,
    MissingError,
    OperationError,
    bounded,
    integer,
    is_number,
    item,
    items,
    kind,
    number,
    text,
)

__all__ = ["FUNCTIONS", "Function", "text_of"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
_LONG_INTEGER = re.compile(r"[0-9]{19}")
_INTEGER_CHARACTERS = 20
_MAX_DIGITS = 15
_MAX_ARGUMENTS = 100

_Later: TypeAlias = Callable[[], JsonValue]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    Attributes:
        usage: How it is written, for messages and documentation.
        run: Takes values, or for a lazy function callables that give them. Raises OperationError only.
        least: Fewest arguments.
        most: Most arguments.
        lazy: Whether it decides itself which of its arguments are evaluated.
    """

    usage: str
    run: Callable[..., JsonValue]
    least: int
    most: int
    lazy: bool = False


def text_of(value: JsonValue) -> str:
    """A value as text: null is empty, true and false are lower case, lists and objects are compact JSON.

    Raises:
        OperationError: The text would be too long, or the value is no JSON.
    """
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(number(value))
        case _:
            return _json(value)


def _json(value: JsonValue) -> str:
    try:
        return text(orjson.dumps(bounded(value)).decode())
    except orjson.JSONEncodeError:
        raise OperationError("the value holds text that JSON cannot express") from None


def _parse_json(value: JsonValue) -> JsonValue:
    raw = text(value)
    try:
        parsed = bounded(orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        raise OperationError(f"the text is not valid JSON: {error.msg} (character {error.pos})") from None
    # orjson reads an integer beyond 64 bits as a float; only the literal tells it from an honest 1e20.
    if _LONG_INTEGER.search(raw):
        json.loads(raw, parse_int=_checked_integer)
    return parsed


def _checked_integer(literal: str) -> int | float:
    return number(int(literal) if len(literal) <= _INTEGER_CHARACTERS else math.inf)


def _len(value: JsonValue) -> int:
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise OperationError(f"len() needs text, a list or an object, and this is {kind(value)}")


def _int(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and len(value) <= MAX_TEXT and _INTEGER.fullmatch(value.strip()):
        return number(int(value))
    if is_number(value):
        return number(int(number(value)))
    if isinstance(value, bool):
        return int(value)
    raise OperationError(f"int() needs a number or text like '42', and this is {_kind_of_text(value)}")


def _float(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and len(value) <= MAX_TEXT and _NUMBER.fullmatch(value.strip()):
        return number(float(value))
    if is_number(value):
        return number(float(number(value)))
    raise OperationError(f"float() needs a number or text like '4.2', and this is {_kind_of_text(value)}")


def _kind_of_text(value: JsonValue) -> str:
    return "other text" if isinstance(value, str) else kind(value)


def _lower(value: JsonValue) -> str:
    return text(text(value).lower())


def _upper(value: JsonValue) -> str:
    return text(text(value).upper())


def _strip(value: JsonValue) -> str:
    return text(value).strip()


def _replace(value: JsonValue, old: JsonValue, new: JsonValue) -> str:
    whole, before, after = text(value), text(old), text(new)
    if not before:
        raise OperationError("replace() needs to know what to replace, and that text is empty")
    size = len(whole) + whole.count(before) * (len(after) - len(before))
    if size > MAX_TEXT:
        raise OperationError(f"replace() would make more than {MAX_TEXT:,} characters")
    return whole.replace(before, after)


def _split(value: JsonValue, separator: JsonValue = None) -> JsonValue:
    if separator == "":
        raise OperationError("split() cannot split at an empty text; leave it out to split at white space")
    # One more piece than may be, so that a text with too many of them is refused and not cut short.
    pieces = text(value).split(None if separator is None else text(separator), MAX_ITEMS)
    return items(pieces)


def _join(value: JsonValue, separator: JsonValue = "") -> str:
    between, pieces = text(separator), [text_of(each) for each in items(value)]
    if sum(map(len, pieces), len(between) * len(pieces)) > MAX_TEXT:
        raise OperationError(f"join() would make more than {MAX_TEXT:,} characters")
    return between.join(pieces)


def _starts_with(value: JsonValue, start: JsonValue) -> bool:
    return text(value).startswith(text(start))


def _ends_with(value: JsonValue, end: JsonValue) -> bool:
    return text(value).endswith(text(end))


def _abs(value: JsonValue) -> JsonValue:
    if not is_number(value):
        raise OperationError(f"abs() needs a number, and this is {kind(value)}")
    return number(abs(value))


def _round(value: JsonValue, digits: JsonValue = None) -> JsonValue:
    if not is_number(value):
        raise OperationError(f"round() needs a number, and this is {kind(value)}")
    if digits is None:
        return number(round(number(value)))
    places = integer(digits, "the number of digits")
    if not 0 <= places <= _MAX_DIGITS:
        raise OperationError(f"round() keeps 0 to {_MAX_DIGITS} digits after the point")
    return number(round(number(value), places))


def _min(*values: JsonValue) -> JsonValue:
    return min(_comparable("min", _one_list("min", values)))


def _max(*values: JsonValue) -> JsonValue:
    return max(_comparable("max", _one_list("max", values)))


def _sorted(value: JsonValue) -> JsonValue:
    return sorted(_comparable("sorted", items(value)))


def _sum(value: JsonValue) -> JsonValue:
    numbers = [each for each in items(value) if is_number(each)]
    if len(numbers) != len(items(value)):
        raise OperationError("sum() needs a list of numbers, and something in it is none")
    return number(sum(numbers))


def _one_list(function: str, values: tuple[JsonValue, ...]) -> list[JsonValue]:
    """The values to choose from: several arguments, or one that is a list."""
    found = items(values[0]) if len(values) == 1 else list(values)
    if not found:
        raise OperationError(f"{function}() has nothing to choose from: the list is empty")
    return found


def _comparable(function: str, values: list[JsonValue]) -> "list[int | float] | list[str]":
    numbers = [each for each in values if is_number(each)]
    if len(numbers) == len(values):
        return numbers
    texts = [each for each in values if isinstance(each, str)]
    if len(texts) == len(values):
        return texts
    raise OperationError(f"{function}() compares only numbers, or only texts; these are mixed or neither")


def _keys(value: JsonValue) -> JsonValue:
    return list(_entries("keys", value))


def _values(value: JsonValue) -> JsonValue:
    return list(_entries("values", value).values())


def _entries(function: str, value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, Mapping):
        raise OperationError(f"{function}() needs an object, and this is {kind(value)}")
    if len(value) > MAX_ITEMS:
        raise OperationError(f"{function}() takes objects of at most {MAX_ITEMS:,} keys")
    return {name: each for name, each in value.items() if not name.startswith("_")}


def _first(value: JsonValue) -> JsonValue:
    return item(_sequence("first", value), 0)


def _last(value: JsonValue) -> JsonValue:
    return item(_sequence("last", value), -1)


def _sequence(function: str, value: JsonValue) -> JsonValue:
    if isinstance(value, list | str):
        return value
    raise OperationError(f"{function}() needs a list or text, and this is {kind(value)}")


def _default(value: _Later, otherwise: _Later) -> JsonValue:
    try:
        found = value()
    except MissingError:
        return otherwise()
    return otherwise() if found is None else found


def _exists(value: _Later) -> bool:
    try:
        value()
    except MissingError:
        return False
    return True


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "abs": Function("abs(number)", _abs, 1, 1),
        "bool": Function("bool(value)", bool, 1, 1),
        "contains": Function("contains(container, value)", contains, 2, 2),
        "default": Function("default(value, otherwise)", _default, 2, 2, lazy=True),
        "endswith": Function("endswith(text, end)", _ends_with, 2, 2),
        "exists": Function("exists(path)", _exists, 1, 1, lazy=True),
        "first": Function("first(list)", _first, 1, 1),
        "float": Function("float(value)", _float, 1, 1),
        "int": Function("int(value)", _int, 1, 1),
        "join": Function("join(list, separator)", _join, 1, 2),
        "json": Function("json(value)", _json, 1, 1),
        "keys": Function("keys(object)", _keys, 1, 1),
        "last": Function("last(list)", _last, 1, 1),
        "len": Function("len(value)", _len, 1, 1),
        "lower": Function("lower(text)", _lower, 1, 1),
        "max": Function("max(list)", _max, 1, _MAX_ARGUMENTS),
        "min": Function("min(list)", _min, 1, _MAX_ARGUMENTS),
        "parse_json": Function("parse_json(text)", _parse_json, 1, 1),
        "replace": Function("replace(text, old, new)", _replace, 3, 3),
        "round": Function("round(number, digits)", _round, 1, 2),
        "sorted": Function("sorted(list)", _sorted, 1, 1),
        "split": Function("split(text, separator)", _split, 1, 2),
        "startswith": Function("startswith(text, start)", _starts_with, 2, 2),
        "str": Function("str(value)", text_of, 1, 1),
        "strip": Function("strip(text)", _strip, 1, 1),
        "sum": Function("sum(list)", _sum, 1, 1),
        "upper": Function("upper(text)", _upper, 1, 1),
        "values": Function("values(object)", _values, 1, 1),
    }
)
"""Every function by its name."""
