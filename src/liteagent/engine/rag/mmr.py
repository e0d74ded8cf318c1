"""Maximal marginal relevance: passages that answer, and do not all say the same."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.retrieval import Scope

__all__ = ["ChunkVectors", "diversified", "text_likeness", "vector_likeness"]

ChunkVectors: TypeAlias = Callable[[Sequence[str], Scope], Awaitable[Mapping[str, Vectors]]]
"""Gives the vectors of chunks by id, as `VectorStore.vectors` does for one space."""

_Floats = npt.NDArray[np.float64]
_WORD = re.compile(r"\w+")


def diversified(scores: Sequence[float], likeness: _Floats, weight: float, top_k: int) -> list[int]:
    """Places of up to `top_k` passages, in the order in which they are chosen (Carbonell, Goldstein, 1998).

    Each step takes the passage with the most weight · score - (1 - weight) · greatest likeness to one that
    was taken. Scores are divided by the greatest first, or scaled to 0 to 1 where one is below 0. Equals go
    by place.

    Args:
        scores: How relevant each passage is.
        likeness: Shape (passages, passages), from 0 to 1.
        weight: 1 looks at relevance only, 0 at variety only.
        top_k: Most passages.
    """
    relevance = _scaled(np.array(scores, dtype=np.float64))
    nearest = np.zeros(len(relevance))
    chosen: list[int] = []
    while len(chosen) < min(top_k, len(relevance)):
        gain = weight * relevance - (1 - weight) * nearest
        gain[chosen] = -np.inf
        best = int(np.argmax(gain))
        chosen.append(best)
        nearest = np.maximum(nearest, likeness[best])
    return chosen


def vector_likeness(vectors: Vectors) -> _Floats:
    """Cosines of unit vectors, what is below 0 as 0."""
    return np.maximum(vectors @ vectors.T, 0).astype(np.float64)


def text_likeness(texts: Sequence[str]) -> _Floats:
    """The share of words that two texts have in common, of all that are in either (Jaccard)."""
    words = [frozenset(_WORD.findall(text.casefold())) for text in texts]
    likeness = np.eye(len(words))
    for one, mine in enumerate(words):
        for other in range(one):
            common = len(mine & words[other])
            likeness[one, other] = likeness[other, one] = common / max(1, len(mine | words[other]))
    return likeness


def _scaled(scores: _Floats) -> _Floats:
    least = min(0.0, float(scores.min(initial=0.0)))
    most = float(scores.max(initial=least))
    return (scores - least) / (most - least) if most > least else np.ones(len(scores))
