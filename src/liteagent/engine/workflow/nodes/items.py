"""The items that a node goes through: of a list, or of an object as pairs of key and value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.handler import Names, Scope
from liteagent.engine.workflow.nodes.fields import Formula, formula_of
from liteagent.engine.workflow.operators import kind

__all__ = ["ITEMS_DESCRIPTION", "MAX_ITEMS", "Items"]

MAX_ITEMS = 10_000
"""How many items a node goes through at most."""

ITEMS_DESCRIPTION = (
    "The items: an expression like search.output.hits, a template, or a list as it is. "
    "An object counts as a list of {key, value}. At most 10,000."
)


@dataclass(frozen=True, slots=True)
class Items:
    """The `items` of a node."""

    formula: Formula

    @classmethod
    def of(cls, value: JsonValue) -> "Items":
        """The items that stand in a config's field `items`.

        Raises:
            ExpressionError: It is no expression and no template.
        """
        return cls(formula_of("items", value))

    @property
    def names(self) -> Names:
        """What they read from the scope."""
        return self.formula.names

    def read(self, scope: Scope) -> list[JsonValue]:
        """The items. They may be part of the scope and must not be changed.

        Raises:
            InvalidInputError: `items_invalid`: there is no list, or too long a one.
        """
        value = self.formula.value(scope)
        if isinstance(value, Mapping):
            value = _pairs(value)
        if isinstance(value, str) or not isinstance(value, Sequence):
            message = f"`items` needs a list or an object, and this is {kind(value)}."
            raise InvalidInputError(message, code="items_invalid")
        if len(value) > MAX_ITEMS:
            message = f"{len(value):,} items are too many; hand over at most {MAX_ITEMS:,} at a time."
            raise InvalidInputError(message, code="items_invalid")
        return value if isinstance(value, list) else list(value)


def _pairs(value: JsonObject) -> list[JsonValue]:
    return [{"key": key, "value": each} for key, each in value.items()]
