"""Templates: text with `{{ expression }}` pieces in it, and data whose texts are templates.

A literal `{{` is written as the piece `{{ "{{" }}`; `}}` outside of a piece is text like any other.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.expression_syntax import MAX_CHARACTERS
from liteagent.engine.workflow.expressions import (
    Expression,
    ExpressionError,
    ExpressionFailedError,
    Scope,
    compile_expression,
)
from liteagent.engine.workflow.functions import text_of
from liteagent.engine.workflow.operators import MAX_DEPTH, MAX_TEXT, OperationError, bounded

__all__ = ["Template", "compile_template", "names_of", "render_value"]

_OPEN, _CLOSE = "{{", "}}"
_TOKEN = re.compile(r"""'(?:\\[\s\S]|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"|['"{}]""")
_MAX_PIECES = 1_000
_MAX_SCANNED = MAX_CHARACTERS + 100
_MAX_SIZE = 10_000_000
_LIGHT = 10_000
_CACHED, _MAX_CACHED_CHARACTERS = 1_024, 8_000

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template, equal to another one of the same text. `compile_template` makes it.

    Attributes:
        parts: Literal texts and expressions, in order.
        names: The paths that its expressions read.
    """

    text: str
    parts: tuple[str | Expression, ...] = field(compare=False)
    names: frozenset[tuple[str, ...]] = field(compare=False)
    _starts: tuple[int, ...] = field(compare=False, repr=False)

    def render(self, scope: Scope) -> str:
        """The text with the value of each expression in its place; null is empty, objects are JSON.

        Raises:
            ExpressionError: `expression_failed`: an expression has no value, or the text becomes too long.
        """
        pieces: list[str] = []
        size = 0
        for part, start in zip(self.parts, self._starts, strict=True):
            piece = part if isinstance(part, str) else _rendered(part, scope, start)
            size += len(piece)
            if size > MAX_TEXT:
                reason = f"the rendered text is longer than {MAX_TEXT:,} characters"
                raise ExpressionFailedError.of(self.text, start, reason)
            pieces.append(piece)
        return "".join(pieces)

    def value(self, scope: Scope) -> JsonValue:
        """The value itself where the template is one expression and nothing else; otherwise `render`.

        Raises:
            ExpressionError: `expression_failed`, as `render` does.
        """
        match self.parts:
            case (Expression() as expression,):
                return _at(self._starts[0], expression.evaluate, scope)
            case _:
                return self.render(scope)


def compile_template(text: str) -> Template:
    """The template that `text` is; one text is compiled once.

    Raises:
        ExpressionError: `expression_invalid`, with the position in the whole text and the reason.
    """
    return _cached(text) if len(text) <= _MAX_CACHED_CHARACTERS else _compiled(text)


def render_value(value: JsonValue, scope: Scope) -> JsonValue:
    """`value` with every text in it rendered; a text that is exactly one expression becomes its value.

    Keys stay as they are. What is handed on is part of `scope` itself and must not be changed.

    Raises:
        ExpressionError: `expression_invalid` or `expression_failed`. For a text inside of an object or a
            list, `details["at"]` says where it stands, like `headers.Authorization` or `rows[2]`.
    """
    heavy = False

    def rendered(text: str) -> JsonValue:
        nonlocal heavy
        if _OPEN not in text:
            return text
        found = compile_template(text).value(scope)
        heavy = heavy or isinstance(found, list | Mapping) or (isinstance(found, str) and len(found) > _LIGHT)
        return found

    result = _mapped(value, rendered)
    # One expression hands on what was there; several of them, or one in a shell, can make a value grow.
    return _checked(result) if heavy and not isinstance(value, str) else result


def names_of(value: JsonValue) -> frozenset[tuple[str, ...]]:
    """The paths that `render_value` reads for `value`.

    Raises:
        ExpressionError: `expression_invalid`, as `render_value` does.
    """
    found: set[tuple[str, ...]] = set()

    def collected(text: str) -> str:
        if _OPEN in text:
            found.update(compile_template(text).names)
        return text

    _mapped(value, collected)
    return frozenset(found)


@lru_cache(maxsize=_CACHED)
def _cached(text: str) -> Template:
    return _compiled(text)


def _compiled(text: str) -> Template:
    pieces = list(_pieces(text))
    parts = tuple(part for part, _ in pieces)
    names = frozenset[tuple[str, ...]]().union(
        *(part.names for part in parts if isinstance(part, Expression))
    )
    return Template(text, parts, names, tuple(start for _, start in pieces))


def _pieces(text: str) -> Iterator[tuple[str | Expression, int]]:
    """Each part with the position where its own text begins."""
    at = count = 0
    while at < len(text):
        start = text.find(_OPEN, at)
        if start != at:
            yield text[at : start if start >= 0 else None], at
        if start < 0:
            return
        count += 1
        if count > _MAX_PIECES:
            raise ExpressionError.of(text, start, f"a template has at most {_MAX_PIECES:,} expressions")
        end = _end(text, start)
        piece = text[start + len(_OPEN) : end]
        inside = end - len(piece.lstrip())
        yield _at(inside, compile_expression, piece.strip()), inside
        at = end + len(_CLOSE)


def _end(text: str, start: int) -> int:
    """Where the piece that opens at `start` is closed: not inside of a quoted text or of an object."""
    depth, quote = 0, ""
    for token in _TOKEN.finditer(text, start + len(_OPEN), start + len(_OPEN) + _MAX_SCANNED):
        each = token[0]
        if each == _CLOSE[0]:
            if not depth and text.startswith(_CLOSE, token.start()):
                return token.start()
            depth -= 1
        elif each == _OPEN[0]:
            depth += 1
        elif len(each) == 1:
            quote = each
            break
    what = "a quote inside of this piece" if quote else "this {{"
    raise ExpressionError.of(
        text, start, f"{what} is never closed, or only after {MAX_CHARACTERS:,} characters"
    )


def _at(start: int, action: Callable[[P], T], argument: P) -> T:
    """What `action` gives; where it refuses, the position is counted in the whole template."""
    try:
        return action(argument)
    except ExpressionError as error:
        details = error.details
        position = start + int(details["position"])
        raise type(error).of(details["expression"], position, details["reason"]) from None


def _rendered(expression: Expression, scope: Scope, start: int) -> str:
    value = _at(start, expression.evaluate, scope)
    try:
        return text_of(value)
    except OperationError as error:
        raise ExpressionFailedError.of(expression.text, start, error.reason) from None


def _mapped(value: JsonValue, change: Callable[[str], JsonValue], depth: int = 0) -> JsonValue:
    """`value` with `change` applied to every text in it."""
    if isinstance(value, str):
        return change(value)
    if depth > MAX_DEPTH:
        raise ExpressionError.of("", 0, f"the data is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {key: _inside(key, each, change, depth) for key, each in value.items()}
    if isinstance(value, list):
        return [_inside(f"[{at}]", each, change, depth) for at, each in enumerate(value)]
    return value


def _checked(value: JsonValue) -> JsonValue:
    try:
        return bounded(value, _MAX_SIZE, _MAX_SIZE)
    except OperationError as error:
        raise ExpressionFailedError.of("", 0, error.reason) from None


def _inside(place: str, value: JsonValue, change: Callable[[str], JsonValue], depth: int) -> JsonValue:
    try:
        return _mapped(value, change, depth + 1)
    except ExpressionError as error:
        further = str(error.details.get("at", ""))
        dot = "." if further and not further.startswith("[") else ""
        error.details["at"] = f"{place}{dot}{further}"
        raise
