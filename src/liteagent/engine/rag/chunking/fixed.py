"""Windows of one size, wherever they end."""

from collections.abc import Iterator

from liteagent.engine.rag.chunking.source import Piece, Sizes, Source
from liteagent.engine.rag.graphemes import boundary_at_or_after, boundary_at_or_before

__all__ = ["Fixed"]


class Fixed:
    """As many as fit, blanks and section borders included; only a visible character is never taken apart."""

    def __init__(self, sizes: Sizes) -> None:
        self._size = sizes.size
        self._overlap = sizes.overlap

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The windows; blank ones are left out."""
        text, ruler = source.text, source.ruler
        start = done = 0
        while done < len(text):
            limit = ruler.reach(start, self._size)
            cut = boundary_at_or_before(text, limit, done + 1) if limit < len(text) else len(text)
            if not text[done:cut].isspace():
                yield Piece(start, cut)
            earliest = max(ruler.back(cut, self._overlap), (start + cut) // 2, done)
            start, done = boundary_at_or_after(text, earliest, cut), cut
