"""`iterate`: passes through its body once for each item, one after the other or several at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import (
    BodyHandler,
    BodyStep,
    Compiling,
    Iteration,
    IterationResult,
    Names,
    NodeKind,
    Outcome,
    Scope,
)
from liteagent.engine.workflow.nodes.items import ITEMS_DESCRIPTION, Items
from liteagent.engine.workflow.nodes.passes import body_of, failed_pass
from liteagent.engine.workflow.types import Graph

__all__ = ["ITERATE", "IterateConfig", "IterateHandler"]


def _spelled_out(value: Any) -> Any:
    """In YAML, an unquoted null is no text."""
    return "null" if value is None else value


class IterateConfig(Config):
    """What is gone through, and how. In the body `item` is the item and `index` its place, from 0."""

    items: JsonValue = Field(description=ITEMS_DESCRIPTION)
    parallel: int = Field(
        default=1, ge=1, le=100, description="How many items are worked on at once; 1 is one after the other."
    )
    on_error: Annotated[Literal["fail", "skip", "null"], BeforeValidator(_spelled_out)] = Field(
        default="fail",
        description=(
            "What happens when an item fails: the node fails (fail), the item is left out of the output "
            "(skip), or null stands in its place (null)."
        ),
    )


@dataclass(frozen=True, slots=True)
class IterateHandler(BodyHandler):
    """Keeps up to `parallel` passes under way. Its output is the list of theirs, in the items' order."""

    graph: Graph
    items: Items
    parallel: int
    on_error: Literal["fail", "skip", "null"]
    names: Names = frozenset()

    def body(self) -> Graph:
        """What a pass goes through."""
        return self.graph

    def enter(self, scope: Scope) -> JsonObject:
        """The items.

        Raises:
            InvalidInputError: `items_invalid`: there is no list, or too long a one.
        """
        return {"items": self.items.read(scope)}

    def begin(self, entered: JsonObject) -> BodyStep:
        """The first passes; the end, where there are no items."""
        items = cast("Sequence[JsonValue]", entered["items"])
        if not items:
            return BodyStep({}, outcome=Outcome([]))
        first = range(min(self.parallel, len(items)))
        begin = [_pass(items, index) for index in first]
        return BodyStep({"items": items, "next": len(first), "ended": 0, "results": []}, begin)

    def ended(self, progress: JsonObject, result: IterationResult, scope: Scope) -> BodyStep:
        """The next pass, nothing while others are under way, or the end."""
        del scope
        known = cast("Mapping[str, Any]", progress)
        items, following, ended = known["items"], known["next"], known["ended"] + 1
        if result.error is not None and self.on_error == "fail":
            # With nothing left to begin, and one result missing for good, what is under way only runs out.
            stopped = {**known, "next": len(items)}
            return BodyStep(stopped, error=failed_pass(result.index, result.error))
        results = self._with(known["results"], result)
        if ended == len(items):
            return BodyStep({}, outcome=Outcome([output for _, output in sorted(results, key=_place)]))
        begin = [_pass(items, following)] if following < len(items) else []
        moved = {"items": items, "next": following + len(begin), "ended": ended, "results": results}
        return BodyStep(moved, begin)

    def _with(self, results: list[list[Any]], result: IterationResult) -> list[list[Any]]:
        if result.error is None:
            return [*results, [result.index, result.output]]
        return results if self.on_error == "skip" else [*results, [result.index, None]]


def _pass(items: Sequence[JsonValue], index: int) -> Iteration:
    return Iteration(index, {"item": items[index], "index": index})


def _place(result: list[Any]) -> int:
    return result[0]


def _make(config: IterateConfig, compiling: Compiling) -> IterateHandler:
    items = Items.of(config.items)
    return IterateHandler(body_of(compiling), items, config.parallel, config.on_error, items.names)


def _output(_config: IterateConfig) -> JsonObject:
    return {"type": "array"}


ITERATE = NodeKind(
    type="iterate",
    summary="Goes through its body once for each item; its output is the list of what came out.",
    config=IterateConfig,
    make=_make,
    output=_output,
)
"""The node type."""
