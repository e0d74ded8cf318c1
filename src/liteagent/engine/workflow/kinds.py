"""Where node types come from: entry points, and whatever a process has plugged in."""

from functools import cache

from liteagent.contracts.registry import Registry
from liteagent.engine.workflow.handler import NodeKind

__all__ = ["installed_kinds"]


@cache
def installed_kinds() -> Registry[NodeKind]:
    """The node types of every installed package, the built-in ones among them."""
    return Registry(NodeKind.BUILT_IN)
