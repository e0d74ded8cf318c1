"""Bounds on figures, and whether they are kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.comparing.results import Results

__all__ = ["Goal", "Verdict", "judged"]

_OURS = "liteagent"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure of ours, or on how many times better it is than a peer's.

    Attributes:
        peer: Whose figure ours is divided into; None bounds ours alone.
        is_rate: Whether more is better.
        ours: Which line is ours.
    """

    case: str
    figure: str
    bound: float
    peer: str | None = None
    is_rate: bool = False
    unit: str = ""
    ours: str = _OURS

    def __str__(self) -> str:
        """In words."""
        case = self.case if self.ours == _OURS else f"{self.case}, {self.ours.rpartition(', ')[2]}"
        if self.peer is not None:
            return f"{case}: {self.bound:g} x better than {self.peer} ({self.figure})"
        sign = ">=" if self.is_rate else "<="
        bound = f"{self.bound:,.0f}" if self.bound >= 10 else f"{self.bound:g}"
        return f"{case}: {self.figure} {sign} {bound} {self.unit}".rstrip()

    def reached(self, results: Results) -> float | None:
        """The figure that is bounded; None where it could not be measured."""
        ours = results.median(self.case, self.ours, self.figure)
        if self.peer is None or ours is None:
            return ours
        theirs = results.median(self.case, self.peer, self.figure)
        if theirs is None:
            return None
        return ours / theirs if self.is_rate else theirs / ours

    def is_met(self, reached: float) -> bool:
        """Whether that is good enough."""
        return reached >= self.bound if self.is_rate or self.peer is not None else reached <= self.bound


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal and what came of it; `reached` is None where it could not be measured."""

    goal: Goal
    reached: float | None

    @property
    def word(self) -> str:
        """PASS, FAIL, or a dash."""
        if self.reached is None:
            return "-"
        return "PASS" if self.goal.is_met(self.reached) else "FAIL"


def judged(goals: Iterable[Goal], results: Results) -> Iterator[Verdict]:
    """Each goal whose case was measured."""
    for goal in goals:
        if goal.case in results.rounds:
            yield Verdict(goal, goal.reached(results))
