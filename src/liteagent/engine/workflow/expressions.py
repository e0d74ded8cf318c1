"""Expressions: small, total, and without a way out.

Python's parser reads them and nothing of Python evaluates them: an allow-list of nodes is compiled to
closures over plain JSON. Attribute access is access to the keys of an object, and the only calls are those
of `functions.FUNCTIONS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, TypeAlias

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.expression_compiler import Run, compiled
from liteagent.engine.workflow.expression_syntax import MAX_CHARACTERS, SyntaxRefusedError
from liteagent.engine.workflow.operators import OperationError, storable

__all__ = ["Expression", "ExpressionError", "ExpressionFailedError", "Scope", "compile_expression", "truth"]

Scope: TypeAlias = Mapping[str, JsonValue]
"""Names and the plain JSON data that they stand for."""

_CACHED = 4_096
_SHOWN = 80


class ExpressionError(InvalidInputError):
    """A text is no expression of the language.

    `details` has the `expression`, the `position` in characters from 0, and the `reason`.
    """

    code = "expression_invalid"

    _begin: ClassVar[str] = "Correct the expression"

    @classmethod
    def of(cls, expression: str, position: int, reason: str) -> "ExpressionError":
        """The error of one expression at one place."""
        # An error is stored and sent as JSON, which a text that was refused may not be fit for.
        text = expression if storable(expression) else ascii(expression)
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        message = f"{cls._begin} {shown!r} at position {position}: {reason}."
        details = {"expression": text[:MAX_CHARACTERS], "position": position, "reason": reason}
        return cls(message, details=details)


class ExpressionFailedError(ExpressionError):
    """An expression has no value for this data."""

    code = "expression_failed"
    _begin = "There is no value for the expression"


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, equal to another one of the same text. `compile_expression` makes it.

    Attributes:
        names: Every path that it reads from the scope, as far as it is written out: of `a.b["c"][0].d` this
            is `("a", "b", "c")`.
    """

    text: str
    names: frozenset[tuple[str, ...]] = field(compare=False)
    _run: Run = field(compare=False, repr=False)

    def evaluate(self, scope: Scope) -> JsonValue:
        """Its value. What it only hands on is part of `scope` itself and must not be changed.

        Raises:
            ExpressionError: `expression_failed`: something is missing, of the wrong type, or too large.
        """
        try:
            return self._run(scope)
        except OperationError as error:
            raise ExpressionFailedError.of(self.text, error.position or 0, error.reason) from None
        except (RecursionError, MemoryError):
            reason = "the values are too large or too deep to work with"
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            reason = "a value is not plain JSON"
        raise ExpressionFailedError.of(self.text, 0, reason)


def compile_expression(text: str) -> Expression:
    """The expression that `text` is; one text is compiled once.

    Raises:
        ExpressionError: `expression_invalid`, with the position and the reason.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ExpressionError.of(str(text)[:_SHOWN], 0, "an expression is text; put it in quotes")
    return _compiled(text)


def truth(value: JsonValue) -> bool:
    """Whether a condition with this value holds: null, false, 0, and what is empty does not."""
    return bool(value)


@lru_cache(maxsize=_CACHED)
def _compiled(text: str) -> Expression:
    try:
        parts = compiled(text)
    except SyntaxRefusedError as error:
        raise ExpressionError.of(text, error.position, error.reason) from None
    return Expression(text, parts.names, parts.run)
