"""JSON of strangers: checked and handed on as text, so that nobody can keep the service busy with it."""

import gc
import json
import re
from array import array
from collections.abc import Generator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import orjson

__all__ = ["NotJsonError", "checked", "nested_too_deep", "parsed", "written"]

_LONG_NUMBER = re.compile(rb"[0-9]{19}")
"""It may be beyond what the fast parser keeps whole."""

_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(each for each in range(256) if each not in b"[]{}")
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")
_WORTH_IT = 0.7


class NotJsonError(ValueError):
    """A text that is not JSON, or a value that JSON cannot say."""


def parsed(text: bytes) -> Any:
    """What it says; whole numbers of any length stay what they are.

    Raises:
        NotJsonError: It is not JSON.
    """
    with _uncollected():
        try:
            return _exactly(text) if _LONG_NUMBER.search(text) else orjson.loads(text)
        except ValueError as error:
            raise NotJsonError(str(error)) from None


def written(value: object) -> bytes:
    """The text of a value.

    Raises:
        NotJsonError: It cannot be said in JSON.
    """
    try:
        return _written_fast(value) or json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None


def _written_fast(value: object) -> bytes:
    """Empty where it is not simple enough, or has numbers that would silently become null."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        return b""
    return b"" if b"null" in text else text


def checked(text: bytes, depth: int) -> bytes:
    """The same text, which is JSON and nested no deeper than that.

    Raises:
        NotJsonError: It is not.
    """
    if nested_too_deep(text, depth):
        raise NotJsonError(f"it is nested deeper than {depth} levels")
    with _uncollected():
        try:
            orjson.loads(text)
        except ValueError:
            written(_exactly(text))  # an escape can say half of a character, which no text may hold
    return text


def _exactly(text: bytes) -> Any:
    try:
        return json.loads(text.decode(), parse_constant=_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None


def _constant(name: str) -> None:
    raise NotJsonError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotJsonError(f"{text} is beyond what a number can be")
    return value


@contextmanager
def _uncollected() -> Generator[None]:
    """Without the collector, which looks at everything again and again while it is being made."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def nested_too_deep(text: bytes, depth: int) -> bool:
    """Whether JSON is nested deeper than that; whatever else is wrong with it may go unnoticed.

    Each step is one pass in C: a megabyte of brackets takes some 50 ms at worst.
    """
    if text.count(b"[") + text.count(b"{") <= depth:
        return False
    brackets = _without_texts(text).translate(_ONE_KIND, _OTHERS)
    removed = 0
    while brackets:
        # What is wide and flat goes at once: the innermost level everywhere.
        shorter = brackets.replace(b"[]", b"")
        removed += 1
        if removed > depth:
            return True
        is_deep = len(shorter) > len(brackets) * _WORTH_IT
        brackets = shorter
        if is_deep:
            return max(accumulate(array("b", brackets.translate(_STEPS))), default=0) + removed > depth
    return False


def _without_texts(text: bytes) -> bytes:
    if b'"' not in text:
        return text
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(text.split(b'"')[::2])
