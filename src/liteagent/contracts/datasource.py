"""The sockets that documents come through: a source lists and reads, a parser makes text."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

__all__ = [
    "DataSource",
    "DataSourceFactory",
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
    """

    name: str
    locator: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A document's bytes as the source keeps them."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and where its text begins, in code points of the parsed text; `level` 1 is outermost."""

    title: str
    level: int
    start: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as text. `text` is what is stored, chunked and cited; all offsets refer to it."""

    text: str = field(repr=False)
    media_type: str
    title: str | None = None
    sections: tuple[Section, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


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


DataSourceFactory: TypeAlias = Callable[[Mapping[str, str]], DataSource]


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
