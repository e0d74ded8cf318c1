"""How good an order is, where each query has one relevant section."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Measured", "Quality", "measured"]

_DEPTH = 10
_SAMPLES = 2_000
_SEED = 7


@dataclass(frozen=True)
class Quality:
    """A mean over queries, and half of the width of its 95 % interval (bootstrap over queries)."""

    mean: float
    margin: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ±{self.margin:.3f}"


@dataclass(frozen=True)
class Measured:
    """One retriever on one set of queries.

    Attributes:
        gains: nDCG@10 of each query.
        found: Whether the section is among the first ten, for each query.
    """

    gains: tuple[float, ...]
    found: tuple[float, ...]

    @property
    def ndcg(self) -> Quality:
        """nDCG@10."""
        return _quality(self.gains)

    @property
    def recall(self) -> Quality:
        """recall@10."""
        return _quality(self.found)

    def over(self, other: "Measured") -> Quality:
        """The difference of nDCG@10, query by query."""
        return _quality([one - two for one, two in zip(self.gains, other.gains, strict=True)])


def measured(orders: Sequence[Sequence[str]], relevant: Sequence[str]) -> Measured:
    """What orders of section ids are worth; a section counts where it first appears."""
    gains = [_gain(order, wanted) for order, wanted in zip(orders, relevant, strict=True)]
    return Measured(tuple(gains), tuple(float(gain > 0) for gain in gains))


def _gain(order: Sequence[str], wanted: str) -> float:
    sections = list(dict.fromkeys(order))[:_DEPTH]
    return 1 / math.log2(sections.index(wanted) + 2) if wanted in sections else 0.0


def _quality(values: Sequence[float]) -> Quality:
    if not values:
        return Quality(0.0, 0.0)
    numbers = np.array(values)
    chance = np.random.default_rng(_SEED)
    means = numbers[chance.integers(0, len(numbers), (_SAMPLES, len(numbers)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Quality(float(numbers.mean()), float(high - low) / 2)
