"""A URL, read once: what is checked is what is connected to."""

from dataclasses import dataclass, field
from typing import Final

import httpx2

from liteagent.contracts.fetch import FetchRefusedError
from liteagent.infra.fetch.addresses import IPAddress
from liteagent.infra.fetch.hosts import literal_address, normal_name

__all__ = ["Target", "parse_target"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HIGHEST_PORT: Final = 65535
_LONGEST_URL: Final = 16_384
_LONGEST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    Attributes:
        scheme: `http` or `https`.
        host: The normal name, or the address in its canonical text.
        port: Always there.
        address: The host as an address, where the URL has one instead of a name.
        path: Path and query as they are sent.
        url: All of it, without a fragment.
    """

    scheme: str
    host: str
    port: int
    address: IPAddress | None
    path: bytes = field(repr=False)
    url: httpx2.URL = field(repr=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials belong to."""
        return self.scheme, self.host, self.port

    @property
    def place(self) -> str:
        """`host:port`, as in FETCH_ALLOW."""
        return f"{self._bracketed}:{self.port}"

    @property
    def authority(self) -> str:
        """The value of the `Host` header."""
        return self._bracketed if self.port == _DEFAULT_PORTS[self.scheme] else self.place

    @property
    def shown(self) -> str:
        """`scheme://host:port/path` for messages and logs: a query may hold a secret."""
        path = self.path.partition(b"?")[0].decode("ascii")
        return f"{self.scheme}://{self.place}{path[:_LONGEST_SHOWN]}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def parse_target(text: str, base: Target | None = None) -> Target:
    """Read a URL, or a reference relative to `base`.

    Raises:
        FetchRefusedError: It is no http or https URL, holds a user name, or its host is oddly spelled.
    """
    url = _parse(text) if base is None else _parse(text, base.url)
    if url.scheme not in _DEFAULT_PORTS:
        raise FetchRefusedError("Only URLs that begin with http:// or https:// are fetched.")
    port = _DEFAULT_PORTS[url.scheme] if url.port is None else url.port
    if not 0 < port <= _HIGHEST_PORT:
        raise FetchRefusedError(
            f"The URL's port {port} is none: ports are numbers from 1 to {_HIGHEST_PORT}."
        )
    host, address = _host(url.raw_host.decode("ascii"))
    return Target(url.scheme, host, port, address, url.raw_path, url.copy_with(fragment=None))


def _parse(text: str, base: httpx2.URL | None = None) -> httpx2.URL:
    try:
        if len(text) > _LONGEST_URL:
            raise FetchRefusedError(f"The URL is longer than {_LONGEST_URL:,} characters.")
        url = httpx2.URL(text)
        url = url if base is None else base.join(url)
    except (httpx2.InvalidURL, ValueError):
        raise FetchRefusedError(
            "The URL cannot be read. Write it as https://host/path, with neither line breaks nor other "
            "control characters, and percent-encode what is unusual."
        ) from None
    _refuse_userinfo(text, url)
    return url


def _refuse_userinfo(text: str, url: httpx2.URL) -> None:
    # Also an empty one, and a backslash, before which some programs end the host.
    authority = text.partition("//")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    if url.userinfo or "@" in authority or "\\" in authority:
        raise FetchRefusedError(
            "The URL holds a user name, a password or a backslash before its path. Leave them out, and send "
            "credentials in the Authorization header."
        )


def _host(text: str) -> tuple[str, IPAddress | None]:
    if address := literal_address(text):
        return str(address), address
    if name := normal_name(text):
        return name, None
    raise FetchRefusedError(
        "The URL's host is neither a name nor an address. Write a name in letters, digits, hyphens and dots, "
        "an IPv4 address as four decimal numbers, and an IPv6 address in brackets without a zone."
    )
