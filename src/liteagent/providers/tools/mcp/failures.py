"""The SDK's failures as ours, in few words."""

from typing import Any, cast

import anyio
from pydantic import ValidationError

from liteagent.contracts.errors import LiteAgentError, ToolError

__all__ = ["is_gone", "is_lost", "translated"]

_CONNECTION_CLOSED = -32000
_CLOSED = ("Connection closed", "SSE stream ended")
"""Servers use the same code for errors of their own."""

_INVALID_REQUEST = -32600
_METHOD_NOT_FOUND = -32601
_REQUEST_TIMEOUT = (408, -32001)
_LONGEST = 600


def is_lost(error: BaseException) -> bool:
    """Whether the session is of no use any more."""
    error = _innermost(error)
    closed = isinstance(error, anyio.ClosedResourceError | anyio.BrokenResourceError | anyio.EndOfStream)
    return closed or is_gone(error) or (_code(error) == _CONNECTION_CLOSED and str(error).startswith(_CLOSED))


def is_gone(error: BaseException) -> bool:
    """Whether the server no longer knew the session, and so has not looked at the call."""
    error = _innermost(error)
    return _code(error) == _INVALID_REQUEST and str(error) == "Session terminated"


def translated(error: BaseException) -> LiteAgentError:
    """The error as ours."""
    error = _innermost(error)
    if isinstance(error, LiteAgentError):
        return error
    if isinstance(error, OSError):
        return ToolError("The MCP server's program cannot be started; see MCP_SERVERS.", code="mcp_start")
    told = _told(error)
    data = getattr(getattr(error, "error", None), "data", None)
    code = cast("dict[str, Any]", data).get("code") if isinstance(data, dict) else None
    if isinstance(code, str) and code.startswith(("fetch_", "mcp_")):
        return ToolError(f"The MCP server was not reached: {told}", code=code)
    if _code(error) in _REQUEST_TIMEOUT or isinstance(error, TimeoutError):
        return ToolError("The MCP server did not answer in time.", code="mcp_timeout")
    if is_lost(error):
        return ToolError(
            "The MCP server broke off during the call; whether it was done is not known.", code="mcp_lost"
        )
    if _code(error) == _METHOD_NOT_FOUND and told == "Not Found":
        return ToolError("There is no MCP server at this address. Check its path.", code="mcp_failed")
    return ToolError(
        f"The MCP server's answer is of no use: {told or type(error).__name__}", code="mcp_failed"
    )


def _told(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False, include_context=False)
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found[:3])
        return f"its answer does not fit the protocol ({places})"[:_LONGEST]
    return " ".join(str(error).split())[:_LONGEST].encode(errors="replace").decode()


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _code(error: BaseException) -> object:
    return getattr(error, "code", None)
