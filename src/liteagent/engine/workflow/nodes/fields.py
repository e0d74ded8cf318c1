"""Fields of a config on their way into a handler: compiled, or refused by their name in the document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.expressions import Expression, ExpressionError, compile_expression
from liteagent.engine.workflow.handler import Names, Scope
from liteagent.engine.workflow.templates import Template, compile_template, names_of, render_value

__all__ = [
    "Formula",
    "exactly_one",
    "expression_of",
    "formula_of",
    "names_in",
    "names_in_all",
    "object_schema",
    "refused",
    "template_of",
    "without",
]

_OPEN = "{{"

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Formula:
    """A value that is computed from the scope: an expression, or data with templates in it."""

    names: Names
    _value: Callable[[Scope], JsonValue]

    def value(self, scope: Scope) -> JsonValue:
        """The value.

        Raises:
            ExpressionError: An expression has no value for this scope.
        """
        return self._value(scope)


def refused(field: str, message: str) -> InvalidInputError:
    """The error of a field; `message` says what to do."""
    return InvalidInputError(message, details={"field": field})


def expression_of(field: str, text: str) -> Expression:
    """The expression that stands in a field.

    Raises:
        ExpressionError: It is none; `details` has the `field`, the `position` and the `reason`.
    """
    return _in_field(field, compile_expression, text)


def template_of(field: str, text: str) -> Template:
    """The template that stands in a field.

    Raises:
        ExpressionError: It is none; `details` has the `field`, the `position` and the `reason`.
    """
    return _in_field(field, compile_template, text)


def names_in(field: str, value: JsonValue) -> Names:
    """The names that the templates in a field read.

    Raises:
        ExpressionError: One of them is none; `details` has the `field`, the `position` and the `reason`.
    """
    return _in_field(field, names_of, value)


def names_in_all(values: Mapping[str, JsonValue]) -> Names:
    """The names that the templates of several fields read.

    Raises:
        ExpressionError: As `names_in` does.
    """
    return frozenset[tuple[str, ...]]().union(*(names_in(field, value) for field, value in values.items()))


def formula_of(field: str, value: JsonValue) -> Formula:
    """What stands in a field: text without `{{` is an expression, everything else data with templates in it.

    Raises:
        ExpressionError: It is neither; `details` has the `field`, the `position` and the `reason`.
    """
    if isinstance(value, str):
        if _OPEN not in value:
            expression = expression_of(field, value)
            return Formula(expression.names, expression.evaluate)
        template = template_of(field, value)
        return Formula(template.names, template.value)
    return Formula(names_in(field, value), lambda scope: render_value(value, scope))


def exactly_one(given: Mapping[str, Any]) -> str:
    """The one field of several that is given.

    Raises:
        InvalidInputError: None is, or more than one.
    """
    found = [field for field, value in given.items() if value is not None]
    if len(found) == 1:
        return found[0]
    *others, last = given
    message = f"Give exactly one of {', '.join(others)} and {last}; {len(found) or 'none'} of them is given."
    raise refused(found[1] if found else next(iter(given)), message)


def without(names: Names, roots: frozenset[str]) -> Names:
    """`names` without those that begin with one of `roots`, which the node itself provides."""
    return frozenset(each for each in names if each[0] not in roots)


def object_schema(properties: Mapping[str, JsonValue]) -> JsonObject:
    """JSON Schema of an object that has all of these properties."""
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _in_field(field: str, read: Callable[[P], T], given: P) -> T:
    try:
        return read(given)
    except ExpressionError as error:
        error.details["field"] = field
        raise
