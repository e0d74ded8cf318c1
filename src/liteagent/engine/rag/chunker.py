"""Cuts a document's text into chunks whose offsets are exact by construction.

A chunk is a window of the text. Its end is the last paragraph end in the second half of the window, else the
last line end there, else the last end of a sentence, else the last blank anywhere in it, else a place
between two characters that a reader would tell apart. Nothing is rewritten, so `text[start:end] ==
chunk.text` cannot fail.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.content_id import content_id
from liteagent.engine.rag.graphemes import boundary_at_or_after, boundary_at_or_before
from liteagent.engine.rag.outline import Outline

__all__ = ["Chunker", "RecursiveChunker", "create_chunker"]

_PARAGRAPHS = ("\n\n", "\n\r\n")
# Written as escapes where a character looks like another one: full-width ! ? ; , and the Arabic full stop.
_SENTENCES = (". ", "? ", "! ", "。", "\uff01", "\uff1f", "؟ ", "\u06d4", "। ", "… ", "; ", "\uff1b")
_CLAUSES = ("、", "\uff0c", "،")
_BLANKS = (" ", "\n", "\t", "\u3000")
_BLANK = re.compile(r"\s")


class Chunker(Protocol):
    """Cuts a text into chunks."""

    def chunk(self, document_id: str, text: str, sections: Sequence[Section] = ()) -> list[Chunk]:
        """The chunks of a document, in order; blank stretches between chunks belong to none."""
        ...


class RecursiveChunker:
    """Cuts at the coarsest separator that fills at least half a chunk.

    A chunk stays inside a section of level 1 to 3 unless that section is tiny (a quarter of a chunk), in
    which case it goes together with what follows it. The same input gives the same chunks with the same
    ids.

    Args:
        chunk_size: Most code points in a chunk, at least 32.
        overlap: Most code points that a chunk repeats from the one before, at most half of `chunk_size`;
            also at most half of that chunk. It begins at a word where there is one, and never in another
            section.

    Raises:
        InvalidInputError: A size is out of range.

    Example:
        >>> chunks = RecursiveChunker(chunk_size=32, overlap=0).chunk("d1", "One sentence. " * 4)
        >>> [(chunk.start, chunk.end) for chunk in chunks]
        [(0, 27), (28, 55)]
    """

    def __init__(self, chunk_size: int = 1000, overlap: int = 100) -> None:
        if chunk_size < 32:
            raise InvalidInputError(f"chunk_size is {chunk_size}; give at least 32.")
        if not 0 <= overlap <= chunk_size // 2:
            raise InvalidInputError(f"overlap is {overlap}; give 0 to {chunk_size // 2}, half of chunk_size.")
        self._size = chunk_size
        self._overlap = overlap

    def chunk(self, document_id: str, text: str, sections: Sequence[Section] = ()) -> list[Chunk]:
        """The chunks of a document, in order; blank stretches between chunks belong to none."""
        outline = Outline(sections, len(text), tiny=self._size // 4, room=self._size)
        chunks: list[Chunk] = []
        for start, end in self._spans(text, outline):
            body = text[start:end]
            chunk_id = content_id(document_id, str(len(chunks)), body)
            heading = outline.heading(start, end)
            chunks.append(Chunk(chunk_id, document_id, len(chunks), start, end, body, heading))
        return chunks

    def _spans(self, text: str, outline: Outline) -> Iterator[tuple[int, int]]:
        for start, end in outline.stretches:
            done = start
            for first, last in self._windows(text, start, end):
                first, last = _trim(text, first, last)
                if last > max(first, done):  # else it is blank, or blank but for its overlap
                    yield first, last
                    done = last

    def _windows(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        done = start  # everything before it is in a window
        while end - start > self._size:
            cut = self._cut(text, start, done)
            yield start, cut
            start, done = self._next_start(text, max(cut - self._overlap, (start + cut) // 2, done), cut), cut
        yield start, end

    def _cut(self, text: str, start: int, done: int) -> int:
        limit = start + self._size
        half = max(start + self._size // 2, done + 1)
        for separators in (_PARAGRAPHS, ("\n",), _SENTENCES):
            if cut := _last(text, separators, half, limit):
                return cut
        for separators in (_BLANKS, _CLAUSES):
            if cut := _last(text, separators, done + 1, limit):
                return cut
        return boundary_at_or_before(text, limit, done + 1)

    def _next_start(self, text: str, earliest: int, cut: int) -> int:
        """Where the window after `cut` begins: at the first word's start from `earliest` on, if any."""
        if not self._overlap or earliest >= cut:
            return cut
        if not text[earliest - 1].isspace() and (blank := _BLANK.search(text, earliest, cut)):
            earliest = blank.end()
        return boundary_at_or_after(text, earliest, cut)


def create_chunker(kind: str = "recursive", *, chunk_size: int = 1000, overlap: int = 100) -> Chunker:
    """A chunker by name; the one there is, is `recursive`.

    Args:
        kind: `recursive`.
        chunk_size: Most code points in a chunk, at least 32.
        overlap: Most code points that a chunk repeats from the one before it.

    Raises:
        InvalidInputError: An unknown kind, or a size out of range.
    """
    if kind != "recursive":
        raise InvalidInputError(f"There is no chunker {kind!r}; use 'recursive'.")
    return RecursiveChunker(chunk_size, overlap)


def _last(text: str, separators: Sequence[str], first: int, limit: int) -> int:
    """The last place in [first, limit] directly after one of `separators`; 0 where there is none."""
    best = 0
    for separator in separators:
        found = text.rfind(separator, max(first, best) - len(separator), limit)
        best = max(best, found + len(separator)) if found >= 0 else best
    return best if best and boundary_at_or_before(text, best, best - 1) == best else 0


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The window without blanks around it; the indentation of a line that begins in it stays."""
    body = text[start:end]
    kept = body.lstrip()
    lead = len(body) - len(kept)
    if not kept:
        return start, start
    if lead:
        line = max(body.rfind("\n", 0, lead), body.rfind("\r", 0, lead)) + 1
        at_line_start = line or start == 0 or text[start - 1] in "\r\n"
        start += line if at_line_start else lead
        start = boundary_at_or_before(text, start, start - 1)
    return start, end - (len(kept) - len(kept.rstrip()))
