"""Sitemaps: lists of a site's pages, and lists of such lists (sitemaps.org)."""

import gzip
import io
import zlib
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from liteagent.contracts.errors import InvalidInputError

__all__ = ["Entry", "Sitemap", "parse_sitemap"]

_MAX_BYTES: Final = 52_428_800
"""What the protocol allows, decompressed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page, or another sitemap; `changed` is its `lastmod` as it is written."""

    url: str
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap as it was read; one that is an index has sitemaps instead of pages."""

    pages: tuple[Entry, ...] = ()
    sitemaps: tuple[Entry, ...] = ()


def parse_sitemap(data: bytes, name: str) -> Sitemap:
    """Read one: XML, gzipped XML, or plain lines.

    Args:
        data: Its bytes.
        name: What messages call it.

    Raises:
        InvalidInputError: It is none of these, has a document type, or is longer than 50 MiB.
    """
    plain = _decompressed(data, name)
    if not plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Sitemap(tuple(Entry(url) for url in _lines(plain)))
    reader = _Reader()
    try:
        reader.read(plain)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise _unusable(name, f"it is no well-formed XML ({error})") from None
    if reader.root not in ("sitemapindex", "urlset"):
        raise _unusable(name, f"its root is `{reader.root}` instead of `urlset` or `sitemapindex`")
    entries = tuple(reader.entries)
    return Sitemap(sitemaps=entries) if reader.root == "sitemapindex" else Sitemap(entries)


def _decompressed(data: bytes, name: str) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(data)).read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise _unusable(name, "its compression is damaged") from None
    if len(plain) > _MAX_BYTES:
        raise _unusable(name, f"it is longer than {_MAX_BYTES:,} bytes")
    return plain


def _lines(plain: bytes) -> list[str]:
    lines = (line.strip() for line in plain.decode("utf-8-sig", "replace").splitlines())
    return [line for line in lines if line.startswith(("http://", "https://"))]


@dataclass(slots=True)
class _Reader:
    """Collects `loc` and `lastmod` of each entry; what else there is (images, languages) is passed over."""

    root: str = ""
    entries: list[Entry] = field(default_factory=list[Entry])
    _depth: int = 0
    _values: dict[str, str] = field(default_factory=dict[str, str])
    _text: list[str] | None = None

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        parser.Parse(data, True)

    def _begin(self, name: str, _attributes: object) -> None:
        self._depth += 1
        local = name.rpartition(" ")[2]
        if self._depth == 1:
            self.root = local
        elif self._depth == 2:
            self._values = {}
        self._text = [] if self._depth == 3 and local in ("lastmod", "loc") else None

    def _add(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if self._depth == 3 and self._text is not None:
            self._values.setdefault(name.rpartition(" ")[2], "".join(self._text).strip())
        elif self._depth == 2 and self._values.get("loc"):
            self.entries.append(Entry(self._values["loc"], self._values.get("lastmod", "")))
        self._text = None
        self._depth -= 1


def _refuse(*_declared: object) -> None:
    # Entities are what bombs are made of, and no sitemap needs any.
    raise ValueError("it declares a document type")


def _unusable(name: str, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"The sitemap {name} cannot be used: {why}. Name another one, or use the mode `crawl`.",
        details={"url": name},
    )
