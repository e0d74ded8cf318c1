"""`condition`: goes one way or the other."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.expressions import Expression, truth
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
from liteagent.engine.workflow.nodes.fields import exactly_one, expression_of, names_in, refused
from liteagent.engine.workflow.nodes.foreign import call
from liteagent.engine.workflow.services import NodeFunction
from liteagent.engine.workflow.templates import render_value

__all__ = ["CONDITION", "ConditionConfig", "ConditionHandler", "PluggedConditionHandler"]


class ConditionConfig(Config):
    """An expression, or an installed condition; exactly one of the two."""

    when: str | None = Field(
        default=None, description="An expression, like: classify.output == 'urgent'. Decides which way to go."
    )
    condition: str | None = Field(
        default=None, description="The name of an installed condition that decides instead of an expression."
    )
    arguments: dict[str, JsonValue] = Field(
        alias="with",
        default_factory=dict[str, Any],
        description="Named arguments of the installed condition; texts may contain {{ expressions }}.",
    )


@dataclass(frozen=True, slots=True)
class ConditionHandler(PureHandler):
    """Decides by an expression."""

    when: Expression
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """Whether the expression holds."""
        return _outcome(self.when.evaluate(scope))


@dataclass(frozen=True, slots=True)
class PluggedConditionHandler(EffectHandler):
    """Decides by an installed condition. Foreign code may take its time, so it is an effect."""

    condition: NodeFunction
    arguments: JsonObject = field(default_factory=dict[str, Any])
    names: Names = frozenset()
    safety: Safety = Safety.SAFE

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """Whether the condition holds for the scope.

        Raises:
            ToolError: The condition fails, or returns no JSON.
        """
        arguments = {name: render_value(value, scope) for name, value in self.arguments.items()}
        return _outcome(await call(context.node, self.condition, scope, **arguments))


def _outcome(value: JsonValue) -> Outcome:
    holds = truth(value)
    return Outcome(output=holds, label="true" if holds else "false")


def _make(config: ConditionConfig, compiling: Compiling) -> Handler:
    exactly_one({"when": config.when, "condition": config.condition})
    if config.when is not None:
        if config.arguments:
            raise refused("with", "Arguments belong to an installed condition; remove `with`.")
        when = expression_of("when", config.when)
        return ConditionHandler(when, when.names)
    condition = compiling.services.conditions.get(config.condition or "")
    if condition is None:
        raise refused("condition", f"There is no condition {config.condition!r}; install or register it.")
    return PluggedConditionHandler(condition, config.arguments, names_in("with", config.arguments))


def _labels(_config: ConditionConfig) -> tuple[str, ...]:
    return ("true", "false")


def _output(_config: ConditionConfig) -> JsonObject:
    return {"type": "boolean"}


CONDITION = NodeKind(
    type="condition",
    summary="Takes the way labelled true or false, whichever the condition says.",
    config=ConditionConfig,
    make=_make,
    labels=_labels,
    output=_output,
)
"""The node type."""
