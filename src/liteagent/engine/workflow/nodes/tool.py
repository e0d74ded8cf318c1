"""`tool`: a call of a tool."""

from typing import cast

from pydantic import Field

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.fields import names_in
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
        self._tools = compiling.services.tools
        self.names = names_in("arguments", config.arguments)
        tool = self._tools.get(config.tool)
        self.safety = Safety.UNSAFE if tool is None else tool.safety

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """Call the tool.

        Raises:
            ToolError: `unknown_tool`, or the tool's own failure.
        """
        tool = self._tools.get(self._config.tool)
        if tool is None:
            known = ", ".join(sorted(self._tools)) or "none"
            message = f"There is no tool {self._config.tool!r}. Known: {known}."
            raise ToolError(message, code="unknown_tool")
        arguments = cast("JsonObject", render_value(self._config.arguments, scope))
        return Outcome(await tool(arguments, context.key))


TOOL = NodeKind(
    type="tool",
    summary="Calls a tool.",
    config=ToolConfig,
    make=_ToolHandler,
    group="outside",
)
