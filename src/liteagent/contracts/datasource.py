"""The sockets that documents come through: a source lists and reads, a parser makes text."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from liteagent.contracts.documents import Scalar
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject

__all__ = [
    "DataSource",
    "DataSourceFactory",
    "DocumentReader",
    "Listed",
    "ParsedDocument",
    "Parser",
    "ParserFactory",
    "RawDocument",
    "Section",
]


@dataclass(frozen=True, slots=True)
class Listed:
    """A document that a source offers, before it is read.

    Attributes:
        name: Unique within the source and stable from one listing to the next (a relative path, a URL).
        locator: What the source itself needs to read it.
        size: Bytes, where known.
        version: What the source calls this state of it (an entity tag, a blob's hash, time and size). The
            same version means the same bytes, so the document need not be read again.
        url: Where a reader would open it.
        metadata: What the source knows of it (author, labels, branch); filters can ask for it.
    """

    name: str
    locator: str
    size: int | None = None
    version: str | None = None
    url: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A document's bytes as the source keeps them; `media_type` is what the source says that they are."""

    name: str
    data: bytes = field(repr=False)
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and where its text begins, in code points of the parsed text; `level` 1 is outermost."""

    title: str
    level: int
    start: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as text.

    Attributes:
        text: What is stored, chunked and cited; all offsets refer to it. A table is a Markdown table.
        media_type: What it turned out to be.
        sections: Its headings, in order.
        pages: Where each page begins, the first one first, where the format has pages.
        metadata: What the format says of it (author, date, language).
    """

    text: str = field(repr=False)
    media_type: str
    title: str | None = None
    sections: tuple[Section, ...] = ()
    pages: tuple[int, ...] = ()
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


class DataSource(Protocol):
    """Where documents come from."""

    def list(self) -> AsyncIterator[Listed]:
        """Every document on offer, in a stable order.

        Raises:
            InvalidInputError: The source does not exist or may not be read; the message says which.
        """
        ...

    async def read(self, listed: Listed) -> RawDocument:
        """The bytes of one document.

        Raises:
            DocumentUnreadableError: It is gone, too large, or not a regular file.
        """
        ...


DataSourceFactory: TypeAlias = Callable[[JsonObject, Fetch], DataSource]
"""Makes a source of its configuration; what it reads from the network goes through the fetch.

Raises:
    InvalidInputError: The configuration is incomplete or of no use; nothing is read or connected yet.
"""


class Parser(Protocol):
    """Turns bytes into text."""

    suffixes: tuple[str, ...]

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text; synchronous and CPU-bound, so callers run it in a thread.

        Raises:
            DocumentUnreadableError: The bytes are not of this format, binary, empty or too large.
        """
        ...


ParserFactory: TypeAlias = Callable[[], Parser]


class DocumentReader(Protocol):
    """Turns the bytes of any known format into text, without a risk to the process that asks.

    Attributes:
        suffixes: What the names of documents that it can read may end in, each with its dot, sorted.
    """

    suffixes: tuple[str, ...]

    async def read(self, raw: RawDocument) -> ParsedDocument:
        """The document's text; its format is told by its bytes, then its media type, then its name.

        Raises:
            DocumentUnreadableError: `details["cause"]` says why; the next document is not affected.
        """
        ...

    async def aclose(self) -> None:
        """End what stands ready; documents that are being read fail."""
        ...
