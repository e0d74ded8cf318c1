"""The YAML of flow files: the core schema of YAML 1.2, read strictly and written canonically.

The library's parser gives events; nothing of its constructors, resolvers or tags is used, so reading makes
nothing but dicts, lists, texts and numbers.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, NoReturn, cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.plain_data import MAX_CHARACTERS, MAX_DEPTH, MAX_INTEGER, MAX_VALUES
from liteagent.engine.workflow.problems import Places

__all__ = ["UNREADABLE", "YamlText", "read_yaml", "unreadable", "write_yaml"]

UNREADABLE = "workflow_unreadable"
"""Code of the error of a text that is no document at all."""

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_SPECIAL = re.compile("|".join(each.pattern for each in (_NULL, _BOOLEAN, _OTHER_BASE, _FLOAT, _NOT_FINITE)))
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_DIGITS = 400
_REMEDY = "Write the value out where it is used."


class YamlText(NamedTuple):
    """A document, and where its fields stand in the text."""

    data: JsonValue
    places: Places


def unreadable(message: str, line: int, column: int) -> InvalidInputError:
    """The error of a text that cannot be read; line and column count from 1."""
    details = {"line": line, "column": column, "reason": message}
    text = f"line {line}, column {column}: {message}"
    return InvalidInputError(text, code=UNREADABLE, details=details)


def read_yaml(text: str) -> YamlText:
    """One document.

    Raises:
        InvalidInputError: `workflow_unreadable`, with line and column: it is no YAML, repeats a key, is too
            large, or uses what flow files do without: aliases, anchors, tags, merge keys, several documents.
    """
    _check_characters(text)
    try:
        return _Reading(_events(text)).document()
    except yaml.MarkedYAMLError as error:
        raise _malformed(error) from None


def _events(text: str) -> Iterator[Event]:
    """What the parser finds; the one in C, where the library has it, is 20 times faster."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("Iterator[Event]", yaml.parse(text, Loader=loader))  # pyright: ignore[reportUnknownMemberType]


