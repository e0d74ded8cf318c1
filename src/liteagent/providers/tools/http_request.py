"""`http_request`: one request to the internet, through the safe fetch."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from liteagent.contracts.fetch import Fetch, FetchRequest, FetchResponse
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import ToolContext, ToolDefinition, ToolParts
from liteagent.providers.tools.answers import ask, content, json_bytes, refusal
from liteagent.providers.tools.arguments import Arguments, checked, schema

__all__ = ["HttpRequest", "create"]

_READING = ("GET", "HEAD")
_SECONDS = 30.0
_MOST_BYTES = 2_000_000
_MOST_CHARACTERS = 50_000
_TOLD_HEADERS = ("content-type", "location", "last-modified", "retry-after")


class _Arguments(Arguments):
    url: str = Field(
        min_length=1, max_length=8000, description="Where to: a whole URL, with https:// or http://."
    )
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = Field(
        default="GET", description="GET (where left out), HEAD, POST, PUT, PATCH or DELETE."
    )
    headers: dict[str, str] = Field(default={}, description="Headers by name.")
    body: JsonValue = Field(
        default=None, description="A text is sent as it is, anything else as JSON, null not at all."
    )


_SCHEMA = schema(_Arguments)
_DEFINITION = ToolDefinition(
    "http_request",
    "Sends a request to a public web address and gives its status and body. Reading (GET) is done at once; "
    "anything else waits until a person has approved it.",
    {**_SCHEMA, "required": ["method", "url"]},
    effect=Safety.UNSAFE,
    approval=True,
    traits=("untrusted_input", "outside_effect"),
    reads_with={"method": list(_READING)},
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The tool."""

    fetch: Fetch
    definition: ToolDefinition = _DEFINITION

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """The answer: `{status, headers, body, url}`; its body is JSON where it says so, else text.

        Raises:
            ToolError: The address may not be reached, there is no answer, or its status is 400 or more.
        """
        request = _request(checked(_Arguments, arguments), context)
        response = await ask(self.fetch, request)
        if response.status >= 400:
            raise refusal(request, response, request.headers.values())
        return _answer(response)


def create(parts: ToolParts) -> HttpRequest:
    """The tool, as the entry point `liteagent.tool` makes it."""
    return HttpRequest(parts.fetch)


def _request(asked: _Arguments, context: ToolContext) -> FetchRequest:
    reads = asked.method in _READING
    body, media_type = _body(asked.body)
    named = {name.lower() for name in asked.headers}
    typed = {"Content-Type": media_type} if media_type and "content-type" not in named else {}
    return FetchRequest(
        method=asked.method,
        url=asked.url.strip(),
        headers={**asked.headers, **typed},
        body=body,
        timeout=_SECONDS,
        max_bytes=_MOST_BYTES,
        follow_redirects=reads,
        idempotency_key=None if reads or not context.key else context.key,
    )


def _body(value: JsonValue) -> tuple[bytes | None, str]:
    if value is None:
        return None, ""
    if isinstance(value, str):
        return value.encode(errors="replace"), "text/plain; charset=utf-8"
    return json_bytes(value), "application/json"


def _answer(response: FetchResponse) -> JsonObject:
    return {
        "status": response.status,
        "headers": {name: response.headers[name] for name in _TOLD_HEADERS if name in response.headers},
        "body": content(response, _MOST_CHARACTERS),
        "url": response.url,
    }
