"""The SDK's HTTP client over the safe fetch: an MCP server's address is held to the same rules as any URL."""

from typing import Any, cast

import httpx2

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.fetch import Fetch, FetchRequest, FetchResponse
from liteagent.providers.tools.answers import json_bytes, json_or_none
from liteagent.providers.tools.mcp.servers import KEY

__all__ = ["Door"]

_UNREACHED = -32060
"""The code of a JSON-RPC error that is ours; its data has the code of the product."""

_MOST_BYTES = 5_000_000
_FETCHS_OWN = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "transfer-encoding", "user-agent"}
)
_MEANT = (404, 405)
"""Statuses with a meaning of their own in the protocol: the session, or a way of speaking, is not known."""

_OF_THE_WIRE = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})


class Door(httpx2.AsyncBaseTransport):
    """Hands each request of the client to `fetch` and its whole answer back.

    Redirects are left to the SDK, which follows them within the origin only. A stream that the server would
    hold open for messages of its own is declined, as a server may decline it too. What the fetch refuses is
    answered as a JSON-RPC error: the connection lives on.

    Args:
        fetch: Where requests go through.
        timeout: Seconds for each.
    """

    def __init__(self, fetch: Fetch, timeout: float) -> None:
        self._fetch = fetch
        self._timeout = timeout

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See `httpx2.AsyncBaseTransport`."""
        if request.method == "GET" and "last-event-id" not in request.headers:
            return httpx2.Response(405, request=request)
        body = await request.aread()
        try:
            response = await self._fetch(self._request(request, body))
        except LiteAgentError as error:
            return _told(request, 502, error.message, error.error_code)
        if response.status >= 400 and response.status not in _MEANT and not _is_message(response):
            return _told(request, response.status, f"it answered with status {response.status}", "mcp_failed")
        return _answer(request, response)

    def _request(self, request: httpx2.Request, body: bytes) -> FetchRequest:
        headers = {name: value for name, value in request.headers.items() if name not in _FETCHS_OWN}
        return FetchRequest(
            method=request.method,
            url=str(request.url),
            headers=headers,
            body=body or None,
            timeout=self._timeout,
            max_bytes=_MOST_BYTES,
            follow_redirects=False,
            idempotency_key=_key(body),
        )


def _key(body: bytes) -> str | None:
    if KEY.encode() not in body:
        return None
    found: Any = json_or_none(body)
    for name in ("params", "_meta", KEY):
        found = cast("dict[str, Any]", found).get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None


def _answer(request: httpx2.Request, response: FetchResponse) -> httpx2.Response:
    headers = {name: value for name, value in response.headers.items() if name not in _OF_THE_WIRE}
    return httpx2.Response(response.status, headers=headers, content=response.body, request=request)


def _is_message(response: FetchResponse) -> bool:
    found: Any = json_or_none(response.body)
    return isinstance(found, dict) and "jsonrpc" in found


def _told(request: httpx2.Request, status: int, message: str, code: str) -> httpx2.Response:
    told = {"code": _UNREACHED, "message": message, "data": {"code": code}}
    body = json_bytes({"jsonrpc": "2.0", "id": None, "error": told})
    return httpx2.Response(
        status, headers={"content-type": "application/json"}, content=body, request=request
    )
