"""`function`: a Python function as a node. Only the builder can make one; no document contains code."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

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
from liteagent.engine.workflow.nodes.fields import names_in, refused
from liteagent.engine.workflow.nodes.foreign import call, call_sync, is_async, takes_key
from liteagent.engine.workflow.templates import render_value

__all__ = ["FUNCTION", "FunctionConfig", "FunctionEffectHandler", "PureFunctionHandler"]


class FunctionConfig(Config):
    """How a Python function is called."""

    effect: Literal["pure", "safe", "idempotent", "unsafe"] = Field(
        default="unsafe",
        description=(
            "What the function does outside: nothing at all (pure), nothing that hurts when repeated (safe), "
            "something the other side recognizes when repeated (idempotent), or something that must not be "
            "repeated without asking (unsafe). A parameter `key` is given the idempotency key."
        ),
    )
    inputs: dict[str, JsonValue] | None = Field(
        default=None,
        description=(
            "What the function is given, by name; texts may contain {{ expressions }}. "
            "Without it, the function is given the output of the node before."
        ),
    )


@dataclass(frozen=True, slots=True)
class PureFunctionHandler(PureHandler):
    """Calls a function that only computes."""

    node: str
    function: Callable[..., Any]
    inputs: JsonObject | None = None
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """What the function returns.

        Raises:
            ToolError: It fails, or returns no JSON.
        """
        return Outcome(call_sync(self.node, self.function, _given(self.inputs, scope)))


@dataclass(frozen=True, slots=True)
class FunctionEffectHandler(EffectHandler):
    """Calls a function that waits for something or does something outside."""

    function: Callable[..., Any]
    inputs: JsonObject | None = None
    names: Names = frozenset()
    safety: Safety = Safety.UNSAFE
    takes_key: bool = False

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """What the function returns.

        Raises:
            ToolError: It fails, or returns no JSON.
        """
        given = _given(self.inputs, scope)
        if self.takes_key:
            return Outcome(await call(context.node, self.function, given, key=context.key))
        return Outcome(await call(context.node, self.function, given))


def _given(inputs: JsonObject | None, scope: Scope) -> dict[str, JsonValue]:
    """The function's own copy, so that adding a key to it does not change the run."""
    given: Any = scope["input"] if inputs is None else render_value(inputs, scope)
    return dict(given)


def _make(config: FunctionConfig, compiling: Compiling) -> Handler:
    node = compiling.node.id
    function = compiling.functions.get(node)
    if function is None:
        message = (
            f"Node {node!r} is a Python function, which only the Python program that defines it can run."
        )
        raise refused("type", message)
    names = frozenset({("input",)}) if config.inputs is None else names_in("inputs", config.inputs)
    if config.effect == "pure" and not is_async(function):
        return PureFunctionHandler(node, function, config.inputs, names)
    safety = Safety.SAFE if config.effect == "pure" else Safety(config.effect)
    return FunctionEffectHandler(function, config.inputs, names, safety, takes_key(function))


FUNCTION = NodeKind(
    type="function",
    summary="Calls a Python function of the program that built the workflow.",
    config=FunctionConfig,
    make=_make,
    group="outside",
)
"""The node type."""
