"""What an expression may do with JSON values: pure operations, bounded in work and in what they make."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import TypeGuard, cast

from liteagent.contracts.json import JsonValue

__all__ = [
    "MAX_DEPTH",
    "MAX_ITEMS",
    "MAX_TEXT",
    "MissingError",
    "OperationError",
    "Work",
    "add",
    "bounded",
    "cut",
    "divide",
    "floor_divide",
    "integer",
    "is_number",
    "item",
    "items",
    "key",
    "kind",
    "listed",
    "modulo",
    "multiply",
    "name",
    "negate",
    "number",
    "storable",
    "subtract",
    "text",
]

MAX_TEXT = 1_000_000
"""Characters of a text that an operation makes or works through, and of all texts of a result together."""
MAX_ITEMS = 10_000
"""Items of a list or an object that an operation makes or works through."""
MAX_DEPTH = 100
"""Levels of lists and objects in a result."""

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_SHOWN_NAMES, _SHOWN_CHARACTERS = 10, 40
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class OperationError(Exception):
    """An operation has no result. `position` is the place in the expression, as soon as it is known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position: int | None = None

    def at(self, position: int) -> "OperationError":
        """The same error; it happened there, unless something further inside has said where."""
        self.position = position if self.position is None else self.position
        return self


class MissingError(OperationError):
    """A name, a key or a place in a list is not there: what `default` and `exists` ask for."""


class Work:
    """What may still be done before an operation is refused."""

    __slots__ = ("_left",)

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, amount: int) -> None:
        """Take from it.

        Raises:
            OperationError: Nothing is left.
        """
        self._left -= amount
        if self._left < 0:
            raise OperationError("the values are too large to work with")


def kind(value: JsonValue) -> str:
    """The type of a value in plain words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return "not plain JSON"


def listed(names: Iterable[str]) -> str:
    """Names for a message: the first few, shortened, without those that an expression may not read."""
    shown = [_shown(each) for each in names if not each.startswith("_")]
    more = ", …" if len(shown) > _SHOWN_NAMES else ""
    return ", ".join(shown[:_SHOWN_NAMES]) + more if shown else "nothing"


def is_number(value: JsonValue) -> TypeGuard[int | float]:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: float) -> int | float:
    """`value` itself.

    Raises:
        OperationError: It is an integer beyond 64 bits, or no finite number.
    """
    if isinstance(value, int):
        if _INT64_MIN <= value <= _INT64_MAX:
            return value
        raise OperationError("the result is an integer beyond 64 bits")
    if math.isfinite(value):
        return value
    raise OperationError("the result is too large to be a number")


def integer(value: JsonValue, what: str) -> int:
    """`value`, which must be a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise OperationError(f"{what} must be a whole number, and is {kind(value)}")


def text(value: JsonValue) -> str:
    """`value`, which must be a text that is not too long to work with."""
    if not isinstance(value, str):
        raise OperationError(f"text is needed here, and this is {kind(value)}; str() makes text of a value")
    _fits(len(value), MAX_TEXT, "characters")
    return value


def items(value: JsonValue) -> list[JsonValue]:
    """`value`, which must be a list that is not too long to work with."""
    if not isinstance(value, list):
        raise OperationError(f"a list is needed here, and this is {kind(value)}")
    _fits(len(value), MAX_ITEMS, "items")
    return value


def name(value: JsonValue) -> str:
    """`value`, which must be fit for a key of an object."""
    if not isinstance(value, str):
        raise OperationError(f"the key of an object is text, and this is {kind(value)}")
    if value.startswith("_"):
        raise OperationError("keys that begin with _ are private")
    return value


def add(left: JsonValue, right: JsonValue) -> JsonValue:
    """The sum of numbers, or one text or list after the other."""
    if is_number(left) and is_number(right):
        return number(left + right)
    if isinstance(left, str) and isinstance(right, str):
        _fits(len(left) + len(right), MAX_TEXT, "characters")
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        _fits(len(left) + len(right), MAX_ITEMS, "items")
        return [*left, *right]
    hint = "; str() makes text of a value" if isinstance(left, str) or isinstance(right, str) else ""
    raise OperationError(f"`+` cannot join {kind(left)} and {kind(right)}{hint}")


def subtract(left: JsonValue, right: JsonValue) -> JsonValue:
    """The difference of numbers."""
    one, other = _numbers("-", left, right)
    return number(one - other)


def multiply(left: JsonValue, right: JsonValue) -> JsonValue:
    """The product of numbers; a text cannot be repeated."""
    one, other = _numbers("*", left, right)
    return number(one * other)


