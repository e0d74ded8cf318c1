"""How values compare: equality within a type, order of numbers and of texts, and what contains what."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.operators import OperationError, Work, is_number, items, kind, text

__all__ = ["COMPARISONS", "contains"]

_MAX_COMPARED = 100_000
_SCALARS = frozenset({str, int, float, bool, type(None)})

_Comparison: TypeAlias = Callable[[JsonValue, JsonValue], bool]


def contains(container: JsonValue, value: JsonValue) -> bool:
    """Whether `value` is a part of a text, an item of a list, or a key of an object."""
    if isinstance(container, Mapping):
        return isinstance(value, str) and value in container
    if isinstance(container, str):
        return text(value) in text(container)
    if not isinstance(container, list):
        raise OperationError(f"`in` looks into text, a list or an object, and this is {kind(container)}")
    if isinstance(value, str):  # equal to no value of another type, so that Python's own search is right
        return value in items(container)
    work = Work(_MAX_COMPARED)
    return any(_same(each, value, work) for each in items(container))


def _equal(left: JsonValue, right: JsonValue) -> bool:
    """Equality within a type: true is not 1, "1" is not 1, and 1 is 1.0."""
    if left.__class__ is right.__class__ and left.__class__ in _SCALARS:
        return left == right
    return _same(left, right, Work(_MAX_COMPARED))


def _same(left: JsonValue, right: JsonValue, work: Work) -> bool:
    pending: list[tuple[JsonValue, JsonValue]] = [(left, right)]
    while pending:
        one, other = pending.pop()
        inside = _pairs(one, other, work)
        if inside is not None:
            pending.extend(inside)
        elif not _same_scalar(one, other):
            return False
    return True


def _pairs(one: JsonValue, other: JsonValue, work: Work) -> Iterator[tuple[JsonValue, JsonValue]] | None:
    """What must be equal for two containers of one kind and size to be so."""
    work.spend(1)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        work.spend(len(one))
        return zip(one, other, strict=True)
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        work.spend(len(one))
        return ((each, other[at]) for at, each in one.items())
    return None


def _same_scalar(one: JsonValue, other: JsonValue) -> bool:
    if is_number(one) and is_number(other):
        return one == other
    return one.__class__ is other.__class__ and one.__class__ in _SCALARS and one == other


def _different(left: JsonValue, right: JsonValue) -> bool:
    return not _equal(left, right)


def _ordering(symbol: str, compare: Callable[..., bool]) -> _Comparison:
    def ordered(left: JsonValue, right: JsonValue) -> bool:
        if (isinstance(left, str) and isinstance(right, str)) or (is_number(left) and is_number(right)):
            return compare(left, right)
        raise OperationError(
            f"`{symbol}` compares two numbers or two texts, and these are {kind(left)} and {kind(right)}"
        )

    return ordered


def _inside(left: JsonValue, right: JsonValue) -> bool:
    return contains(right, left)


def _outside(left: JsonValue, right: JsonValue) -> bool:
    return not contains(right, left)


COMPARISONS: Mapping[str, _Comparison] = {
    "Eq": _equal,
    "NotEq": _different,
    "Lt": _ordering("<", operator.lt),
    "LtE": _ordering("<=", operator.le),
    "Gt": _ordering(">", operator.gt),
    "GtE": _ordering(">=", operator.ge),
    "In": _inside,
    "NotIn": _outside,
}
"""Comparisons by the name of their node in Python's syntax tree."""
