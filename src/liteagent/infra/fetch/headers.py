"""Header lines that may be sent, and which of them go along to another origin."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from liteagent.contracts.fetch import FetchRefusedError, FetchRequest

__all__ = ["Lines", "joined", "method_of", "request_lines", "without_body", "without_credentials"]

Lines = tuple[tuple[str, str], ...]
"""Names in lower case, and values."""

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_METHODS_REFUSED: Final = frozenset({"CONNECT", "TRACE"})
_OURS: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""They say where a message goes, where it ends and what its connection is for: that is said once."""

_HARMLESS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-type",
        "idempotency-key",
        "pragma",
        "range",
        "user-agent",
    }
)
"""What another origin is told; any other header may be a credential, whatever its name."""

_DEFAULTS: Final = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "LiteAgent"}


def method_of(request: FetchRequest) -> str:
    """The method in upper case.

    Raises:
        FetchRefusedError: It is no method, or one that opens a tunnel or asks for an echo.
    """
    method = request.method.upper()
    if not _TOKEN.fullmatch(method) or method in _METHODS_REFUSED:
        raise FetchRefusedError(
            "The method is not one that is sent. Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS."
        )
    return method


def request_lines(request: FetchRequest) -> Lines:
    """The user's headers and the usual ones, without those of the connection.

    Raises:
        FetchRefusedError: A header would break out of its line, or is ours to send.
    """
    given = {name.lower(): value for name, value in request.headers.items()}
    if request.idempotency_key is not None:
        given.setdefault("idempotency-key", request.idempotency_key)
    for name, value in given.items():
        _check(name, value)
    return tuple({**_DEFAULTS, **given}.items())


def _check(name: str, value: str) -> None:
    if not _TOKEN.fullmatch(name):
        raise FetchRefusedError("The name of a header may hold letters, digits and hyphens only.")
    if name in _OURS:
        raise FetchRefusedError(f"The header {name} is set by the fetch itself. Leave it out.")
    if not _VALUE.fullmatch(value):
        raise FetchRefusedError(
            f"The value of the header {name} holds a line break, another control character or one outside of "
            "Latin-1. Remove or encode it."
        )


def without_body(lines: Lines) -> Lines:
    """What is left when the body stays behind."""
    return tuple(line for line in lines if not line[0].startswith("content-"))


def without_credentials(lines: Lines) -> Lines:
    """What is left for another origin."""
    return tuple(line for line in lines if line[0] in _HARMLESS)


def joined(raw: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """Received header lines by name in lower case, the values of a repeated one in one."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), _decoded(value)
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