def divide(left: JsonValue, right: JsonValue) -> JsonValue:
    """The quotient of numbers, with a decimal point."""
    one, other = _divisible("/", left, right)
    return number(one / other)


def floor_divide(left: JsonValue, right: JsonValue) -> JsonValue:
    """The quotient of numbers, rounded down."""
    one, other = _divisible("//", left, right)
    return number(one // other)


def modulo(left: JsonValue, right: JsonValue) -> JsonValue:
    """What `floor_divide` leaves over; it never formats a text."""
    one, other = _divisible("%", left, right)
    return number(one % other)


def negate(value: JsonValue) -> JsonValue:
    """The number with the other sign."""
    if not is_number(value):
        raise OperationError(f"`-` needs a number, and this is {kind(value)}")
    return number(-value)


def key(value: JsonValue, wanted: str) -> JsonValue:
    """What an object has under a key; never an attribute of anything."""
    if not isinstance(value, Mapping):
        raise MissingError(
            f"there is no {_shown(wanted)}: what stands before it is {kind(value)}, not an object"
        )
    try:
        return value[wanted]
    except KeyError:
        raise MissingError(f"there is no {_shown(wanted)}; there is: {listed(value)}") from None


def item(value: JsonValue, place: JsonValue) -> JsonValue:
    """What an object has under a key, or a list or a text at a place; -1 is the last one."""
    if isinstance(value, Mapping):
        return key(value, name(place))
    if not isinstance(value, list | str):
        raise MissingError(f"there is nothing at that place: what stands before it is {kind(value)}")
    index = integer(place, "a place")
    if not -len(value) <= index < len(value):
        raise MissingError(f"there is no place {index}; there are {len(value)}, counted from 0")
    return value[index]


def cut(value: JsonValue, start: JsonValue, end: JsonValue) -> JsonValue:
    """The part of a list or a text from `start` to before `end`; null stands for its own ends."""
    places = slice(*(None if each is None else integer(each, "a place") for each in (start, end)))
    if isinstance(value, list):
        return items(value[places])
    if isinstance(value, str):
        return text(value[places])
    raise OperationError(f"only text and lists have parts, and this is {kind(value)}")


def storable(value: str) -> bool:
    """Whether every store can keep the text: it holds no NUL and no lone surrogate."""
    return _UNSTORABLE.search(value) is None


def bounded(value: JsonValue, size: int = MAX_TEXT, each: int = MAX_ITEMS) -> JsonValue:
    """`value` itself, looked through: at most `size` characters and items, and `each` items in one place.

    Raises:
        OperationError: It is too large, too deep, or no JSON.
    """
    work = Work(size)
    level = _containers((value,), work)
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return value
        level = [inner for outer in level for inner in _containers(_parts(outer, work, each), work)]
    raise OperationError(f"the result is nested more than {MAX_DEPTH} levels deep")


def _containers(values: Iterable[JsonValue], work: Work) -> list[JsonValue]:
    """Those of the values that have others in them, or are no JSON; the rest is checked and paid for."""
    found: list[JsonValue] = []
    for value in values:
        if isinstance(value, str):
            work.spend(len(value))
            _checked_characters(value)
        elif value.__class__ is int or value.__class__ is float:
            number(cast("float", value))
        elif value is not None and not isinstance(value, bool):
            found.append(value)
    return found


def _parts(value: JsonValue, work: Work, most: int) -> Iterable[JsonValue]:
    if isinstance(value, list):
        _fits(len(value), most, "items")
        work.spend(len(value))
        return value
    if isinstance(value, Mapping):
        _fits(len(value), most, "items")
        work.spend(sum(map(len, value), len(value)))
        _checked_characters("".join(value))
        return value.values()
    raise OperationError("the result is not plain JSON")


def _checked_characters(value: str) -> None:
    if not storable(value):
        raise OperationError("the result holds characters that cannot be stored: NUL or half of a pair")


def _fits(size: int, limit: int, what: str) -> None:
    if size > limit:
        raise OperationError(f"{size:,} {what} are too many; at most {limit:,} can be worked with")


def _shown(each: str) -> str:
    return repr(each if len(each) <= _SHOWN_CHARACTERS else each[:_SHOWN_CHARACTERS] + "…")


def _numbers(symbol: str, left: JsonValue, right: JsonValue) -> tuple[int | float, int | float]:
    if is_number(left) and is_number(right):
        return left, right
    raise OperationError(f"`{symbol}` needs two numbers, and these are {kind(left)} and {kind(right)}")


def _divisible(symbol: str, left: JsonValue, right: JsonValue) -> tuple[int | float, int | float]:
    one, other = _numbers(symbol, left, right)
    if other == 0:
        raise OperationError("division by zero")
    return one, other
