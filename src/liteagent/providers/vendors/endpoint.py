"""Where a vendor's API is and what opens it, checked before anything is sent."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from liteagent.contracts.errors import InvalidInputError

__all__ = ["Endpoint"]

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An API's root with key, headers and timeout.

    Attributes:
        base_url: Like https://host/v1.
        api_key: None where a server asks for none.
        headers: Sent with every request.
        timeout: Seconds that an answer may take.
        query: Added to the address of every request.

    Raises:
        InvalidInputError: One of them is unusable; the message never quotes a key or a header's value.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeout: float = 60.0
    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def __post_init__(self) -> None:
        if not _is_web_address(self.base_url):
            raise InvalidInputError("base_url must be like https://host/v1, without spaces.")
        if not math.isfinite(self.timeout) or self.timeout <= 0:
            raise InvalidInputError("timeout must be a number of seconds above 0.")
        if not _HEADER_VALUE.fullmatch(self.api_key or ""):
            raise InvalidInputError("The API key holds characters that no key has; paste it again.")
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise InvalidInputError(f"The header {name!r} is not valid: only printable ASCII is.")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    printable = text.isascii() and text.isprintable() and " " not in text
    return parts.scheme in ("http", "https") and bool(parts.hostname) and valid_port and printable
