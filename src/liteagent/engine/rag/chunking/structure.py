"""Cuts by headings, and inside of a section between paragraphs, tables, lists and fenced code."""

from collections.abc import Iterator, Sequence

from liteagent.engine.rag.chunking.blocks import Block, blocks, items
from liteagent.engine.rag.chunking.lines import Line
from liteagent.engine.rag.chunking.recursive import Recursive
from liteagent.engine.rag.chunking.source import Piece, Sizes, Source, shortened
from liteagent.engine.rag.chunking.tables import has_header
from liteagent.engine.rag.outline import Part, common_path

__all__ = ["Structure"]


class Structure:
    """Never crosses a section, and takes apart no table, list or fenced code that fits into a chunk.

    Small neighbouring sections share a chunk where they have a heading in common; a heading without a text
    goes together with its first sub-heading. A long table is cut between rows, and each later piece has the
    header as its `context`; a row that is itself over the size is cut as text. Only a long paragraph repeats
    the overlap.

    Args:
        sizes: The limits of a chunk.
        join_below: A section shorter than this may share a chunk with a neighbour; 0 keeps each apart.
    """

    def __init__(self, sizes: Sizes, join_below: int) -> None:
        self._size = sizes.size
        self._join_below = join_below
        self._long = Recursive(sizes)
        self._exact = Recursive(Sizes(sizes.size, 0, sizes.unit))

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The sections, or what they are made of."""
        headings = frozenset(section.start for section in source.outline.sections)
        for start, end in self._groups(source):
            first, last = source.trimmed(start, end)
            if source.size(first, last) <= self._size:
                yield from source.piece(start, end)
            else:
                yield from self._packed(source, list(blocks(source.text, start, end, headings)))

    def _groups(self, source: Source) -> Iterator[tuple[int, int]]:
        """What may share a chunk: single sections, or small neighbours."""
        group = last = Part(0, 0, ())
        for part in source.outline.parts():
            leads = part.path[: len(last.path)] == last.path and _is_bare(source, last)
            if leads or self._joins(source, group, part):
                group = Part(group.start, part.end, common_path(group.path, part.path))
            else:
                yield group.start, group.end
                group = part
            last = part
        yield group.start, group.end

    def _joins(self, source: Source, one: Part, other: Part) -> bool:
        """Whether two neighbours share a chunk."""
        if not common_path(one.path, other.path):
            return False
        small = min(source.size(one.start, one.end), source.size(other.start, other.end)) < self._join_below
        return small and source.size(*source.trimmed(one.start, other.end)) <= self._size

    def _packed(self, source: Source, all_: Sequence[Block]) -> Iterator[Piece]:
        """As many blocks in a piece as fit."""
        pack: Block | None = None
        start = 0
        for block in all_:
            if pack and source.size(start, block.end) > self._size:
                yield from source.piece(start, pack.end)
                pack = None
            if not pack:
                start = block.start
            if source.size(start, block.end) <= self._size:
                pack = block
            else:
                yield from self._broken(source, block)
        if pack:
            yield from source.piece(start, pack.end)

    def _broken(self, source: Source, block: Block) -> Iterator[Piece]:
        if block.kind == "table":
            yield from self._table(source, block)
        elif block.kind == "list":
            yield from self._parts(source, items(block), "")
        else:
            long = self._long if block.kind == "paragraph" else self._exact
            yield from long.within(source, block.start, block.end)

    def _table(self, source: Source, block: Block) -> Iterator[Piece]:
        headed = has_header(block.lines)
        header = shortened(block.lines[0].text) if headed else ""
        yield from self._parts(source, _rows(block, headed), header)

    def _parts(self, source: Source, parts: Sequence[tuple[int, int]], later: str) -> Iterator[Piece]:
        """As many parts in a piece as fit; every piece but the first has `later` as its context."""
        start, done, context = parts[0][0], parts[0][0], ""
        for first, last in parts:
            if done > start and source.size(start, last) > self._size:
                yield from source.piece(start, done, context)
                start, context = first, later
            if source.size(start, last) > self._size:
                for piece in self._exact.within(source, start, last):
                    yield piece._replace(context=context)
                    context = later
                start = last
            done = last
        if done > start:
            yield from source.piece(start, done, context)


def _rows(block: Block, headed: bool) -> list[tuple[int, int]]:
    """A table's rows, the header with what is above it and the line below it as the first one."""
    own: Sequence[Line] = block.lines[1:] if headed else block.lines
    spans = [(line.start, line.end) for line in own]
    return [(block.start, spans[0][1]), *spans[1:]]


def _is_bare(source: Source, part: Part) -> bool:
    """Whether there is nothing below a heading."""
    lines = source.text[part.start : part.end].strip().splitlines()
    return bool(part.path) and (len(lines) <= 1 or (len(lines) == 2 and not lines[1].strip("=-~^ \t")))
