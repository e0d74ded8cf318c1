"""How documents become parts, and which parts are to become one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from liteagent.contracts.lexical import ChunkTerms, TermsInDocument
from liteagent.providers.lexical.postings import PackedTerms, from_blocks

__all__ = ["PART_CHUNKS", "NewPart", "NewSpan", "StoredPart", "due", "parts_of"]

PART_CHUNKS = 2_048
"""Parts are put together up to so many chunks; a document that has more is in larger ones."""

_Key = tuple[str, str]
"""Workspace and document."""


@dataclass(frozen=True, slots=True)
class NewSpan:
    """Chunks of a document that follow each other in a part.

    Attributes:
        first: Place of the first.
        total: Terms in the chunks, repetitions counted.
    """

    document: _Key
    first: int
    total: int
    chunk_ids: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part that is to be stored."""

    source: _Key
    analyzer: str
    spans: tuple[NewSpan, ...]
    packed: PackedTerms

    @property
    def size(self) -> int:
        """How many chunks it has."""
        return sum(len(span.chunk_ids) for span in self.spans)

    @property
    def total(self) -> int:
        """Terms in its chunks, repetitions counted."""
        return sum(span.total for span in self.spans)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """What is known of a part: its places, and how many of them are still there."""

    id: int
    analyzer: str
    size: int
    chunks: int


@dataclass(frozen=True, slots=True)
class _Piece:
    document: _Key
    chunk_ids: tuple[str, ...]
    block: ChunkTerms


def parts_of(documents: Iterable[TermsInDocument]) -> list[NewPart]:
    """The parts of documents, several in one where they are of one data source and analyser."""
    groups: dict[tuple[_Key, str], list[_Piece]] = {}
    for document in documents:
        source = (document.workspace_id, document.datasource_id)
        groups.setdefault((source, document.terms.analyzer), []).extend(_pieces(document))
    return [
        _part(source, analyzer, some)
        for (source, analyzer), pieces in groups.items()
        for some in _filled(pieces)
    ]


def due(parts: Iterable[StoredPart]) -> list[StoredPart] | None:
    """Parts that are to be made one; None where nothing is worth it.

    From the smallest up, one that is at most twice as large as those before it joins them, so that a chunk is
    moved a few times only, however many come one by one. One that is mostly gone is moved alone.
    """
    by_analyzer: dict[str, list[StoredPart]] = {}
    for part in parts:
        by_analyzer.setdefault(part.analyzer, []).append(part)
    for some in by_analyzer.values():
        for group in _tiers(some):
            if len(group) > 1 or group[0].chunks * 2 < group[0].size:
                return sorted(group, key=lambda part: part.id)
    return None


def _tiers(parts: Sequence[StoredPart]) -> Iterable[list[StoredPart]]:
    left = sorted(parts, key=lambda part: part.chunks, reverse=True)
    while left:
        group = [left.pop()]
        size = group[0].chunks
        while left and left[-1].chunks <= min(2 * size, PART_CHUNKS - size):
            size += left[-1].chunks
            group.append(left.pop())
        yield group


def _pieces(document: TermsInDocument) -> Iterable[_Piece]:
    key, at = (document.workspace_id, document.document_id), 0
    for block in document.terms.blocks:
        chunks = len(block.lengths)
        if chunks:
            yield _Piece(key, document.chunk_ids[at : at + chunks], block)
        at += chunks


def _filled(pieces: Sequence[_Piece]) -> Iterable[list[_Piece]]:
    group: list[_Piece] = []
    size = 0
    for piece in pieces:
        if group and size + len(piece.chunk_ids) > PART_CHUNKS:
            yield group
            group, size = [], 0
        group.append(piece)
        size += len(piece.chunk_ids)
    if group:
        yield group


def _part(source: _Key, analyzer: str, pieces: Sequence[_Piece]) -> NewPart:
    sizes = [len(piece.chunk_ids) for piece in pieces]
    firsts = accumulate(sizes, initial=0)
    spans = tuple(
        NewSpan(piece.document, first, int(piece.block.lengths.sum(dtype=np.int64)), piece.chunk_ids)
        for piece, first in zip(pieces, firsts, strict=False)
    )
    return NewPart(source, analyzer, spans, from_blocks([piece.block for piece in pieces]))
