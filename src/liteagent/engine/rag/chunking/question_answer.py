"""Makes a chunk of each answer, to be found by its question."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from liteagent.engine.rag.chunking.questions import Pair, heading_pairs, marked_pairs, table_pairs
from liteagent.engine.rag.chunking.recursive import Recursive
from liteagent.engine.rag.chunking.source import Piece, Sizes, Source, shortened

__all__ = ["QuestionAnswer"]


class QuestionAnswer:
    """An answer's exact range with its question as `context`; all else is cut as `Recursive` does.

    It knows tables with a column of questions and one of answers, `Q:` and `A:` in many languages, and
    headings that end with a question mark; where these overlap, the one named first counts. A question, its
    mark and the other columns of its row are in the context and in no chunk's text.
    """

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._recursive = Recursive(sizes)

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The answers, and what stands between them."""
        cuts = [start for start, _ in source.outline.stretches(self._sizes.tiny, self._sizes.size)]
        done = 0
        for pair in _pairs(source):
            yield from self._between(source, done, pair.start, cuts)
            yield from self._answer(source, pair)
            done = pair.end
        yield from self._between(source, done, len(source.text), cuts)

    def _answer(self, source: Source, pair: Pair) -> Iterator[Piece]:
        question = shortened(pair.question)
        yield from self._recursive.within(source, *pair.answer, question)

    def _between(self, source: Source, start: int, end: int, cuts: Sequence[int]) -> Iterator[Piece]:
        if start >= end or source.text[start:end].isspace():
            return
        edges = [start, *cuts[bisect_right(cuts, start) : bisect_left(cuts, end)], end]
        for first, last in pairwise(edges):
            yield from self._recursive.within(source, first, last)


def _pairs(source: Source) -> list[Pair]:
    """The pairs in order, none of them overlapping."""
    found: list[Pair] = []
    for some in (table_pairs(source), marked_pairs(source), heading_pairs(source)):
        found = sorted([*found, *_apart(some, found)])
    return found


def _apart(some: Iterable[Pair], taken: Sequence[Pair]) -> Iterator[Pair]:
    starts = [pair.start for pair in taken]
    for pair in some:
        after = bisect_left(starts, pair.end)
        if after == 0 or taken[after - 1].end <= pair.start:
            yield pair
