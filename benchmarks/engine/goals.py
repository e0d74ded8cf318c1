"""What we hold ourselves to, and whether it is so."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.engine.measuring import Results

__all__ = ["GOALS", "Goal", "Verdict", "verdicts"]

_OURS = "liteagent"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure of ours, or on how many times better it is than a peer's.

    Attributes:
        peer: Whose figure ours is divided into; None bounds ours alone.
        is_rate: Whether more is better.
    """

    case: str
    figure: str
    bound: float
    peer: str | None = None
    is_rate: bool = False
    unit: str = ""

    def __str__(self) -> str:
        """In words."""
        if self.peer is not None:
            return f"{self.case}: {self.bound:g} x better than {self.peer} ({self.figure})"
        sign = ">=" if self.is_rate else "<="
        bound = f"{self.bound:,.0f}" if self.bound >= 10 else f"{self.bound:g}"
        return f"{self.case}: {self.figure} {sign} {bound} {self.unit}".rstrip()

    def reached(self, results: Results) -> float | None:
        """The figure that is bounded; None where it could not be measured."""
        ours = results.median(self.case, _OURS, self.figure)
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


_MB = 1_000_000

GOALS = (
    Goal("memory-step", "us", 10, unit="µs"),
    Goal("memory-step", "us", 15, "langgraph"),
    Goal("memory-step", "us", 3, "burr"),
    Goal("memory-step", "us", 50, "graphon"),
    Goal("sqlite-syncs", "syncs_a_run", 12, unit="(10 steps + 2)"),
    Goal("sqlite-step", "x_bare", 1.6),
    Goal("sqlite-step", "us", 2.5, "langgraph"),
    Goal("sqlite-step", "us", 4, "dbos"),
    Goal("postgres-step", "x_bare", 1.8),
    Goal("postgres-step", "us", 4, "langgraph"),
    Goal("postgres-step", "us", 6, "dbos"),
    Goal("postgres-loop", "wal", 1 * _MB, unit="B"),
    Goal("sqlite-loop", "disk", 15 * _MB, unit="B"),
    Goal("sqlite-many", "steps_a_second", 15_000, is_rate=True),
    Goal("sqlite-many", "steps_a_second", 20, "langgraph", is_rate=True),
    Goal("sqlite-many", "steps_a_second", 40, "dbos", is_rate=True),
    Goal("memory-fan", "ms", 3, unit="ms"),
    Goal("sqlite-fan", "ms", 6, unit="ms"),
    Goal("start", "cpu_ms", 150, unit="ms"),
    Goal("resume", "ms", 100, unit="ms"),
)
"""In the order of the cases."""


def verdicts(results: Results) -> Iterator[Verdict]:
    """Each goal whose case was measured."""
    for goal in GOALS:
        if goal.case in results.rounds:
            yield Verdict(goal, goal.reached(results))
