"""What a web page says to a crawler: its links, its true address, and whether it wants to be found."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from liteagent.contracts.fetch import FetchResponse
from liteagent.providers.datasource.url.address import normal_url
from liteagent.providers.datasource.url.robots import ROBOT

__all__ = ["Page", "media_type", "read_page"]

_HTML: Final = frozenset({"application/xhtml+xml", "text/html"})
_ABOUT_ANOTHER: Final = re.compile(r"([\w.-]+)\s*:\s*([\w-]+)")
_MOST_LINKS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """Attributes:
    links: Where it leads, in order, each once; none where it asks that they be not followed.
    canonical: The address that it says is its own.
    may_index: Whether it lets itself be found.
    """

    links: tuple[str, ...] = ()
    canonical: str | None = None
    may_index: bool = True


def media_type(response: FetchResponse) -> str | None:
    """The media type without its parameters, in lower case."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower() or None


def read_page(response: FetchResponse, *, drop_tracking: bool = True) -> Page:
    """Read a response; what is no HTML has no links, but its headers count.

    Args:
        response: What came back, of a status in the 200s.
        drop_tracking: See `normal_url`.
    """
    asked = _directives(response.headers.get("x-robots-tag", ""))
    if media_type(response) not in _HTML:
        return Page(may_index=not asked & {"noindex", "none"})
    tree = LexborHTMLParser(response.text())
    asked |= {each for text in _metas(tree) for each in _directives(text)}
    base = _first(tree, "base[href]", "href", response.url) or response.url
    canonical = _first(tree, 'link[rel~="canonical" i][href]', "href", base)
    follow = not asked & {"nofollow", "none"}
    return Page(
        tuple(_links(tree, base, drop_tracking=drop_tracking)) if follow else (),
        normal_url(canonical, drop_tracking=drop_tracking) if canonical else None,
        not asked & {"noindex", "none"},
    )


def _directives(text: str) -> set[str]:
    """What is asked of every crawler, and of this one; what may be meant for this one is taken so."""
    found: set[str] = set()
    for part in text.lower().split(","):
        addressed = _ABOUT_ANOTHER.fullmatch(part.strip())
        if addressed is None:
            found.add(part.strip())
        elif addressed[1] in (ROBOT.lower(), "robots"):
            found.add(addressed[2])
    return found


def _metas(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css("meta[name][content]"):
        if (node.attributes["name"] or "").strip().lower() in ("robots", ROBOT.lower()):
            yield node.attributes["content"] or ""


def _first(tree: LexborHTMLParser, selector: str, attribute: str, base: str) -> str | None:
    node = tree.css_first(selector)
    return normal_url(node.attributes[attribute] or "", base, drop_tracking=False) if node else None


def _links(tree: LexborHTMLParser, base: str, *, drop_tracking: bool) -> Iterator[str]:
    seen: set[str] = set()
    for node in tree.css("a[href], area[href]"):
        if "nofollow" in (node.attributes.get("rel") or "").lower().split():
            continue
        url = normal_url(node.attributes["href"] or "", base, drop_tracking=drop_tracking)
        if url and url not in seen and len(seen) < _MOST_LINKS:
            seen.add(url)
            yield url