def _check_characters(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        message = f"the document is longer than {MAX_CHARACTERS:,} characters. Keep data in files of its own"
        raise unreadable(message, *_line_and_column(text, MAX_CHARACTERS))
    if found := _UNREADABLE.search(text):
        message = (
            "a character stands here that no text may hold. Remove it, or write it as an escape in quotes"
        )
        raise unreadable(message, *_line_and_column(text, found.start()))


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _malformed(error: yaml.MarkedYAMLError) -> InvalidInputError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    context = f"{error.context}, " if error.context else ""
    return unreadable(f"this is no YAML: {context}{error.problem}", line, column)


class _Reading:
    """Builds the data out of a parser's events."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._places: dict[str, tuple[int, int]] = {}
        self._values = 0

    def document(self) -> YamlText:
        next(self._events)
        begin = next(self._events)
        if not isinstance(begin, DocumentStartEvent):
            raise unreadable("the document is empty. Begin with `liteagent: 1`", 1, 1)
        if begin.version not in {None, (1, 2)}:
            self._refuse(begin, "flow files are YAML 1.2. Remove the %YAML line")
        data = self._value(next(self._events), "", 0)
        next(self._events)
        further = next(self._events)
        if not isinstance(further, StreamEndEvent):
            self._refuse(further, "a second document begins here. Keep one flow in one file")
        return YamlText(data, self._places)

    def _value(self, event: Event, path: str, depth: int) -> JsonValue:
        self._check(event, depth)
        match event:
            case SequenceStartEvent():
                return self._sequence(path, depth)
            case MappingStartEvent():
                return self._mapping(path, depth)
            case _:
                assert isinstance(event, ScalarEvent)
                return self._scalar(event)

    def _check(self, event: Event, depth: int) -> None:
        self._values += 1
        assert isinstance(event, NodeEvent)
        if isinstance(event, AliasEvent):
            self._refuse(event, f"the alias *{event.anchor} is not allowed. {_REMEDY}")
        if event.anchor is not None:
            self._refuse(event, f"the anchor &{event.anchor} is not allowed. {_REMEDY}")
        if getattr(event, "tag", None) is not None:
            self._refuse(event, "a tag is not allowed. Remove it; quotes make a text")
        if depth > MAX_DEPTH:
            self._refuse(event, f"this nests deeper than {MAX_DEPTH} levels. Make it flatter")
        if self._values > MAX_VALUES:
            self._refuse(event, f"the document holds more than {MAX_VALUES:,} values. Split the flow")

    def _sequence(self, path: str, depth: int) -> JsonValue:
        items: list[JsonValue] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            inner = f"{path}.{len(items)}"
            self._places[inner] = _place(event)
            items.append(self._value(event, inner, depth + 1))
        return items

    def _mapping(self, path: str, depth: int) -> JsonValue:
        found: dict[str, JsonValue] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, depth)
            if key in found:
                self._refuse(event, f"the key {key!r} is already there. Remove one of the two")
            inner = f"{path}.{key}" if path else key
            self._places[inner] = _place(event)
            found[key] = self._value(next(self._events), inner, depth + 1)
        return found

    def _key(self, event: Event, depth: int) -> str:
        """Keys are texts as they are written: `1`, `yes` and `true` too."""
        self._check(event, depth)
        if not isinstance(event, ScalarEvent):
            self._refuse(event, "a key is a text, and this is a list or an object. Put it in quotes")
        if event.value == "<<" and event.implicit[0]:
            self._refuse(event, f"the merge key << is not allowed. {_REMEDY}")
        return str(event.value)

    def _scalar(self, event: ScalarEvent) -> JsonValue:
        text = str(event.value)
        if not event.implicit[0] or not _plain_value(text):
            return text
        if _NULL.fullmatch(text):
            return None
        if _BOOLEAN.fullmatch(text):
            return text.lower() == "true"
        return self._number(event, text)

    def _number(self, event: Event, text: str) -> JsonValue:
        if _NOT_FINITE.fullmatch(text) or len(text) > _MAX_DIGITS:
            self._refuse(event, f"{text[:20]} is no JSON number. Put it in quotes if it is a text")
        if _OTHER_BASE.fullmatch(text):
            value: float = int(text, 0)
        elif _INTEGER.fullmatch(text):
            value = int(text)
        else:
            value = float(text)
        if (isinstance(value, int) and abs(value) > MAX_INTEGER) or not math.isfinite(value):
            self._refuse(event, f"{text[:20]} is too large a number. Put it in quotes if it is a text")
        return value

    def _refuse(self, event: Event, message: str) -> NoReturn:
        raise unreadable(message, *_place(event))


def _place(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _plain_value(text: str) -> bool:
    """Whether a plain scalar stands for something else than its text."""
    return _SPECIAL.fullmatch(text) is not None


_WIDTH = 100
_LONG = 80
_SHORT_LIST = 8
_INDENT = "  "
_BLOCKS = frozenset({"nodes", "edges"})
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?: (?:->|[A-Za-z0-9_.-]+))*")
_ODD = r"\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
_PLAIN_TEXT = re.compile(rf"(?:[^\W\d_]|\()[^\x00-\x1f{_ODD}:#\[\]{{}},\"\\]*")
_READ_OTHERWISE = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_BLOCK = re.compile(rf"[^\s\x00-\x20{_ODD}][^\x00-\x09\x0b-\x1f{_ODD}]*")
_TRAILING_BLANKS = re.compile(r" (?:\n|$)")
_UNPRINTABLE = re.compile(f"[{_ODD}]")


def write_yaml(document: JsonObject) -> str:
    """The canonical text: one field a line, long texts as blocks, one blank line nowhere."""
    return "".join(f"{line}\n" for line in _entries(document, 0, top=True))


def _entries(value: JsonObject, level: int, *, top: bool = False) -> Iterator[str]:
    for key, each in value.items():
        yield from _field(f"{_INDENT * level}{_key(key)}:", each, level + 1, block=top or key in _BLOCKS)


def _items(value: Sequence[JsonValue], level: int) -> Iterator[str]:
    for each in value:
        lead = f"{_INDENT * level}-"
        if isinstance(each, Mapping) and each:
            first, *rest = _entries(cast("JsonObject", each), level + 1)
            yield f"{lead} {first.lstrip(' ')}"
            yield from rest
        elif isinstance(each, Sequence) and not isinstance(each, str) and _flow(each) is None:
            yield lead
            yield from _items(each, level + 1)
        else:
            yield from _field(lead, each, level + 1, block=False)


def _field(lead: str, value: JsonValue, level: int, *, block: bool) -> Iterator[str]:
    """The lines of `lead value`; `block` keeps short objects from being put on one line."""
    if isinstance(value, str):
        yield from _text(lead, value, level)
    elif not _nested(value) or not value:
        yield f"{lead} {_flow(value)}"
    elif not block and (flow := _flow(value)) is not None and len(lead) + len(flow) < _WIDTH:
        yield f"{lead} {flow}"
    elif isinstance(value, Mapping):
        yield lead
        yield from _entries(cast("JsonObject", value), level)
    else:
        yield lead
        yield from _items(cast("Sequence[JsonValue]", value), level)


def _text(lead: str, value: str, level: int) -> Iterator[str]:
    inline = _scalar(value)
    if "\n" not in value and len(lead) + len(inline) < _WIDTH:
        yield f"{lead} {inline}"
    elif not _BLOCK.fullmatch(value) or _TRAILING_BLANKS.search(value):
        yield f"{lead} {_quoted(value)}"
    elif "\n" not in value and "  " not in value:
        yield f"{lead} >-"
        yield from (f"{_INDENT * level}{line}" for line in _wrapped(value))
    else:
        body = value.rstrip("\n")
        ending = len(value) - len(body)
        yield f"{lead} |{'-' if not ending else '' if ending == 1 else '+'}"
        yield from (f"{_INDENT * level}{line}" if line else "" for line in body.split("\n"))
        yield from [""] * (ending - 1)


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + len(word) >= _LONG:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _flow(value: JsonValue) -> str | None:
    """A value on one line, where that reads well: a scalar, a few scalars, an object of one."""
    if isinstance(value, Mapping):
        if len(value) > 1 or any(_nested(each) for each in value.values()):
            return None
        return "{" + ", ".join(f"{_key(key)}: {_scalar(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) > _SHORT_LIST or any(_nested(each) for each in value):
            return None
        return "[" + ", ".join(map(_scalar, value)) + "]"
    return _scalar(value)


def _nested(value: JsonValue) -> bool:
    return isinstance(value, Mapping | list)


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and not _ambiguous(key) and len(key) < _WIDTH else _quoted(key)


def _scalar(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            plain = _PLAIN_TEXT.fullmatch(value) and not value.endswith(" ") and not _ambiguous(value)
            return value if plain else _quoted(value)
        case _:
            return repr(value)


def _ambiguous(text: str) -> bool:
    """Whether some reader of YAML takes the plain text for something else than a text."""
    return text.lower() in _READ_OTHERWISE or _plain_value(text)


def _quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)
