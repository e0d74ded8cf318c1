"""`loop`: passes through its body one after the other, while or until something holds."""

from collections import ChainMap
from dataclasses import dataclass
from typing import Any, cast

from pydantic import Field

from liteagent.contracts.errors import RunFailedError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.expressions import Expression, truth
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
from liteagent.engine.workflow.nodes.fields import expression_of, refused, without
from liteagent.engine.workflow.nodes.passes import body_of, failed_pass, ids_in
from liteagent.engine.workflow.types import Graph

__all__ = ["LOOP", "LoopConfig", "LoopHandler"]

_PROVIDED = frozenset({"index", "last"})
_MOST_COLLECTED = 10_000


class LoopConfig(Config):
    """When a loop ends. `index` counts passes from 0, `last` is the output of the latest finished pass."""

    while_: str | None = Field(
        alias="while",
        default=None,
        description="An expression that is looked at before each pass; when it does not hold, the loop ends.",
    )
    until: str | None = Field(
        default=None,
        description="An expression that is looked at after each pass; when it holds, the loop ends.",
    )
    max: int = Field(default=100, ge=1, le=100_000, description="How many passes there are at most.")
    fail_at_max: bool = Field(
        default=False,
        description="Whether the node fails, instead of ending, when the last allowed pass is not enough.",
    )
    collect: bool = Field(
        default=False,
        description="Whether the output is the list of what every pass came to, of 10,000 at most.",
    )


@dataclass(frozen=True, slots=True)
class LoopHandler(BodyHandler):
    """Begins one pass after the other. Its output is that of the last pass, null where there was none.

    One that collects has the outputs of all passes in a list. They are in the journal once, as results of
    the passes: its progress is made anew from them, and is part of snapshots alone.
    """

    graph: Graph
    while_: Expression | None
    until: Expression | None
    most: int
    fails: bool
    collects: bool = False
    names: Names = frozenset()

    def body(self) -> Graph:
        """What a pass goes through."""
        return self.graph

    def enter(self, scope: Scope) -> JsonObject:
        """Whether there is a first pass at all."""
        return {} if self._goes_on(0, None, scope) else {"skip": True}

    def begin(self, entered: JsonObject) -> BodyStep:
        """The first pass, or the end."""
        nothing: list[JsonValue] | None = [] if self.collects else None
        if entered.get("skip"):
            return BodyStep({}, outcome=Outcome(nothing))
        return _pass(0, None, {} if nothing is None else {"outputs": nothing})

    def ended(self, progress: JsonObject, result: IterationResult, scope: Scope) -> BodyStep:
        """The next pass, or the end."""
        if result.error is not None:
            return BodyStep({}, error=failed_pass(result.index, result.error))
        kept = self._kept(progress, result.output)
        if self._is_over(result, scope):
            return BodyStep({}, outcome=Outcome(kept.get("outputs", result.output)))
        following = result.index + 1
        if following < self.most:
            return _pass(following, result.output, kept)
        if not self.fails:
            return BodyStep({}, outcome=Outcome(kept.get("outputs", result.output)))
        message = f"The loop was not done after {self.most} passes. Raise `max`, or look at its condition."
        return BodyStep({}, error=RunFailedError(message, code="loop_limit", details={"max": self.most}))

    def _kept(self, progress: JsonObject, output: JsonValue) -> JsonObject:
        if not self.collects:
            return {}
        return {"outputs": [*cast("list[JsonValue]", progress["outputs"]), output]}

    def _is_over(self, result: IterationResult, scope: Scope) -> bool:
        if self.until is not None:
            return truth(self.until.evaluate(_with(scope, result.index, result.output)))
        return not self._goes_on(result.index + 1, result.output, scope)

    def _goes_on(self, index: int, last: JsonValue, scope: Scope) -> bool:
        return self.while_ is None or truth(self.while_.evaluate(_with(scope, index, last)))


def _pass(index: int, last: JsonValue, kept: JsonObject) -> BodyStep:
    return BodyStep({**kept, "index": index}, (Iteration(index, {"index": index, "last": last}),))


def _with(scope: Scope, index: int, last: JsonValue) -> Scope:
    return ChainMap({"index": index, "last": last}, cast("dict[str, Any]", scope))


def _make(config: LoopConfig, compiling: Compiling) -> LoopHandler:
    if config.while_ is not None and config.until is not None:
        raise refused("until", "Give a loop `while` or `until`, not both; join them in one expression.")
    if config.collect and config.max > _MOST_COLLECTED:
        message = f"A loop that collects has {_MOST_COLLECTED:,} passes at most; lower `max` to that."
        raise refused("max", message)
    graph = body_of(compiling)
    while_ = None if config.while_ is None else expression_of("while", config.while_)
    until = None if config.until is None else expression_of("until", config.until)
    condition = while_ or until
    names = without(condition.names, _PROVIDED | ids_in(graph)) if condition else frozenset[tuple[str, ...]]()
    return LoopHandler(graph, while_, until, config.max, config.fail_at_max, config.collect, names)


def _output(config: LoopConfig) -> JsonObject:
    return {"type": "array"} if config.collect else {}


LOOP = NodeKind(
    type="loop",
    summary="Repeats its body while or until something holds; its output is that of the last pass.",
    config=LoopConfig,
    make=_make,
    output=_output,
)
"""The node type."""
