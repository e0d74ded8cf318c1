"""Which of several models is asked first, and which next: a pure choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from liteagent.engine.resilience.retry import Random

__all__ = ["Choice", "Strategy", "order"]

Strategy: TypeAlias = Literal["priority", "round_robin", "weight"]
"""`priority`: always the best first; `round_robin`: each in turn; `weight`: by chance, by weight."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a strategy looks at.

    Attributes:
        priority: The lowest number comes first; equal ones in the order given.
        weight: How often it comes first beside the others; 0 only where all others fail.
    """

    priority: int = 0
    weight: float = 1.0


def order(choices: Sequence[Choice], strategy: Strategy, turn: int, random: Random) -> tuple[int, ...]:
    """The places of `choices` in the order in which to try them.

    Args:
        choices: What there is.
        strategy: How to choose.
        turn: How many callers have chosen before; only `round_robin` looks at it.
        random: Only `weight` asks it.
    """
    match strategy:
        case "priority":
            return _by_priority(choices)
        case "round_robin":
            ranked, start = _by_priority(choices), turn % max(1, len(choices))
            return ranked[start:] + ranked[:start]
        case "weight":
            return _by_chance(choices, random)


def _by_priority(choices: Sequence[Choice]) -> tuple[int, ...]:
    return tuple(sorted(range(len(choices)), key=lambda place: choices[place].priority))


def _by_chance(choices: Sequence[Choice], random: Random) -> tuple[int, ...]:
    left = [place for place in _by_priority(choices) if choices[place].weight > 0]
    weightless = [place for place in _by_priority(choices) if choices[place].weight <= 0]
    drawn: list[int] = []
    while left:
        drawn.append(left.pop(_drawn([choices[place].weight for place in left], random())))
    return (*drawn, *weightless)


def _drawn(weights: Sequence[float], chance: float) -> int:
    rest = chance * sum(weights)
    for place, weight in enumerate(weights):
        rest -= weight
        if rest < 0:
            return place
    return len(weights) - 1
