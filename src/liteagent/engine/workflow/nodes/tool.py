"""`tool`: a call of a tool."""

from typing import cast

from pydantic import Field

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.fields import names_in
from liteagent.engine.workflow.services import NodeTool
from liteagent.engine.workflow.templates import render_value

__all__ = ["TOOL", "ToolConfig"]


class ToolConfig(Config):
    """Which tool, and its arguments."""

    tool: str = Field(min_length=1, description="Name of the tool.")
    arguments: JsonObject = Field(
        default={}, description="Its arguments by name. Texts may contain {{ expressions }}."
    )


class _ToolHandler(EffectHandler):
    def __init__(self, config: ToolConfig, compiling: Compiling) -> None:
        self._config = config
        self._known = compiling.services.tools
        self._tool = _opened(config, compiling)
        self.names = names_in("arguments", config.arguments)
        self.safety = Safety.UNSAFE if self._tool is None else self._tool.safety

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """Call the tool.

        Raises:
            ToolError: `unknown_tool`, or the tool's own failure.
        """
        if self._tool is None:
            known = ", ".join(sorted(self._known)) or "none"
            message = f"There is no tool {self._config.tool!r}. Known: {known}."
            raise ToolError(message, code="unknown_tool")
        arguments = cast("JsonObject", render_value(self._config.arguments, scope))
        return Outcome(await self._tool(arguments, context.key))


def _opened(config: ToolConfig, compiling: Compiling) -> NodeTool | None:
    """The tool that was pinned for the node, or else the one of that name."""
    pin = compiling.pins.get(compiling.node.id)
    if pin is not None and compiling.services.tool is not None:
        return compiling.services.tool(pin)
    return compiling.services.tools.get(config.tool)


TOOL = NodeKind(
    type="tool",
    summary="Calls a tool.",
    config=ToolConfig,
    make=_ToolHandler,
    group="outside",
)
