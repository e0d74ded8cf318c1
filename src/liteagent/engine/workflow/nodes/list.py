"""`list`: filters, changes, sorts and cuts a list."""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import Field

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.expressions import Expression, truth
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, PureHandler, Scope
from liteagent.engine.workflow.nodes.fields import Formula, expression_of, formula_of, refused, without
from liteagent.engine.workflow.nodes.items import ITEMS_DESCRIPTION, Items
from liteagent.engine.workflow.operators import is_number

__all__ = ["LIST", "ListConfig", "ListHandler"]

_PROVIDED = frozenset({"item", "index"})


class ListConfig(Config):
    """What is done with the items, in the order of the fields. Expressions know `item` and `index`."""

    items: JsonValue = Field(description=ITEMS_DESCRIPTION)
    where: str | None = Field(
        default=None, description="An expression; items for which it does not hold are left out."
    )
    map: JsonValue = Field(
        default=None,
        description="What each item becomes: an expression like item.name, or data with {{ expressions }}.",
    )
    sort_by: str | None = Field(
        default=None,
        description="An expression that gives a number or a text; items are sorted by it, nulls last.",
    )
    descending: bool = Field(default=False, description="Whether the largest comes first.")
    unique: bool = Field(default=False, description="Whether only the first of equal items stays.")
    offset: int = Field(default=0, ge=0, description="How many items are left out at the beginning.")
    limit: int | None = Field(default=None, ge=0, description="How many items are kept at most.")
    pick: Literal["first", "last"] | None = Field(
        default=None,
        description="Makes the output the first or the last item instead of a list; null if there is none.",
    )


@dataclass(frozen=True, slots=True)
class ListHandler(PureHandler):
    """Does one thing after the other with a list."""

    items: Items
    where: Expression | None
    map: Formula | None
    sort_by: Expression | None
    config: ListConfig
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """The new list, or one of its items.

        Raises:
            InvalidInputError: `items_invalid`: there is no list, too long a one, or one that has no order.
        """
        items = self._mapped(self._filtered(self.items.read(scope), scope), scope)
        if self.sort_by is not None:
            items = _sorted(items, self._keys(self.sort_by, items, scope), descending=self.config.descending)
        if self.config.unique:
            items = _unique(items)
        return Outcome(output=self._cut(items))

    def _filtered(self, items: list[JsonValue], scope: Scope) -> list[JsonValue]:
        where = self.where
        if where is None:
            return items
        return [item for item, within in _each(items, scope) if truth(where.evaluate(within))]

    def _mapped(self, items: list[JsonValue], scope: Scope) -> list[JsonValue]:
        formula = self.map
        return items if formula is None else [formula.value(within) for _, within in _each(items, scope)]

    def _keys(self, sort_by: Expression, items: list[JsonValue], scope: Scope) -> list[JsonValue]:
        return [sort_by.evaluate(within) for _, within in _each(items, scope)]

    def _cut(self, items: list[JsonValue]) -> JsonValue:
        offset, limit, pick = self.config.offset, self.config.limit, self.config.pick
        kept = items[offset : None if limit is None else offset + limit]
        if pick is None:
            return kept
        return kept[0 if pick == "first" else -1] if kept else None


def _each(items: list[JsonValue], scope: Scope) -> Iterator[tuple[JsonValue, Scope]]:
    """Each item, with the scope in which it is the item; good until the next one."""
    names: dict[str, Any] = {}
    within = ChainMap(names, cast("dict[str, Any]", scope))
    for index, item in enumerate(items):
        names["item"], names["index"] = item, index
        yield item, within


def _sorted(items: list[JsonValue], keys: list[JsonValue], *, descending: bool) -> list[JsonValue]:
    known = [at for at, key in enumerate(keys) if key is not None]
    key = cast("Callable[[int], Any]", keys.__getitem__)
    if not (all(is_number(keys[at]) for at in known) or all(isinstance(keys[at], str) for at in known)):
        message = "`sort_by` gives neither only numbers nor only texts; str() makes text of a value."
        raise InvalidInputError(message, code="items_invalid")
    unknown = [at for at, each in enumerate(keys) if each is None]
    return [items[at] for at in (*sorted(known, key=key, reverse=descending), *unknown)]


def _unique(items: list[JsonValue]) -> list[JsonValue]:
    firsts: dict[Any, JsonValue] = {}
    for item in items:
        firsts.setdefault(_identity(item), item)
    return list(firsts.values())


def _identity(value: JsonValue) -> Any:
    """Equal for values that are equal in expressions: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list):
        return ("list", *map(_identity, value))
    if isinstance(value, Mapping):
        return ("object", frozenset((key, _identity(each)) for key, each in value.items()))
    return value


def _make(config: ListConfig, _compiling: Compiling) -> ListHandler:
    items = Items.of(config.items)
    where = None if config.where is None else expression_of("where", config.where)
    mapped = None if config.map is None else formula_of("map", config.map)
    sort_by = None if config.sort_by is None else expression_of("sort_by", config.sort_by)
    if config.descending and sort_by is None:
        raise refused("descending", "Say what to sort by: give `sort_by`, which may be just item.")
    inner = frozenset[tuple[str, ...]]().union(*(each.names for each in (where, mapped, sort_by) if each))
    return ListHandler(items, where, mapped, sort_by, config, items.names | without(inner, _PROVIDED))


def _output(config: ListConfig) -> JsonObject:
    return {} if config.pick else {"type": "array"}


LIST = NodeKind(
    type="list",
    summary="Filters, changes, sorts and cuts a list.",
    config=ListConfig,
    make=_make,
    output=_output,
    group="data",
)
"""The node type."""
