"""Cuts programs between their definitions."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from liteagent.engine.rag.chunking.languages import Language, language_named, language_of
from liteagent.engine.rag.chunking.lines import lines
from liteagent.engine.rag.chunking.recursive import Recursive
from liteagent.engine.rag.chunking.source import Piece, Sizes, Source, shortened
from liteagent.engine.rag.chunking.statements import Statement, statements
from liteagent.engine.rag.chunking.structure import Structure

__all__ = ["Code"]

_PROSE = frozenset(
    {"text/markdown", "text/html", "text/x-rst", "text/csv", "text/tab-separated-values", "application/pdf"}
)
_DEEPEST = 12

_Head: TypeAlias = tuple[int, str]
"""Where a definition's first line begins, and the line."""


class Code:
    """Cuts at outermost definitions, then at nested ones, then at blank lines, then at any statement.

    As many neighbours share a chunk as fit, and a definition has its comments and decorators with it. The
    later pieces of a definition have its first line, and those of what encloses it, as their `context`.
    Nothing is repeated. What is no program (it has headings, or its media type says so) is cut by structure.

    Args:
        sizes: The limits of a chunk; `overlap` is used for what is no program only.
        language: A language's name or suffix; what the media type or the text tells where omitted.

    Raises:
        InvalidInputError: There is no such language.
    """

    def __init__(self, sizes: Sizes, language: str | None = None) -> None:
        self._size = sizes.size
        self._language: Language | None = language_named(language) if language else None
        self._prose = Structure(sizes, sizes.tiny)
        self._exact = Recursive(Sizes(sizes.size, 0, sizes.unit))

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The definitions, or what they are made of."""
        if source.outline.sections or source.media_type in _PROSE:
            return self._prose.pieces(source)
        language = self._language or language_of(source.text, source.media_type)
        program = _Program(source, statements(source.text, language))
        return self._split(program, 0, len(source.text), (), 0)

    def _split(
        self, program: "_Program", start: int, end: int, above: tuple[_Head, ...], depth: int
    ) -> Iterator[Piece]:
        """The pieces of [start, end), as many neighbours in each as fit."""
        source = program.source
        above = (*above, *program.head_at(start))
        edges = () if self._fits(source, start, end) or depth == _DEEPEST else program.edges(start, end)
        if not edges:
            yield from self._as_text(source, start, end, above)
            return
        first = done = start
        for one, other in pairwise([start, *edges, end]):
            if done > first and not self._fits(source, first, other):
                yield from source.piece(first, done, _context(above, first))
                first = one
            if not self._fits(source, first, other):
                yield from self._split(program, one, other, above, depth + 1)
                first = other
            done = other
        yield from source.piece(first, done, _context(above, first))

    def _fits(self, source: Source, start: int, end: int) -> bool:
        if source.size(start, end) <= self._size:
            return True
        return source.size(*source.trimmed(start, end)) <= self._size

    def _as_text(self, source: Source, start: int, end: int, above: tuple[_Head, ...]) -> Iterator[Piece]:
        for piece in self._exact.within(source, start, end):
            yield piece._replace(context=_context(above, piece.start))


class _Program:
    """A text and its statements."""

    def __init__(self, source: Source, found: Sequence[Statement]) -> None:
        self.source = source
        self._found = found
        self._starts = [statement.start for statement in found]

    def edges(self, start: int, end: int) -> Sequence[int]:
        """The best places inside of [start, end) to cut at."""
        inside = self._found[bisect_right(self._starts, start) : bisect_left(self._starts, end)]
        defined = [statement for statement in inside if statement.defines]
        if defined:
            return _around(inside, min(statement.level for statement in defined))
        spaced = [statement for statement in inside if statement.spaced]
        some = spaced or inside
        level = min((statement.level for statement in some), default=0)
        return [statement.start for statement in some if statement.level == level]

    def head_at(self, start: int) -> Iterator[_Head]:
        """The first line of the definition that begins at `start`, where one does."""
        index = bisect_left(self._starts, start)
        if index < len(self._found) and self._found[index].start == start and self._found[index].defines:
            head = self._found[index].head
            yield head, next(lines(self.source.text, head, len(self.source.text))).text.strip()


def _around(statements_: Sequence[Statement], level: int) -> list[int]:
    """Where definitions of a level begin, and where what follows one does."""
    edges: list[int] = []
    after = False
    for statement in statements_:
        if statement.level <= level:
            defines = statement.defines and statement.level == level
            if defines or after:
                edges.append(statement.start)
            after = defines
    return edges


def _context(above: Sequence[_Head], start: int) -> str:
    """The first lines of the definitions around a piece, but for those that it holds itself."""
    return shortened("\n".join(line for place, line in above if place < start))
