"""`transform`: makes one value out of others."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import (
    Compiling,
    EffectHandler,
    Handler,
    Names,
    NodeContext,
    NodeKind,
    Outcome,
    PureHandler,
    Scope,
)
from liteagent.engine.workflow.nodes.fields import Formula, expression_of, names_in, refused
from liteagent.engine.workflow.nodes.foreign import call
from liteagent.engine.workflow.services import NodeFunction
from liteagent.engine.workflow.templates import render_value

__all__ = ["TRANSFORM", "PluggedTransformHandler", "TransformConfig", "TransformHandler"]

_WAYS = ("value", "expression", "transformer")


class TransformConfig(Config):
    """A value, an expression, or an installed transformer; exactly one of the three."""

    value: JsonValue = Field(
        default=None,
        description="The result: any data, whose texts may contain {{ expressions }}.",
    )
    expression: str | None = Field(
        default=None, description="An expression that gives the result, like: len(search.output)."
    )
    transformer: str | None = Field(
        default=None,
        description="The name of an installed transformer, which is given the output of the node before.",
    )
    arguments: dict[str, JsonValue] = Field(
        alias="with",
        default_factory=dict[str, Any],
        description="Named arguments of the installed transformer; texts may contain {{ expressions }}.",
    )


@dataclass(frozen=True, slots=True)
class TransformHandler(PureHandler):
    """Computes the result from the scope."""

    formula: Formula
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """The result."""
        return Outcome(output=self.formula.value(scope))


@dataclass(frozen=True, slots=True)
class PluggedTransformHandler(EffectHandler):
    """Has an installed transformer make the result. Foreign code may take its time, so it is an effect."""

    transformer: NodeFunction
    arguments: JsonObject = field(default_factory=dict[str, Any])
    names: Names = frozenset()
    safety: Safety = Safety.SAFE

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """What the transformer makes of the output of the node before.

        Raises:
            ToolError: The transformer fails, or returns no JSON.
        """
        arguments = {name: render_value(value, scope) for name, value in self.arguments.items()}
        return Outcome(output=await call(context.node, self.transformer, scope["output"], **arguments))


def _make(config: TransformConfig, compiling: Compiling) -> Handler:
    # A value of null is a value too, so it is not its content that says whether it is given.
    given = [each for each in _WAYS if each in config.model_fields_set]
    if len(given) != 1:
        message = f"Give exactly one of value, expression and transformer, not {len(given)}."
        raise refused(given[1] if given else "value", message)
    if given != ["transformer"] and config.arguments:
        raise refused("with", "Arguments belong to an installed transformer; remove `with`.")
    if given == ["transformer"]:
        return _plugged(config, compiling)
    formula = _formula(config)
    return TransformHandler(formula, formula.names)


def _formula(config: TransformConfig) -> Formula:
    if config.expression is not None:
        expression = expression_of("expression", config.expression)
        return Formula(expression.names, expression.evaluate)
    value = config.value
    return Formula(names_in("value", value), lambda scope: render_value(value, scope))


def _plugged(config: TransformConfig, compiling: Compiling) -> PluggedTransformHandler:
    transformer = compiling.services.transformers.get(config.transformer or "")
    if transformer is None:
        raise refused(
            "transformer", f"There is no transformer {config.transformer!r}; install or register it."
        )
    names = names_in("with", config.arguments) | {("output",)}
    return PluggedTransformHandler(transformer, config.arguments, names)


TRANSFORM = NodeKind(
    type="transform",
    summary="Makes one value out of others.",
    config=TransformConfig,
    make=_make,
    group="data",
)
"""The node type."""
