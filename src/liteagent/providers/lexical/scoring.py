"""BM25 over postings that were fetched: the numbers are those of the index in memory, to the last bit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from liteagent.contracts.lexical import TermsQuery

__all__ = ["MOST_TERMS", "Corpus", "FoundTerm", "Place", "best_places", "weights"]

MOST_TERMS = 64
"""So many terms of a query count, the heaviest."""

_Bools = npt.NDArray[np.bool_]
_Ints = npt.NDArray[np.int64]
_Postings = npt.NDArray[np.void]

Place = tuple[int, int]
"""A part's id, and a chunk's place in it."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundTerm:
    """The postings of a term in all parts.

    Attributes:
        parts: The ids of the parts that it stands in.
        sizes: How many of `postings` are in each.
        postings: Of one part after the other; see `postings.POSTING`.
    """

    term: int
    parts: _Ints
    sizes: _Ints
    postings: _Postings = field(repr=False)


@dataclass(frozen=True, eq=False)
class Corpus:
    """The parts of the data sources that are searched, ascending by id.

    Attributes:
        sizes: Places in each part, those that are gone included.
        chunks: How many chunks are there.
        total: Terms in them, repetitions counted.
        gone: Part, first and last-plus-one place of what is not there any more, a row each.
    """

    parts: _Ints
    sizes: _Ints
    chunks: int
    total: int
    gone: _Ints

    @cached_property
    def starts(self) -> _Ints:
        """Where each part begins in the row of all places."""
        return np.cumsum(self.sizes) - self.sizes

    @cached_property
    def live(self) -> _Bools | None:
        """Which of all places are there; None where all are."""
        return ~self.among(self.gone) if len(self.gone) else None

    def among(self, ranges: _Ints) -> _Bools:
        """Which of all places lie in ranges that do not overlap: part, first, last-plus-one, a row each."""
        starts = self.starts[np.searchsorted(self.parts, ranges[:, 0])]
        steps = np.zeros(int(self.sizes.sum()) + 1, np.int64)
        np.add.at(steps, starts + ranges[:, 1], 1)
        np.add.at(steps, starts + ranges[:, 2], -1)
        return np.cumsum(steps[:-1]) > 0

    def places(self, found: FoundTerm) -> _Ints:
        """The place of each posting in the row of all places."""
        starts = self.starts[np.searchsorted(self.parts, found.parts)]
        return np.repeat(starts, found.sizes) + found.postings["place"]

    def part_of(self, places: _Ints) -> list[Place]:
        """The parts of places in the row of all, and the places in those."""
        which = np.searchsorted(self.starts, places, side="right") - 1
        inside = places - self.starts[which]
        return list(zip(self.parts[which].tolist(), inside.tolist(), strict=True))


def weights(counts: Mapping[int, int], frequencies: Mapping[int, int], chunks: int) -> dict[int, float]:
    """The weights of the terms that count, the heaviest first."""
    known = sorted(term for term in counts if frequencies.get(term))
    found = np.array([frequencies[term] for term in known], np.int64)
    times = np.array([counts[term] for term in known])
    weighed = np.log1p((chunks - found + 0.5) / (found + 0.5)) * times
    heaviest = np.argsort(-weighed, kind="stable")[:MOST_TERMS].tolist()
    return {known[place]: float(weighed[place]) for place in heaviest}


def best_places(
    query: TermsQuery, corpus: Corpus, found: Sequence[FoundTerm], wanted: _Ints | None
) -> list[tuple[Place, float]]:
    """The places with the best scores, in no order, and all that score like the last of them.

    Args:
        query: What is asked.
        corpus: Where.
        found: The terms of the query that are there.
        wanted: The ranges that may be found, as `Corpus.among` takes them; None where all may.
    """
    terms = {each.term: _live(corpus, each) for each in found}
    frequencies = {term: len(places) for term, (places, _) in terms.items()}
    heavy = weights(query.counts, frequencies, corpus.chunks)
    if not heavy:
        return []
    shares = [_shares(query, corpus, terms[term][1], weight) for term, weight in heavy.items()]
    places = np.concatenate([terms[term][0] for term in heavy])
    summed = np.bincount(places, np.concatenate(shares), int(corpus.sizes.sum()))
    scores = summed.astype(np.float64, copy=False)
    if wanted is not None:
        scores[~corpus.among(wanted)] = 0
    return _best(corpus, scores, query.top_k)


def _live(corpus: Corpus, found: FoundTerm) -> tuple[_Ints, _Postings]:
    places = corpus.places(found)
    if corpus.live is None:
        return places, found.postings
    kept = corpus.live[places]
    return places[kept], found.postings[kept]


def _shares(query: TermsQuery, corpus: Corpus, postings: _Postings, weight: float) -> npt.NDArray[np.float32]:
    mean = max(1.0, corpus.total / corpus.chunks)
    k1, b = query.k1, query.b
    held_back = (k1 * (1 - b) + (k1 * b / mean) * postings["length"]).astype(np.float32)
    shares = postings["count"].astype(np.float32)
    shares /= shares + held_back
    return shares * np.float32(weight)


def _best(corpus: Corpus, scores: npt.NDArray[np.float64], top_k: int) -> list[tuple[Place, float]]:
    places = np.flatnonzero(scores)
    found = scores[places]
    if len(found) > top_k:
        kept = found >= np.partition(found, len(found) - top_k)[len(found) - top_k]
        places, found = places[kept], found[kept]
    return list(zip(corpus.part_of(places), found.tolist(), strict=True))
