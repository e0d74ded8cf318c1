"""Foreign data as plain JSON data: dicts, lists, texts, numbers, within limits."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.operators import storable
from liteagent.engine.workflow.problems import Problem, invalid, node_of, shown

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_EDGES",
    "MAX_INTEGER",
    "MAX_KEY",
    "MAX_NODES",
    "MAX_VALUES",
    "plain",
    "texts_in",
]

MAX_CHARACTERS = 1_000_000
"""Characters of a document."""
MAX_DEPTH = 50
"""How deep lists and objects stand in each other."""
MAX_KEY = 150
"""Characters of a key; YAML has a limit too."""
MAX_NODES = 1_000
"""Nodes of a workflow, bodies included."""
MAX_EDGES = 5_000
"""Edges of a workflow, those of bodies included."""
MAX_VALUES = 50_000
"""Values in a document, keys included."""
MAX_INTEGER = 2**63 - 1
"""JSON readers that keep integers apart from floats agree up to here."""


def plain(value: object, field: str = "") -> JsonValue:
    """`value` as plain data of its own: mappings are dicts, sequences are lists.

    Raises:
        InvalidInputError: It is no JSON, too deep or too large; the problem names the place below `field`.
    """
    return _Copying().copy(value, field, 0)


def texts_in(value: JsonValue, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text in plain data, with the path that leads to it."""
    match value:
        case str():
            yield field, value
        case Mapping():
            for key, each in value.items():
                yield from texts_in(each, f"{field}.{key}" if field else key)
        case list() | tuple():
            for index, each in enumerate(value):
                yield from texts_in(each, f"{field}.{index}")
        case _:
            return


class _Copying:
    def __init__(self) -> None:
        self._values = 0
        self._characters = 0

    def copy(self, value: object, field: str, depth: int) -> JsonValue:
        self._values += 1
        if self._values > MAX_VALUES:
            raise _refused(field, "too_large", f"This holds more than {MAX_VALUES:,} values. Split the flow.")
        if depth > MAX_DEPTH:
            raise _refused(field, "too_deep", f"This nests deeper than {MAX_DEPTH} levels. Make it flatter.")
        match value:
            case None | bool():
                return value
            case str():
                return self._text(value, field)
            case int() | float():
                return _number(value, field)
            case Mapping():
                return self._object(cast("Mapping[Any, Any]", value), field, depth)
            case list() | tuple():
                items = cast("list[Any] | tuple[Any, ...]", value)
                return [self.copy(each, f"{field}.{index}", depth + 1) for index, each in enumerate(items)]
            case _:
                kind = type(value).__name__
                raise _refused(field, "not_json", f"A {kind} cannot be written down. Give JSON data.")

    def _text(self, value: str, field: str) -> str:
        self._characters += len(value)
        if self._characters > MAX_CHARACTERS:
            message = f"The texts have more than {MAX_CHARACTERS:,} characters in all. Keep data elsewhere."
            raise _refused(field, "too_large", message)
        if not storable(value):
            message = "This text holds a character that cannot be stored: NUL or half of a pair. Remove it."
            raise _refused(field, "not_json", message)
        return str(value)

    def _object(self, value: Mapping[Any, Any], field: str, depth: int) -> JsonValue:
        copied: dict[str, JsonValue] = {}
        for key, each in value.items():
            if not isinstance(key, str):
                raise _refused(field, "not_json", f"The key {shown(key)} is no text. Put it in quotes.")
            if len(key) > MAX_KEY:
                message = f"The key {shown(key)} is longer than {MAX_KEY} characters. Shorten it."
                raise _refused(field, "too_large", message)
            name = self._text(key, field)
            copied[name] = self.copy(each, f"{field}.{name}" if field else name, depth + 1)
        return copied


def _number(value: float, field: str) -> JsonValue:
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise _refused(field, "not_json", "This integer needs more than 64 bits. Put it in quotes.")
        return int(value)
    if not math.isfinite(value):
        raise _refused(field, "not_json", f"{value} is no JSON number. Give a finite one.")
    return float(value)


def _refused(field: str, code: str, message: str) -> Exception:
    return invalid([Problem(node_of(field), field, code, message)])
