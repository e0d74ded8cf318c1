"""Requests of tools, and their answers as a model may read them: short, and without what is secret."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import orjson

from liteagent.contracts.errors import LiteAgentError, ToolError
from liteagent.contracts.fetch import Fetch, FetchRequest, FetchResponse
from liteagent.contracts.json import JsonValue

__all__ = ["ask", "content", "cut", "json_bytes", "json_or_none", "refusal", "shown", "without"]

_TOLD = 300
_SECRET_FROM = 4
_DEEPEST = 100
_BINARY = (
    "image/",
    "audio/",
    "video/",
    "font/",
    "application/octet-stream",
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/vnd.openxmlformats",
)


async def ask(fetch: Fetch, request: FetchRequest) -> FetchResponse:
    """Send the request.

    Raises:
        ToolError: It may not be sent, or there is no answer; the code is the fetch's.
    """
    try:
        return await fetch(request)
    except LiteAgentError as error:
        raise ToolError(error.message, code=error.error_code, details=error.details) from None


def content(response: FetchResponse, limit: int) -> JsonValue:
    """The body: JSON where it is that, else text, cut to `limit` characters; of what is neither its name."""
    if response.body and (kind := _media_type(response)).startswith(_BINARY):
        return f"[{kind}, {len(response.body):,} bytes]"
    value = json_or_none(response.body) if _says_json(response) else None
    if value is not None and len(response.body) <= limit:
        return value
    return cut(response.text(), limit)


def cut(text: str, limit: int) -> str:
    """`text` in `limit` characters with a mark where it goes on, and without what cannot be kept."""
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[Cut: the first {limit:,} of {len(text):,} characters. Ask for less at a time.]"


def json_or_none(body: bytes) -> Any:
    """What the bytes say as JSON; None where they are none, or are nested too deeply to be kept."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if _shallow(value) else None


def json_bytes(value: JsonValue) -> bytes:
    """The value as JSON, whatever the size of its numbers."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def refusal(request: FetchRequest, response: FetchResponse, secrets: Iterable[str] = ()) -> ToolError:
    """The error for a status of 400 or more, with the beginning of what the service said."""
    told = " ".join(without(cut(response.text(), _TOLD * 4), secrets).split())[:_TOLD]
    place = f"{request.method.upper()} {shown(request.url)}"
    return ToolError(
        f"{place} was answered with status {response.status}{f': {told}' if told else '.'}",
        code="http_status",
        details={"status": response.status},
    )


def shown(url: str) -> str:
    """A URL as far as it may be shown: a query may hold a secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path[:200], "", ""))


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it struck out."""
    words = {word for secret in secrets for word in (secret, *secret.split()) if len(word) >= _SECRET_FROM}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "[redacted]")
    return text


def _media_type(response: FetchResponse) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _says_json(response: FetchResponse) -> bool:
    media_type = _media_type(response)
    return media_type == "application/json" or media_type.endswith("+json")


def _shallow(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return True
    return False


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()
