"""URLs as a crawl compares them: one spelling for each, and where a crawl may go."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit, urlunsplit

__all__ = ["Scope", "normal_url", "origin_of"]

_PORTS: Final = {"http": 80, "https": 443}
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT: Final = "/%:@!$&'()*+,;="
_LONGEST: Final = 4_000
_TRACKING: Final = re.compile(
    r"(?:utm_\w+|gclid|dclid|gbraid|wbraid|fbclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|_hs(?:enc|mi)|mkt_tok)",
    re.IGNORECASE,
)


def normal_url(text: str, base: str | None = None, *, drop_tracking: bool = True) -> str | None:
    """The one spelling of a URL: no fragment, no default port, no `..`, escapes only where they are needed.

    Args:
        text: A URL, or a reference relative to `base`.
        base: Where the reference stands.
        drop_tracking: Leave out parameters that only tell where a reader came from (`utm_source`, `gclid`).

    Returns:
        None where it is no http or https URL, or one that holds a user name.

    Example:
        >>> normal_url("../b%7e?utm_source=x#top", "HTTPS://Example.com:443/docs/a/")
        'https://example.com/docs/b~'
    """
    try:
        parts = urlsplit(urljoin(base, text.strip()) if base else text.strip())
        place = _place(parts)
    except ValueError:
        return None
    if place is None:
        return None
    query = _query(parts.query, drop_tracking=drop_tracking)
    url = urlunsplit((parts.scheme, place, _path(parts.path), query, ""))
    return url if len(url) <= _LONGEST else None


def origin_of(url: str) -> str:
    """`scheme://host:port` of a URL in its one spelling."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a crawl may go.

    Attributes:
        origins: Whole sites.
        prefixes: What URLs may begin with instead; where there are any, the sites do not count.
    """

    origins: frozenset[str]
    prefixes: tuple[str, ...] = ()

    def holds(self, url: str) -> bool:
        """Whether a URL in its one spelling is inside."""
        return url.startswith(self.prefixes) if self.prefixes else origin_of(url) in self.origins

    def wider(self, url: str) -> "Scope":
        """The scope with the site of another URL."""
        return Scope(self.origins | {origin_of(url)}, self.prefixes)


def _place(parts: SplitResult) -> str | None:
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.removesuffix(".")
    return host if parts.port in (None, _PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _path(path: str) -> str:
    kept: list[str] = []
    segments = _escaped(path).split("/")[1:] or [""]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str, *, drop_tracking: bool) -> str:
    parts = [part for part in query.split("&") if part]
    if drop_tracking:
        parts = [part for part in parts if not _TRACKING.fullmatch(part.partition("=")[0])]
    return _escaped("&".join(parts), also="?")


def _escaped(text: str, also: str = "") -> str:
    return quote(_ESCAPE.sub(_needed, text), safe=_KEPT + also)


def _needed(escape: re.Match[str]) -> str:
    """The character itself where it need not be escaped."""
    byte = unquote_to_bytes(escape[0])
    return byte.decode() if byte[0] in _UNRESERVED else escape[0].upper()
