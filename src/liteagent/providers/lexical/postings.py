"""Postings as Postgres keeps them: for one term in one part of a data source, packed in a byte string.

A part is up to 16,384 chunks of one or more documents. Each posting has 7 bytes: the chunk's place in the
part, how often the term stands there, and the chunk's length, so that a score needs nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from liteagent.contracts.lexical import ChunkTerms

__all__ = ["POSTING", "POSTING_BYTES", "PackedTerms", "from_blocks", "moved"]

POSTING = np.dtype([("place", "<u2"), ("count", "u1"), ("length", "<u4")])
"""A posting, as it is stored."""

POSTING_BYTES = POSTING.itemsize

_Ints = npt.NDArray[np.int64]
_Postings = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True, eq=False)
class PackedTerms:
    """The postings of a part.

    Attributes:
        terms: Numbers of its terms, ascending, each once.
        ends: How many postings there are up to and with each term.
        postings: For one term after the other, ascending by place; a `POSTING` each.
    """

    terms: _Ints
    ends: _Ints
    postings: _Postings = field(repr=False)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Each term with its postings."""
        data, start = self.postings.tobytes(), 0
        for term, end in zip(self.terms.tolist(), (self.ends * POSTING_BYTES).tolist(), strict=True):
            yield term, data[start:end]
            start = end


def from_blocks(blocks: Sequence[ChunkTerms]) -> PackedTerms:
    """The postings of several blocks, whose chunks follow each other."""
    places = np.cumsum([0, *(len(block.lengths) for block in blocks)])[:-1].tolist()
    packed = [_packed(block, place) for block, place in zip(blocks, places, strict=True)]
    terms = [np.repeat(block.terms, block.sizes) for block in blocks]
    return _by_term(np.concatenate(terms), np.concatenate(packed))


def moved(terms: _Ints, postings: _Postings, places: _Ints) -> PackedTerms:
    """Postings of some parts as those of one.

    Args:
        terms: The term of each posting.
        postings: In an order in which the new places of a term ascend.
        places: The new place of each, or -1 where its chunk is gone.
    """
    kept = places >= 0
    postings = postings[kept]
    postings["place"] = places[kept]
    return _by_term(terms[kept], postings)


def _packed(block: ChunkTerms, place: int) -> _Postings:
    packed = np.empty(len(block.chunks), POSTING)
    packed["place"] = block.chunks + np.uint16(place)
    packed["count"] = block.counts
    packed["length"] = block.lengths[block.chunks]
    return packed


def _by_term(terms: _Ints, postings: _Postings) -> PackedTerms:
    order = np.argsort(terms, kind="stable")
    terms = terms[order]
    ends = np.flatnonzero(np.diff(terms, append=terms[-1:] + 1)) + 1
    return PackedTerms(terms[ends - 1], ends, postings[order])
