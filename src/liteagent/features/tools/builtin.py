"""The tools that every workspace has."""

from collections.abc import Sequence
from functools import cached_property

from liteagent.contracts.registry import Registry
from liteagent.contracts.tools import Tool, ToolDefinition, ToolFactory, ToolParts

__all__ = ["BuiltinTools"]


class BuiltinTools:
    """Made when they are first asked for.

    Args:
        registry: Factories by the tool's name.
        parts: What they are made of.
    """

    def __init__(self, registry: Registry[ToolFactory], parts: ToolParts) -> None:
        self._registry = registry
        self._parts = parts
        self._made: dict[str, Tool] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All of them, sorted."""
        return self._registry.names()

    def get(self, name: str) -> Tool | None:
        """The tool of that name."""
        if name not in self._made and name in self.names:
            self._made[name] = self._registry.get(name)(self._parts)
        return self._made.get(name)

    def definitions(self) -> Sequence[ToolDefinition]:
        """All of them as they are declared."""
        return [tool.definition for name in self.names if (tool := self.get(name)) is not None]
