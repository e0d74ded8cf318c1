"""What a document's headings mean for its chunks: where they must not cross, and what stands above them."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from liteagent.contracts.datasource import Section

__all__ = ["Outline"]

_DIVIDING_LEVEL = 3


class Outline:
    """The sections of one document.

    Args:
        sections: In order of their starts; those outside of the text are ignored.
        length: Code points of the text.
        tiny: A stretch shorter than this goes together with the one after it.
        room: The last stretch, where tiny, joins the one before it if both fit in here.
    """

    def __init__(self, sections: Sequence[Section], length: int, *, tiny: int, room: int) -> None:
        known = sorted((s for s in sections if 0 <= s.start < length), key=lambda section: section.start)
        self._starts = [section.start for section in known]
        self._paths = _paths(known)
        self._tiny = tiny
        cuts = [section.start for section in known if section.level <= _DIVIDING_LEVEL]
        self.stretches: list[tuple[int, int]] = _stretches(cuts, length, tiny, room)
        """(start, end) of what may share a chunk; together they are the whole text."""

    def heading(self, start: int, end: int) -> tuple[str, ...]:
        """The path of headings that everything in [start, end) stands under.

        A few words between a heading and its first sub-heading do not count: they would hide the sub-heading.
        """
        if not self._starts:
            return ()
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        first, path = self._descend(first, last, start)
        for index in range(first + 1, last + 1):
            path = _common(path, self._paths[index])
        return path

    def _descend(self, first: int, last: int, start: int) -> tuple[int, tuple[str, ...]]:
        path = self._path(first)
        while first < last and self._starts[first + 1] - start < self._tiny:
            below = self._path(first + 1)
            if len(below) <= len(path) or below[: len(path)] != path:
                break
            first, path = first + 1, below
        return first, path

    def _path(self, index: int) -> tuple[str, ...]:
        return self._paths[index] if index >= 0 else ()


def _paths(sections: Sequence[Section]) -> list[tuple[str, ...]]:
    open_: list[Section] = []
    paths: list[tuple[str, ...]] = []
    for section in sections:
        while open_ and open_[-1].level >= section.level:
            open_.pop()
        open_.append(section)
        paths.append(tuple(above.title for above in open_))
    return paths


def _stretches(cuts: Sequence[int], length: int, tiny: int, room: int) -> list[tuple[int, int]]:
    edges = [0]
    for cut in cuts:
        if cut - edges[-1] >= tiny:
            edges.append(cut)
    if len(edges) > 1 and length - edges[-1] < tiny and length - edges[-2] <= room:
        edges.pop()
    return list(pairwise([*edges, length]))


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    return one[:shared]
