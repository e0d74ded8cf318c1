"""What a document's headings mean for its chunks: where they must not cross, and what stands above them."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from liteagent.contracts.datasource import Section

__all__ = ["Outline", "Part", "common_path"]

_DIVIDING_LEVEL = 3


class Part(NamedTuple):
    """A heading with the text below it up to the next heading of any level; `path` ends with its title."""

    start: int
    end: int
    path: tuple[str, ...]


class Outline:
    """The sections of one document.

    Args:
        sections: Those outside of the text are ignored.
        length: Code points of the text.
        measure: The size of a stretch of the text, in the unit that `tiny` and `room` are given in.
    """

    def __init__(
        self, sections: Sequence[Section], length: int, measure: Callable[[int, int], int] | None = None
    ) -> None:
        self.sections: list[Section] = sorted(
            (s for s in sections if 0 <= s.start < length), key=lambda section: section.start
        )
        """Those inside of the text, in order of their starts."""
        self._starts = [section.start for section in self.sections]
        self._paths = _paths(self.sections)
        self._length = length
        self._measure = measure or _code_points

    def parts(self) -> list[Part]:
        """What stands before the first heading, then each heading's; together they are the whole text."""
        edges = [0, *self._starts, self._length]
        paths = [(), *self._paths]
        return [
            Part(start, end, path)
            for (start, end), path in zip(pairwise(edges), paths, strict=True)
            if end > start
        ]

    def stretches(self, tiny: int, room: int) -> list[tuple[int, int]]:
        """(start, end) of what may share a chunk; together they are the whole text.

        Args:
            tiny: A stretch shorter than this goes together with the one after it.
            room: The last stretch, where tiny, joins the one before it if both fit in here.
        """
        edges = [0]
        for section in self.sections:
            if section.level <= _DIVIDING_LEVEL and self._measure(edges[-1], section.start) >= tiny:
                edges.append(section.start)
        edges.append(self._length)
        if (
            len(edges) > 2
            and self._measure(*edges[-2:]) < tiny
            and self._measure(edges[-3], edges[-1]) <= room
        ):
            edges.pop(-2)
        return list(pairwise(edges))

    def heading(self, start: int, end: int, tiny: int) -> tuple[str, ...]:
        """The path of headings that everything in [start, end) stands under.

        Less than `tiny` between a heading and its first sub-heading does not count: it would hide the
        sub-heading.
        """
        if not self._starts:
            return ()
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        first, path = self._descend(first, last, start, tiny)
        for index in range(first + 1, last + 1):
            path = common_path(path, self._paths[index])
        return path

    def _descend(self, first: int, last: int, start: int, tiny: int) -> tuple[int, tuple[str, ...]]:
        path = self._path(first)
        while first < last and self._measure(start, self._starts[first + 1]) < tiny:
            below = self._path(first + 1)
            if len(below) <= len(path) or below[: len(path)] != path:
                break
            first, path = first + 1, below
        return first, path

    def _path(self, index: int) -> tuple[str, ...]:
        return self._paths[index] if index >= 0 else ()


def common_path(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """What two paths of headings have in common, from the outermost on."""
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    return one[:shared]


def _code_points(start: int, end: int) -> int:
    return end - start


def _paths(sections: Sequence[Section]) -> list[tuple[str, ...]]:
    open_: list[Section] = []
    paths: list[tuple[str, ...]] = []
    for section in sections:
        while open_ and open_[-1].level >= section.level:
            open_.pop()
        open_.append(section)
        paths.append(tuple(above.title for above in open_))
    return paths
