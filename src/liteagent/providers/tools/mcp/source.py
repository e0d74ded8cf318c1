"""The tools of an MCP server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from liteagent.contracts.errors import ToolError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import Tool, ToolContext, ToolDefinition, ToolSourceConfig
from liteagent.providers.tools.foreign import foreign_tool
from liteagent.providers.tools.mcp.connection import Connection
from liteagent.providers.tools.mcp.results import value_of
from liteagent.providers.tools.mcp.servers import KEY, Program, server_of

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult
    from mcp.types import Tool as ListedTool

__all__ = ["McpSource", "create"]

_MOST_PAGES = 100
_MOST_TOOLS = 1000


class McpSource:
    """A `ToolSource`: what the server says of its tools is taken as a hint, and as text of a stranger."""

    def __init__(self, config: ToolSourceConfig, fetch: Fetch) -> None:
        server = server_of(config)
        self._connection = Connection(server, fetch)
        self._private = isinstance(server, Program) or bool(config.headers)

    async def tools(self) -> tuple[Tool, ...]:
        """See `ToolSource`."""
        listed = await self._connection.use(_listed, repeatable=True)
        return tuple(_McpTool(_definition(each, private=self._private), self._connection) for each in listed)

    async def aclose(self) -> None:
        """End the session."""
        await self._connection.aclose()


@dataclass(frozen=True, slots=True)
class _McpTool:
    definition: ToolDefinition
    connection: Connection

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """Call it: the structured result where there is one, else text.

        Raises:
            ToolError: The server cannot be reached, or says that the call failed.
        """
        reads = self.definition.effect is Safety.SAFE
        meta: Any = {KEY: context.key} if context.key and not reads else None

        async def call(client: "Client") -> "CallToolResult":
            return await client.call_tool(self.definition.name, dict(arguments), meta=meta)

        repeatable = self.definition.effect is not Safety.UNSAFE
        return value_of(await self.connection.use(call, repeatable=repeatable))


def create(config: ToolSourceConfig, fetch: Fetch) -> McpSource:
    """A source, as the entry point `liteagent.toolsource` makes it.

    Raises:
        InvalidInputError: It does not say where the server is.
    """
    return McpSource(config, fetch)


async def _listed(client: "Client") -> "list[ListedTool]":
    found: list[ListedTool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        found.extend(page.tools)
        cursor = page.next_cursor
        if cursor is None or len(found) > _MOST_TOOLS:
            break
    if len(found) > _MOST_TOOLS:
        raise ToolError(f"The MCP server has more than {_MOST_TOOLS:,} tools.", code="mcp_failed")
    return found


def _definition(tool: "ListedTool", *, private: bool) -> ToolDefinition:
    description = (tool.description or tool.title or "").strip()
    return foreign_tool(
        tool.name, description, _parameters(tool.input_schema), _effect(tool), private=private
    )


def _effect(tool: "ListedTool") -> Safety:
    hints = tool.annotations
    if hints is not None and hints.read_only_hint:
        return Safety.SAFE
    return Safety.IDEMPOTENT if hints is not None and hints.idempotent_hint else Safety.UNSAFE


def _parameters(schema: Mapping[str, Any]) -> JsonObject:
    return {"properties": {}, **schema, "type": "object"}
