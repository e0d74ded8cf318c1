"""A piece of an inverted index that never changes: changing it means making another one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import numpy.typing as npt

from liteagent.engine.rag.terms import TermBlock

__all__ = ["Segment"]

_Bools = npt.NDArray[np.bool_]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Up to `BLOCK_CHUNKS` chunks of one or more documents, with their postings sorted by term.

    Attributes:
        chunk_ids: By place in the segment.
        documents: First and last-plus-one place of each document that is still there.
        live: Which places are still there; the postings of the others are skipped.
        total: Terms in the live chunks, repetitions counted.
        starts: Where each term's postings begin, and where the last one's end.
    """

    chunk_ids: tuple[str, ...]
    documents: Mapping[str, tuple[int, int]]
    live: _Bools
    live_count: int
    total: int
    lengths: npt.NDArray[np.uint32]
    terms: _Ints
    starts: _Ints
    chunks: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, document_id: str, chunk_ids: Sequence[str], block: TermBlock) -> "Segment":
        """The segment of one document."""
        return cls(
            chunk_ids=tuple(chunk_ids),
            documents={document_id: (0, len(chunk_ids))},
            live=np.ones(len(chunk_ids), dtype=np.bool_),
            live_count=len(chunk_ids),
            total=int(block.lengths.sum(dtype=np.int64)),
            lengths=block.lengths,
            terms=block.terms,
            starts=_starts(block.sizes),
            chunks=block.chunks,
            counts=block.counts,
        )

    def without(self, document_id: str) -> "Segment":
        """The same with the chunks of a document marked as gone."""
        first, last = self.documents[document_id]
        live = self.live.copy()
        live[first:last] = False
        return replace(
            self,
            documents={name: span for name, span in self.documents.items() if name != document_id},
            live=live,
            live_count=self.live_count - (last - first),
            total=self.total - int(self.lengths[first:last].sum(dtype=np.int64)),
        )

    def places_of(self, documents: Collection[str]) -> _Bools | None:
        """Which places are of one of `documents`; None where none is."""
        few, many = sorted((documents, self.documents), key=len)
        spans = [self.documents[name] for name in few if name in many]
        if not spans:
            return None
        places = np.zeros(len(self.chunk_ids), dtype=np.bool_)
        for first, last in spans:
            places[first:last] = True
        return places

    @classmethod
    def merged(cls, segments: Sequence["Segment"]) -> "Segment":
        """One segment with the live chunks of several, in their order."""
        compact = [segment.compacted() for segment in segments]
        places = np.cumsum([0, *(len(segment.chunk_ids) for segment in compact)])
        terms, starts, order = _merge_postings(compact)
        shifted = [
            segment.chunks + np.uint16(place) for segment, place in zip(compact, places[:-1], strict=True)
        ]
        return cls(
            chunk_ids=tuple(chunk for segment in compact for chunk in segment.chunk_ids),
            documents=_shifted_documents(compact, places),
            live=np.ones(int(places[-1]), dtype=np.bool_),
            live_count=int(places[-1]),
            total=sum(segment.total for segment in compact),
            lengths=np.concatenate([segment.lengths for segment in compact]),
            terms=terms,
            starts=starts,
            chunks=np.concatenate(shifted)[order],
            counts=np.concatenate([segment.counts for segment in compact])[order],
        )

    def compacted(self) -> "Segment":
        """The same without the places that are gone."""
        if self.live_count == len(self.chunk_ids):
            return self
        kept = self.live[self.chunks]
        places = np.cumsum(self.live) - 1
        sizes = np.diff(np.concatenate(([0], np.cumsum(kept)))[self.starts])
        some = sizes > 0
        return replace(
            self,
            chunk_ids=tuple(compress(self.chunk_ids, self.live.tolist())),
            documents={
                name: (int(places[first]), int(places[first]) + last - first)
                for name, (first, last) in self.documents.items()
            },
            live=np.ones(self.live_count, dtype=np.bool_),
            lengths=self.lengths[self.live],
            terms=self.terms[some],
            starts=_starts(sizes[some]),
            chunks=places[self.chunks[kept]].astype(np.uint16),
            counts=self.counts[kept],
        )


def _starts(sizes: npt.NDArray[np.integer]) -> _Ints:
    starts = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=starts[1:])
    return starts


def _merge_postings(segments: Sequence[Segment]) -> tuple[_Ints, _Ints, _Ints]:
    """Terms and starts of the merged segment, and the order to take the concatenated postings in.

    What is sorted are runs (all postings of a term in a segment), not postings: there are far fewer of them.
    """
    terms = np.concatenate([segment.terms for segment in segments])
    by_term = np.argsort(terms, kind="stable")
    terms = terms[by_term]
    sizes = np.concatenate([np.diff(segment.starts) for segment in segments])
    sources = (np.cumsum(sizes) - sizes)[by_term]
    sizes = sizes[by_term]
    targets = np.cumsum(sizes) - sizes
    order = np.repeat(sources - targets, sizes) + np.arange(int(sizes.sum()))
    first = np.flatnonzero(np.concatenate(([True], terms[1:] != terms[:-1]))) if len(terms) else by_term
    starts = np.concatenate((targets[first], [len(order)]))
    return terms[first], starts, order


def _shifted_documents(segments: Sequence[Segment], places: _Ints) -> dict[str, tuple[int, int]]:
    return {
        name: (first + int(place), last + int(place))
        for segment, place in zip(segments, places[:-1], strict=True)
        for name, (first, last) in segment.documents.items()
    }
