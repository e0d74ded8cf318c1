"""JSON as every store can keep it.

What the standard's grammar allows and a store refuses is refused here, with the place where it stands: NUL
characters, lone surrogates, numbers that no 64-bit integer or finite float holds, nesting without end.
"""

import json
from collections.abc import Iterator
from typing import Any, cast

import orjson

from liteagent.contracts.errors import InvalidInputError

__all__ = ["MAX_DEPTH", "canonical", "parse"]

MAX_DEPTH = 100
"""Levels of arrays and objects."""

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_INT64_DIGITS = 19
_SHOWN = 60


def parse(raw: bytes) -> Any:
    """The value of a JSON document.

    Raises:
        InvalidInputError: `invalid_json`; the message says what and where, never with the value itself.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _refusal(f"is not valid JSON: {error.msg} (byte {error.pos})") from None
    may_hold_nul = b"\\u0000" in raw
    suspicious = False
    for place, depth, each in _walk(value):
        if depth > MAX_DEPTH:
            raise _refusal(f"is nested more than {MAX_DEPTH} levels deep", place)
        if isinstance(each, str):
            if may_hold_nul and "\x00" in each:
                raise _refusal("contains a NUL character", place)
        elif isinstance(each, int):
            if not _INT64_MIN <= each <= _INT64_MAX:
                raise _refusal("contains an integer beyond 64 bits", place)
        elif isinstance(each, float) and abs(each) >= _INT64_MAX:
            suspicious = True
    if suspicious:
        _refuse_long_integers(raw)
    return value


def canonical(value: object) -> bytes:
    """Bytes that are equal for equal values, whatever the order of keys and the white space."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _refuse_long_integers(raw: bytes) -> None:
    # orjson reads an integer beyond 64 bits as a float; only the literal tells it from an honest 1e20.
    def check(literal: str) -> int:
        if len(literal.lstrip("-")) > _INT64_DIGITS or not _INT64_MIN <= int(literal) <= _INT64_MAX:
            raise _refusal("contains an integer beyond 64 bits")
        return 0

    json.loads(raw, parse_int=check)


_Place = tuple[Any, ...]
"""Keys and positions, innermost first, as nested pairs: cheap to make, joined only for a message."""


def _walk(value: object) -> Iterator[tuple[_Place, int, object]]:
    """Every value and every key, with its place and how many containers hold it (its own included)."""
    pending: list[tuple[_Place, int, object]] = [((), 0, value)]
    while pending:
        place, depth, each = pending.pop()
        if isinstance(each, dict):
            depth += 1
            yield place, depth, None
            for key, child in cast("dict[str, object]", each).items():
                yield place, depth, key
                pending.append(((key, place), depth, child))
        elif isinstance(each, list):
            depth += 1
            yield place, depth, None
            children = enumerate(cast("list[object]", each))
            pending.extend(((index, place), depth, child) for index, child in children)
        else:
            yield place, depth, each


def _refusal(what: str, place: _Place = ()) -> InvalidInputError:
    where = _path(place)
    message = f"The request's {where} {what}." if where == "body" else f"{where} of the request {what}."
    return InvalidInputError(message, code="invalid_json", details={"at": where})


def _path(place: _Place) -> str:
    parts: list[str] = []
    while place:
        part, place = place
        parts.append(f"[{part}]" if isinstance(part, int) else f".{_shown(str(part))}")
    return "body" + "".join(reversed(parts))


def _shown(key: str) -> str:
    text = key if key.isprintable() else "?"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
