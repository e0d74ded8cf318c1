"""Scores segments with BM25 (Robertson and Zaragoza, 2009), with the idf that Lucene uses."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from liteagent.contracts.retrieval import Hit
from liteagent.engine.rag.segment import Segment

__all__ = ["Bm25Parameters", "Ranking", "rank"]

_MOST_TERMS = 64

_Floats = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.int64]
_Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bm25Parameters:
    """How BM25 weighs.

    Attributes:
        k1: How soon more of the same word stops to count; 0 means at once.
        b: How much long chunks are held back, from 0 (not at all) to 1.
    """

    k1: float = 1.2
    b: float = 0.75


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best hits, and how many chunks had a score above zero."""

    hits: tuple[Hit, ...]
    matched: int


@dataclass(frozen=True, slots=True)
class _Term:
    """A term of the query: its weight, and where its postings are in each segment (empty: start == end)."""

    weight: float
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """The places of a segment that may be among the best, and their scores."""

    segment: Segment
    places: _Ints
    scores: _Scores

    def best(self, limit: float) -> Iterator[tuple[float, str]]:
        """Scores, below zero so that the best comes first in order, with chunk ids."""
        kept = self.scores >= limit
        ids = self.segment.chunk_ids
        places: list[int] = self.places[kept].tolist()
        scores: list[float] = (-self.scores[kept]).tolist()
        return zip(scores, map(ids.__getitem__, places), strict=True)


def rank(
    segments: Sequence[Segment],
    counts: Mapping[int, int],
    top_k: int,
    parameters: Bm25Parameters,
    documents: Collection[str] | None = None,
) -> Ranking:
    """The `top_k` chunks that score best for the terms in `counts` (number to times in the query).

    score = sum of idf(t) · times(t) · tf / (tf + k1 · (1 - b + b · length / mean length)) over the query's
    terms, idf(t) = ln(1 + (N - n + 0.5) / (n + 0.5)), N chunks of which n hold t. At most the 64 heaviest
    terms count. Where `documents` are named, only their chunks are looked at; N, n and the mean stay those
    of all, so a filter does not change a chunk's score.
    """
    chunks = sum(segment.live_count for segment in segments)
    if not chunks or not counts:
        return Ranking((), 0)
    terms = _weighed(segments, counts, chunks)
    mean = max(1.0, sum(segment.total for segment in segments) / chunks)
    found: list[_Found] = []
    matched = 0
    limit = 0.0
    for place, segment in enumerate(segments):
        spans = [(term.weight, *term.spans[place]) for term in terms]
        scores = _scores(segment, spans, mean, parameters)
        if scores is None or not _keep_only(scores, segment, documents):
            continue
        matched += int(np.count_nonzero(scores))
        some, limit = _best(segment, scores, top_k, limit)
        found.append(some)
    hits = sorted(hit for some in found for hit in some.best(limit))
    return Ranking(tuple(Hit(chunk_id, -score) for score, chunk_id in hits[:top_k]), matched)


def _weighed(segments: Sequence[Segment], counts: Mapping[int, int], chunks: int) -> list[_Term]:
    wanted = np.array(sorted(counts), dtype=np.int64)
    spans = [_spans(segment, wanted) for segment in segments]
    frequencies = np.sum(
        [_frequencies(segment, span) for segment, span in zip(segments, spans, strict=True)], axis=0
    )
    times = np.array([counts[term] for term in wanted.tolist()])
    weights = np.log1p((chunks - frequencies + 0.5) / (frequencies + 0.5)) * times
    heaviest = np.argsort(-np.where(frequencies > 0, weights, 0.0), kind="stable")[:_MOST_TERMS]
    return [
        _Term(float(weights[i]), tuple((int(first[i]), int(last[i])) for first, last in spans))
        for i in heaviest.tolist()
        if frequencies[i]
    ]


def _spans(segment: Segment, wanted: _Ints) -> tuple[_Ints, _Ints]:
    """First and last-plus-one posting of each wanted term."""
    if not len(segment.terms):
        nothing = np.zeros(len(wanted), dtype=np.int64)
        return nothing, nothing
    places = np.minimum(np.searchsorted(segment.terms, wanted), len(segment.terms) - 1)
    there = segment.terms[places] == wanted
    first = segment.starts[places]
    return first, np.where(there, segment.starts[places + 1], first)


def _frequencies(segment: Segment, spans: tuple[_Ints, _Ints]) -> _Ints:
    """In how many live chunks each wanted term stands."""
    first, last = spans
    if segment.live_count == len(segment.chunk_ids):
        return last - first
    return np.array(
        [
            int(np.count_nonzero(segment.live[segment.chunks[start:end]]))
            for start, end in zip(first.tolist(), last.tolist(), strict=True)
        ]
    )


def _scores(
    segment: Segment, terms: Sequence[tuple[float, int, int]], mean: float, parameters: Bm25Parameters
) -> _Scores | None:
    """By place in the segment; None where no term stands in it."""
    spans = [span for span in terms if span[1] < span[2]]
    if not spans:
        return None
    places = np.concatenate([segment.chunks[start:end] for _, start, end in spans])
    shares = np.concatenate([segment.counts[start:end] for _, start, end in spans]).astype(np.float32)
    k1, b = parameters.k1, parameters.b
    held_back = (k1 * (1 - b) + (k1 * b / mean) * segment.lengths).astype(np.float32)
    shares /= shares + held_back[places]
    begin = 0
    for weight, start, end in spans:
        shares[begin : begin + end - start] *= np.float32(weight)
        begin += end - start
    return np.bincount(places, shares, len(segment.lengths)).astype(np.float64, copy=False)


def _keep_only(scores: _Scores, segment: Segment, documents: Collection[str] | None) -> bool:
    """Set what is gone, and what is not asked for, to zero; whether anything may be left."""
    if segment.live_count < len(segment.chunk_ids):
        scores[~segment.live] = 0
    if documents is None:
        return True
    kept = segment.places_of(documents)
    if kept is None:
        return False
    scores[~kept] = 0
    return True


def _best(segment: Segment, scores: _Scores, top_k: int, limit: float) -> tuple[_Found, float]:
    """The best places of a segment, ties with the last included, and the least score that can still count."""
    places = np.flatnonzero(scores >= limit if limit else scores)
    found = scores[places]
    if len(found) > top_k:
        limit = float(np.partition(found, len(found) - top_k)[len(found) - top_k])
        kept = found >= limit
        places, found = places[kept], found[kept]
    return _Found(segment, places, found), limit
