"""What an MCP server answers, as a model may read it."""

from typing import TYPE_CHECKING

from liteagent.contracts.errors import ToolError
from liteagent.providers.tools.answers import cut

if TYPE_CHECKING:
    from mcp.types import CallToolResult, ContentBlock

__all__ = ["value_of"]

_MOST_CHARACTERS = 50_000
_TOLD = 1000


def value_of(result: "CallToolResult") -> object:
    """The structured content where there is one, else the text; images, sounds and files are named.
    None where there is nothing at all.

    Raises:
        ToolError: The tool says that it failed.
    """
    texts = [text for each in result.content if (text := _text(each))]
    if result.is_error:
        raise ToolError(cut("\n".join(texts), _TOLD) or "The tool failed and gave no reason.")
    named = [_text(each) for each in result.content if each.type != "text"]
    if result.structured_content is not None:
        return {"result": result.structured_content, "named": named} if named else result.structured_content
    return cut("\n".join(texts), _MOST_CHARACTERS) or None


def _text(block: "ContentBlock") -> str:
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return f"[{block.type}: {block.mime_type}, {_bytes(block.data)}]"
        case "resource_link":
            return f"[link: {block.name}, {block.uri}]"
        case "resource":
            held = block.resource
            text: str | None = getattr(held, "text", None)
            if text is not None:
                return text
            return (
                f"[file: {held.uri}, {held.mime_type or 'unknown type'}, {_bytes(getattr(held, 'blob', ''))}]"
            )


def _bytes(encoded: str) -> str:
    return f"{len(encoded) * 3 // 4:,} bytes"
