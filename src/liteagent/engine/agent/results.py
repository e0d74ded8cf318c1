"""What a tool's return value and a tool's failure look like to the model: short, and JSON or plain text."""

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from liteagent.contracts.errors import LiteAgentError, ToolError
from liteagent.contracts.json import JsonObject

__all__ = ["compact", "error_text", "failure", "result_text"]


def result_text(value: Any, limit: int) -> str:
    """A return value as the model reads it: a string as it is, None as `Done.`, anything else as JSON.

    Text over `limit` characters is cut, with a mark that says so.

    Raises:
        ToolError: JSON cannot express the value.
    """
    text = value if isinstance(value, str) else "Done." if value is None else _json_text(value)
    text = text.encode(errors="replace").decode()
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[Cut: the first {limit} of {len(text)} characters. Ask for less at a time.]"


def failure(error: Exception, limit: int) -> ToolError:
    """A tool's exception as an error that a model can act on: its class and message, never a traceback."""
    if isinstance(error, LiteAgentError):
        return ToolError(compact(error.message, limit), code=error.error_code)
    told = compact(str(error), limit)
    return ToolError(f"{type(error).__name__}: {told}" if told else type(error).__name__)


def error_text(error: JsonObject, limit: int) -> str:
    """An error's JSON form as the model reads it: `{"error": {"code", "message"}}`."""
    told = {
        "code": str(error.get("code", ToolError.code)),
        "message": compact(str(error.get("message", "")), limit),
    }
    return json.dumps({"error": told}, ensure_ascii=False)


def compact(text: str, limit: int) -> str:
    """`text` on one line, in at most `limit` characters."""
    line = " ".join(text[: limit * 4].split()).encode(errors="replace").decode()
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _json_text(value: Any) -> str:
    try:
        return to_json(value, inf_nan_mode="null").decode()
    except (PydanticSerializationError, ValueError) as error:
        kind = type(value).__name__
        raise ToolError(f"The tool returned a {kind}, which JSON cannot express: {error}") from None
