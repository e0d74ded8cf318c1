"""Small chunks to find a place by, each with the wider range that an answer reads."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from liteagent.contracts.documents import Span
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.chunking.recursive import Recursive
from liteagent.engine.rag.chunking.source import Piece, Sizes, Source

__all__ = ["ParentChild"]

_PARAGRAPH = re.compile(r"[^\S\r\n]*(?:\r\n?|\n)[^\S\r\n]*[\r\n]")


class ParentChild:
    """Cuts as `Recursive` does; a parent is as many neighbouring chunks as fit, of the same sections.

    A parent ends at a paragraph's end where there is one in its second half. Chunks do not depend on parents,
    so that a change moves parents without making other chunks; where chunks overlap, their parents do.

    Args:
        sizes: The limits of a chunk, which is the child.
        parent_size: Most of the same unit in a parent; at least as much as in a chunk.

    Raises:
        InvalidInputError: The parent is smaller than its children.
    """

    def __init__(self, sizes: Sizes, parent_size: int) -> None:
        if parent_size < sizes.size:
            raise InvalidInputError(
                f"parent_size is {parent_size}; give at least {sizes.size}, the chunk_size of its children."
            )
        self._children = Recursive(sizes)
        self._parents = Sizes(parent_size, 0, sizes.unit)

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The children, in order."""
        borders = [start for start, _ in source.outline.stretches(self._parents.tiny, self._parents.size)]
        family: list[Piece] = []
        for child in self._children.pieces(source):
            while family and not self._room(source, family, child, borders):
                count = self._share(source, family)
                yield from _with_parent(family[:count])
                family = family[count:]
            family.append(child)
        yield from _with_parent(family)

    def _room(self, source: Source, family: Sequence[Piece], child: Piece, borders: Sequence[int]) -> bool:
        if bisect_right(borders, family[0].start) != bisect_right(borders, child.start):
            return False
        return source.size(family[0].start, child.end) <= self._parents.size

    def _share(self, source: Source, family: Sequence[Piece]) -> int:
        """How many of the children the parent has, now that one more does not fit."""
        half = self._parents.size // 2
        for count in range(len(family) - 1, 0, -1):
            end = family[count - 1].end
            if source.size(family[0].start, end) < half:
                break
            if _PARAGRAPH.match(source.text, end):
                return count
        return len(family)


def _with_parent(family: Sequence[Piece]) -> Iterator[Piece]:
    for child in family:
        yield child._replace(parent=Span(family[0].start, family[-1].end))
