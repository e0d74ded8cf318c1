"""`aggregate`: joins what branches have come to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import Field

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, PureHandler, Scope
from liteagent.engine.workflow.nodes.fields import refused
from liteagent.engine.workflow.operators import kind
from liteagent.engine.workflow.templates import compile_template

__all__ = ["AGGREGATE", "AggregateConfig", "AggregateHandler"]

_Mode: TypeAlias = Literal["object", "list", "first", "merge", "text"]


class AggregateConfig(Config):
    """Which nodes are joined, and how. A node that was not run, or failed, is left out."""

    from_: list[str] = Field(
        alias="from",
        min_length=1,
        max_length=1_000,
        description="The ids of the nodes whose outputs are joined, in this order.",
    )
    mode: _Mode = Field(
        default="object",
        description=(
            "What comes out: an object of outputs by node (object), a list of them (list), the first that is "
            "not null (first), one object with the keys of all of them, later ones winning (merge), or their "
            "texts one after the other (text)."
        ),
    )
    separator: str = Field(default="\n", description="What stands between the texts in mode text.")


@dataclass(frozen=True, slots=True)
class AggregateHandler(PureHandler):
    """Joins the outputs that are there."""

    sources: tuple[str, ...]
    mode: _Mode
    separator: str
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """The joined outputs.

        Raises:
            InvalidInputError: `aggregate_failed`: an output that is to be merged is no object.
        """
        found = {each: _output_of(scope[each]) for each in self.sources if _has_output(scope, each)}
        if self.mode == "text":
            return Outcome(output=self.separator.join(map(_text, found.values())))
        return Outcome(output=_JOINED[self.mode](found))


def _has_output(scope: Scope, node: str) -> bool:
    entry = scope.get(node)
    return isinstance(entry, Mapping) and "output" in entry and "error" not in entry


def _output_of(entry: JsonValue) -> JsonValue:
    assert isinstance(entry, Mapping)
    return entry["output"]


def _listed(found: JsonObject) -> JsonValue:
    return list(found.values())


def _first(found: JsonObject) -> JsonValue:
    return next((each for each in found.values() if each is not None), None)


def _merged(found: JsonObject) -> JsonValue:
    merged: dict[str, JsonValue] = {}
    for node, output in found.items():
        if not isinstance(output, Mapping):
            message = f"Only objects can be merged, and the output of {node!r} is {kind(output)}."
            raise InvalidInputError(message, code="aggregate_failed", details={"from": node})
        merged |= output
    return merged


def _text(output: JsonValue) -> str:
    return compile_template("{{ output }}").render({"output": output})


_JOINED: Mapping[str, Callable[[JsonObject], JsonValue]] = {
    "object": lambda found: found,
    "list": _listed,
    "first": _first,
    "merge": _merged,
}


def _make(config: AggregateConfig, compiling: Compiling) -> AggregateHandler:
    sources = tuple(config.from_)
    repeated = sorted({each for each in sources if sources.count(each) > 1})
    if repeated:
        raise refused("from", f"Node {repeated[0]!r} is named twice; name each node once.")
    if compiling.node.id in sources:
        raise refused("from", f"Node {compiling.node.id!r} cannot join itself; name the nodes before it.")
    if "separator" in config.model_fields_set and config.mode != "text":
        raise refused("separator", "Only mode text has a separator; remove `separator` or choose text.")
    names = frozenset((each, "output") for each in sources)
    return AggregateHandler(sources, config.mode, config.separator, names)


def _output(config: AggregateConfig) -> JsonObject:
    match config.mode:
        case "list":
            return {"type": "array"}
        case "object" | "merge":
            return {"type": "object"}
        case "text":
            return {"type": "string"}
        case "first":
            return {}


AGGREGATE = NodeKind(
    type="aggregate",
    summary="Joins the outputs of several nodes into one.",
    config=AggregateConfig,
    make=_make,
    output=_output,
    group="data",
)
"""The node type."""
