"""Cuts at the coarsest separator that fills at least half a chunk."""

import re
from collections.abc import Iterator, Sequence

from liteagent.engine.rag.chunking.source import Piece, Sizes, Source
from liteagent.engine.rag.graphemes import boundary_at_or_after, boundary_at_or_before

__all__ = ["Recursive"]

_PARAGRAPHS = ("\n\n", "\n\r\n")
# Written as escapes where a character looks like another one: full-width ! ? ; , and the Arabic full stop.
_ASCII_SENTENCES = (". ", "? ", "! ", "; ")
_SENTENCES = (*_ASCII_SENTENCES, "。", "\uff01", "\uff1f", "؟ ", "\u06d4", "। ", "… ", "\uff1b")
_LINES = ("\n",)
_CLAUSES = ("、", "\uff0c", "،")
_BLANKS = (" ", "\n", "\t", "\u3000")
_FIRST_MARK = "\u0300"
_BLANK = re.compile(r"\s")


class Recursive:
    """Windows that end where a reader would pause.

    A window's end is the last paragraph end in its second half, else the last line end there, else the last
    end of a sentence, else the last blank anywhere in it, else a place between two characters that a reader
    would tell apart. Windows stay inside a section of level 1 to 3 unless that section is tiny.
    """

    def __init__(self, sizes: Sizes) -> None:
        self._size = sizes.size
        self._overlap = sizes.overlap
        self._tiny = sizes.tiny

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The windows of the whole text."""
        for start, end in source.outline.stretches(self._tiny, self._size):
            yield from self.within(source, start, end)

    def within(self, source: Source, start: int, end: int, context: str = "") -> Iterator[Piece]:
        """The windows of [start, end), whatever its headings, without blanks around them."""
        done, before = start, -1
        for first, last in self._windows(source, start, end):
            first, last = source.trimmed(first, last)
            if first <= before:  # without the blanks it would repeat all of the chunk before
                first, last = source.trimmed(done, last)
            if last > max(first, done):  # else it is blank, or blank but for its overlap
                yield Piece(first, last, None, context)
                done, before = last, first

    def _windows(self, source: Source, start: int, end: int) -> Iterator[tuple[int, int]]:
        ruler, text = source.ruler, source.text
        done = start  # everything before it is in a window
        while (limit := ruler.reach(start, self._size)) < end:
            half = ruler.reach(start, self._size // 2)
            cut = _cut(text, limit, half, done)
            yield start, cut
            earliest = max(ruler.back(cut, self._overlap), (start + cut) // 2, done)
            start, done = self._next_start(text, earliest, cut), cut
        yield start, end

    def _next_start(self, text: str, earliest: int, cut: int) -> int:
        """Where the window after `cut` begins: at the first word's start from `earliest` on, if any."""
        if not self._overlap or earliest >= cut:
            return cut
        if not text[earliest - 1].isspace() and (blank := _BLANK.search(text, earliest, cut)):
            earliest = blank.end()
        return boundary_at_or_after(text, earliest, cut)


def _cut(text: str, limit: int, half: int, done: int) -> int:
    half = max(half, done + 1)
    sentences = _ASCII_SENTENCES if text.isascii() else _SENTENCES
    for separators in (_PARAGRAPHS, _LINES, sentences):
        if cut := _last(text, separators, half, limit):
            return cut
    for separators in (_BLANKS, _CLAUSES):
        if cut := _last(text, separators, done + 1, limit):
            return cut
    return boundary_at_or_before(text, limit, done + 1)


def _last(text: str, separators: Sequence[str], first: int, limit: int) -> int:
    """The last place in [first, limit] directly after one of `separators`; 0 where there is none."""
    best = 0
    for separator in separators:
        found = text.rfind(separator, first - len(separator), limit)
        if found >= 0:
            best = first = found + len(separator)
    if text[best : best + 1] < _FIRST_MARK:
        return best
    return best if boundary_at_or_before(text, best, best - 1) == best else 0
