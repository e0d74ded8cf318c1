"""A tool as a run has pinned it, and what is called when the run calls it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from liteagent.contracts.json import JsonObject
from liteagent.contracts.tools import Tool, ToolContext, ToolDefinition

__all__ = ["OpenedTool", "PinnedTool"]


@dataclass(frozen=True, slots=True)
class PinnedTool:
    """A tool as a run has pinned it: what is edited later changes no run that has begun.

    Attributes:
        definition: As models are shown it.
        source_id: Where it comes from; None for a built-in one.
        tool: What its source calls it.
        fingerprint: What was found at the source when it was pinned.
        changed: Whether that is not what somebody has accepted: then every call is asked for.
    """

    definition: ToolDefinition
    source_id: str | None = None
    tool: str = ""
    fingerprint: str = ""
    changed: bool = False


_Find: TypeAlias = Callable[[PinnedTool], Awaitable[Tool]]


@dataclass(frozen=True, slots=True)
class OpenedTool:
    """A `Tool` that looks for what it stands for when it is called."""

    pinned: PinnedTool
    find: _Find

    @property
    def definition(self) -> ToolDefinition:
        """As it was pinned."""
        return self.pinned.definition

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """Call it.

        Raises:
            ToolError: It is not there any more, has changed, or failed.
        """
        tool = await self.find(self.pinned)
        return await tool.run(arguments, context)
