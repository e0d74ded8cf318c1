"""A node type out of one function: `(config, scope) -> output`."""

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.handler import (
    Compiling,
    EffectHandler,
    Handler,
    NodeContext,
    NodeKind,
    Outcome,
    PureHandler,
    Scope,
)
from liteagent.engine.workflow.nodes.fields import names_in_all
from liteagent.engine.workflow.nodes.foreign import call, call_sync, is_async
from liteagent.engine.workflow.templates import render_value

if TYPE_CHECKING:
    from liteagent.engine.workflow.config import Config

__all__ = ["HandlerEffect", "SimpleHandler", "simple_kind"]

HandlerEffect: TypeAlias = Literal["pure", "safe", "idempotent", "unsafe"]

SimpleHandler: TypeAlias = Callable[[JsonObject, Scope], JsonValue | Awaitable[JsonValue]]
"""Takes the node's config with its templates rendered, and what expressions see; sync or async."""


def simple_kind(
    node_type: str, function: SimpleHandler, effect: HandlerEffect, config: "type[Config] | None"
) -> NodeKind:
    """The node type whose nodes call `function`; `pure` computes and is not async.

    Args:
        node_type: Its name in documents.
        function: What a node calls.
        effect: What may be done about a call that has no result after a crash.
        config: The model of what a node takes; None takes anything.

    Raises:
        InvalidInputError: A pure function is async.
    """
    if effect == "pure" and is_async(function):
        raise InvalidInputError(
            f"The handler of {node_type!r} is async, so it is not pure. Give it another effect, or make it "
            "a plain function."
        )

    if config is None:
        from liteagent.engine.workflow.config import AnyConfig

        config = AnyConfig

    def make(_config: "Config", compiling: Compiling) -> Handler:
        node = compiling.node
        if effect == "pure":
            return _Pure(node.id, node.config, function)
        return _Effect(node.id, node.config, function, Safety(effect))

    said = (inspect.getdoc(function) or "").partition("\n")[0]
    group = "data" if effect == "pure" else "outside"
    return NodeKind(node_type, said or f"A node of type {node_type}.", config, make, group=group)


class _Pure(PureHandler):
    def __init__(self, node: str, config: JsonObject, function: SimpleHandler) -> None:
        self._node, self._config, self._function = node, config, function
        self.names = names_in_all(config)

    def evaluate(self, scope: Scope) -> Outcome:
        """What the function returns.

        Raises:
            ToolError: It failed, or returned no JSON.
        """
        return Outcome(call_sync(self._node, self._function, _rendered(self._config, scope), scope))


class _Effect(EffectHandler):
    def __init__(self, node: str, config: JsonObject, function: SimpleHandler, safety: Safety) -> None:
        self._node, self._config, self._function = node, config, function
        self.names = names_in_all(config)
        self.safety = safety

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """What the function returns.

        Raises:
            ToolError: It failed, or returned no JSON.
        """
        del context  # a function that needs the key is written as a NodeKind
        return Outcome(await call(self._node, self._function, _rendered(self._config, scope), scope))


def _rendered(config: JsonObject, scope: Scope) -> dict[str, Any]:
    return {name: render_value(value, scope) for name, value in config.items()}
