"""Makes one order of several: by ranks, or by scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from liteagent.contracts.retrieval import Hit

__all__ = ["Fused", "Part", "RankedHits", "alone", "convex", "reciprocal_rank"]


@dataclass(frozen=True, slots=True)
class RankedHits:
    """What one part found, best first.

    Attributes:
        part: What explanations call it: `bm25`, `vector`.
        weight: How much it counts beside the others.
    """

    part: str
    weight: float
    hits: Sequence[Hit]


class Part:
    """What one part found, with the value of each hit for the fused score.

    Args:
        found: Its hits.
        weight: Its share of all weights.
        values: What each hit is worth, before the weight.
    """

    def __init__(self, found: RankedHits, weight: float, values: Sequence[float]) -> None:
        self.name = found.part
        self.hits = found.hits
        self.shares = [weight * value for value in values]

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each chunk stands, from 0."""
        return {hit.chunk_id: place for place, hit in enumerate(self.hits)}


class Fused(NamedTuple):
    """A chunk with its fused score, and the parts that it came from."""

    chunk_id: str
    score: float
    parts: Sequence[Part]

    @property
    def explanation(self) -> dict[str, float]:
        """For each part its raw score, rank (from 1) and share of the fused score; the shares add up to it.

        Where a part found it by several wordings of the question, the best rank and its score are given.
        """
        told: dict[str, float] = {}
        for part in self.parts:
            place = part.places.get(self.chunk_id)
            if place is None:
                continue
            if place + 1 < told.get(f"{part.name}_rank", float("inf")):
                told |= {part.name: part.hits[place].score, f"{part.name}_rank": place + 1}
            told[f"{part.name}_share"] = told.get(f"{part.name}_share", 0.0) + part.shares[place]
        return told


def alone(found: RankedHits) -> list[Fused]:
    """What only one part was asked for: its own scores count."""
    part = Part(found, 1.0, [hit.score for hit in found.hits])
    return [Fused(hit.chunk_id, hit.score, (part,)) for hit in found.hits]


def reciprocal_rank(parts: Sequence[RankedHits], k: int = 60) -> list[Fused]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009), best first; equals by chunk id.

    A score is the sum of weight · (k + 1) / (k + rank), divided by the sum of the weights: 1 for what is
    first everywhere.
    """
    return _fused(parts, lambda hits: [(k + 1) / (k + rank) for rank in range(1, len(hits) + 1)])


def convex(parts: Sequence[RankedHits]) -> list[Fused]:
    """The weighted mean of scores, each scaled to 0 to 1 by the least and the greatest of its part.

    Best first; equals by chunk id. What a part did not find counts as 0 there.
    """
    return _fused(parts, _scaled)


def _scaled(hits: Sequence[Hit]) -> list[float]:
    if not hits:
        return []
    most = max(hit.score for hit in hits)
    least = min(hit.score for hit in hits)
    if most <= least:
        return [1.0] * len(hits)
    return [(hit.score - least) / (most - least) for hit in hits]


def _fused(found: Sequence[RankedHits], scale: Callable[[Sequence[Hit]], Sequence[float]]) -> list[Fused]:
    total = sum(each.weight for each in found) or 1.0
    parts = [Part(each, each.weight / total, scale(each.hits)) for each in found]
    scores: dict[str, float] = {}
    for part in parts:
        for hit, share in zip(part.hits, part.shares, strict=True):
            chunk_id = hit.chunk_id
            scores[chunk_id] = scores.get(chunk_id, 0.0) + share
    order = sorted((-score, chunk_id) for chunk_id, score in scores.items())
    return [Fused(chunk_id, -score, parts) for score, chunk_id in order]
