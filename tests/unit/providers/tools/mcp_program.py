"""An MCP server for tests, made with the official SDK; as a program it speaks over its standard streams."""

import logging
import os
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Image
from mcp.types import ToolAnnotations

__all__ = ["made"]


def made() -> MCPServer:
    """The server."""
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    server = MCPServer("pets")

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def get_pet(number: int) -> dict[str, Any]:
        """One pet."""
        return {
            "number": number,
            "name": os.environ.get("PETS", "nobody"),
            "home": os.environ.get("SECRET_KEY"),
        }

    @server.tool(annotations=ToolAnnotations(idempotent_hint=True, destructive_hint=False))
    def put_pet(name: str, context: Context) -> str:
        """Replace the pet."""
        meta = context.request_context.meta or {}
        return f"{name} {dict(meta).get('liteagent.dev/idempotency-key', 'no key')}"

    @server.tool()
    def fail() -> str:
        """Fail."""
        raise ValueError("the reason is nobody's business")

    @server.tool()
    def die() -> str:
        """End at once."""
        os._exit(3)

    @server.tool(annotations=ToolAnnotations(read_only_hint=True), structured_output=False)
    def paint() -> list[Any]:
        """A picture."""
        return ["A dog:", Image(data=b"\x89PNG" * 300, format="png")]

    assert get_pet, (put_pet, fail, die, paint)
    return server


if __name__ == "__main__":
    made().run("stdio")
