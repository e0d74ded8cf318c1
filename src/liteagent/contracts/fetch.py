"""The socket through which URLs that users give are fetched; nothing else opens a connection to one.

    LiteAgentError
    ├── FetchError 502 ── FetchTimeoutError 504 · FetchTooLargeError 502
    └── InvalidInputError ── FetchRefusedError 422

Their messages and details name `scheme://host:port/path` at most: a query, a header or a body may hold a
secret.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from liteagent.contracts.errors import InvalidInputError, LiteAgentError

__all__ = [
    "Fetch",
    "FetchError",
    "FetchRefusedError",
    "FetchRequest",
    "FetchResponse",
    "FetchTimeoutError",
    "FetchTooLargeError",
]

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:+-]+)""", re.IGNORECASE | re.ASCII)
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""Codecs of Python that no page is written in; a large text takes some of them minutes."""


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch. Its `repr` shows the method and the limits only.

    Attributes:
        method: `GET`, `POST`, … in any case.
        url: Absolute, http or https, without user name and password.
        headers: Names in any case; those of the connection and the framing (`Host`, `Content-Length`, …) are
            refused.
        body: Sent as it is, with its length.
        timeout: Seconds for all of it: finding the address, redirects, and the last byte of the body.
        max_bytes: How long the body may be, decompressed.
        follow_redirects: Whether a redirect is followed (five at most) or handed back as the response.
        idempotency_key: Sent as `Idempotency-Key`, unless `headers` have one.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float = 30.0
    max_bytes: int = 5_000_000
    follow_redirects: bool = True
    idempotency_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """What came back, whatever its status. Its `repr` shows the status only.

    Attributes:
        status: The HTTP status.
        headers: Names in lower case; the values of a repeated one are joined with `, `.
        body: Decompressed, where the encoding is gzip or deflate.
        url: Where it came from in the end.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    def text(self) -> str:
        """The body in the charset of its content type, else in UTF-8; what does not decode is replaced."""
        try:
            return self.body.decode(self._charset(), errors="replace")
        except (LookupError, ValueError):
            return self.body.decode("utf-8", errors="replace")

    def _charset(self) -> str:
        found = _CHARSET.search(self.headers.get("content-type", ""))
        name = codecs.lookup(found[1]).name.replace("_", "-") if found else "utf-8"
        return "utf-8" if name in _NO_CHARSETS else name


class Fetch(Protocol):
    """Fetches one URL; redirects are followed inside."""

    async def __call__(self, request: FetchRequest) -> FetchResponse:
        """Send the request and read the whole response; a status of 4xx or 5xx is a response like any other.

        Raises:
            FetchRefusedError: The request is not one that may be sent, or leads where it may not.
            FetchTimeoutError: It took longer than `request.timeout`.
            FetchTooLargeError: The body is longer than `request.max_bytes`.
            FetchError: The host cannot be found or reached, or its answer is not HTTP.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        ...


class FetchError(LiteAgentError):
    """A URL could not be fetched."""

    code = "fetch_failed"
    status = 502


class FetchTimeoutError(FetchError):
    """The time of the request was over before the response was complete."""

    code = "fetch_timeout"
    status = 504


class FetchTooLargeError(FetchError):
    """The response is longer than the request allows."""

    code = "fetch_too_large"


class FetchRefusedError(InvalidInputError):
    """The request may not be sent: its address, port, scheme, method or headers are not allowed."""

    code = "fetch_refused"
