"""Scores segments with BM25 (Robertson and Zaragoza, 2009), with the idf that Lucene uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from liteagent.contracts.retrieval import Hit
from liteagent.engine.rag.segment import Segment

__all__ = ["Bm25Parameters", "Ranking", "rank"]

_MOST_TERMS = 64

_Floats = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.int64]


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


def rank(
    segments: Sequence[Segment], counts: Mapping[int, int], top_k: int, parameters: Bm25Parameters
) -> Ranking:
    """The `top_k` chunks that score best for the terms in `counts` (number to times in the query).

    score = sum of idf(t) · times(t) · tf / (tf + k1 · (1 - b + b · length / mean length)) over the query's
    terms, idf(t) = ln(1 + (N - n + 0.5) / (n + 0.5)), N chunks of which n hold t. At most the 64 heaviest
    terms count.
    """
    chunks = sum(segment.live_count for segment in segments)
    if not chunks or not counts:
        return Ranking((), 0)
    terms = _weighed(segments, counts, chunks)
    mean = max(1.0, sum(segment.total for segment in segments) / chunks)
    best: list[Hit] = []
    matched = 0
    for place, segment in enumerate(segments):
        scores = _scores(segment, [(term.weight, term.spans[place]) for term in terms], mean, parameters)
        matched += int(np.count_nonzero(scores))
        best.extend(_best(segment, scores, top_k))
    best.sort(key=lambda hit: (-hit.score, hit.chunk_id))
    return Ranking(tuple(best[:top_k]), matched)


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
    segment: Segment,
    terms: Sequence[tuple[float, tuple[int, int]]],
    mean: float,
    parameters: Bm25Parameters,
) -> _Floats:
    k1, b = parameters.k1, parameters.b
    held_back = (k1 * (1 - b) + (k1 * b / mean) * segment.lengths).astype(np.float32)
    scores = np.zeros(len(segment.lengths), dtype=np.float32)
    for weight, (start, end) in terms:
        if start < end:
            places = segment.chunks[start:end].astype(np.intp)
            counts = segment.counts[start:end].astype(np.float32)
            scores[places] += np.float32(weight) * counts / (counts + held_back[places])
    if segment.live_count < len(segment.chunk_ids):
        scores[~segment.live] = 0
    return scores


def _best(segment: Segment, scores: _Floats, top_k: int) -> list[Hit]:
    """The best hits of a segment, with all that tie with the last of them."""
    limit = np.float32(0)
    if len(scores) > top_k:
        limit = np.partition(scores, len(scores) - top_k)[len(scores) - top_k]
    places = np.flatnonzero((scores >= limit) & (scores > 0))
    return [Hit(segment.chunk_ids[place], float(scores[place])) for place in places.tolist()]
