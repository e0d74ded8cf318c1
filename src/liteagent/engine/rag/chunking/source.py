"""What a way of cutting is given, and what it gives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from liteagent.contracts.documents import Span
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.chunking.ruler import Ruler, Unit
from liteagent.engine.rag.graphemes import boundary_at_or_before
from liteagent.engine.rag.outline import Outline

__all__ = ["Cutter", "Piece", "Sizes", "Source", "shortened"]

_LEAST = {"characters": 32, "tokens": 16}
_LONGEST_CONTEXT = 1000


class Piece(NamedTuple):
    """A range of the text that becomes a chunk; see `Chunk` for `parent` and `context`."""

    start: int
    end: int
    parent: Span | None = None
    context: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A document to cut."""

    text: str = field(repr=False)
    media_type: str
    outline: Outline
    ruler: Ruler

    def size(self, start: int, end: int) -> int:
        """The length of [start, end) in the unit of the sizes."""
        return self.ruler.size(start, end)

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """The range without blanks around it; the indentation of a line that begins in it stays."""
        text = self.text
        while end > start and text[end - 1].isspace():
            end -= 1
        if end == start or not text[start].isspace():
            return start, end
        body = text[start:end]
        lead = len(body) - len(body.lstrip())
        line = max(body.rfind("\n", 0, lead), body.rfind("\r", 0, lead)) + 1
        at_line_start = line or start == 0 or text[start - 1] in "\r\n"
        start += line if at_line_start else lead
        return boundary_at_or_before(text, start, start - 1), end

    def piece(self, start: int, end: int, context: str = "") -> Iterator[Piece]:
        """[start, end) as a piece, without the blanks around it; none where it is all blank."""
        first, last = self.trimmed(start, end)
        if last > first:
            yield Piece(first, last, None, context)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The limits of a chunk.

    Attributes:
        size: Most of `unit` in a chunk: at least 32 characters or 16 tokens.
        overlap: Most of `unit` that a chunk repeats from the one before it, at most half of `size`.
    """

    size: int
    overlap: int = 0
    unit: Unit = "characters"

    def __post_init__(self) -> None:
        if self.unit not in _LEAST:
            raise InvalidInputError(f"There is no unit {self.unit!r}; use 'characters' or 'tokens'.")
        least = _LEAST[self.unit]
        if self.size < least:
            raise InvalidInputError(f"chunk_size is {self.size}; give at least {least} {self.unit}.")
        if not 0 <= self.overlap <= self.size // 2:
            raise InvalidInputError(
                f"overlap is {self.overlap}; give 0 to {self.size // 2}, half of chunk_size."
            )

    @property
    def tiny(self) -> int:
        """A section shorter than this need not stand alone."""
        return self.size // 4


class Cutter(Protocol):
    """A way of cutting."""

    def pieces(self, source: Source) -> Iterable[Piece]:
        """The pieces of the text in the order of their starts, none of them blank."""
        ...


def shortened(context: str) -> str:
    """A context that is short enough to be searched together with a chunk, on one line or a few."""
    context = context.strip()
    if len(context) <= _LONGEST_CONTEXT:
        return context
    return context[: boundary_at_or_before(context, _LONGEST_CONTEXT, 1)].rstrip()
