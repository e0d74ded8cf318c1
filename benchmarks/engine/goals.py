"""What we hold ourselves to, and whether it is so."""

from collections.abc import Iterator

from benchmarks.comparing.goals import Goal, Verdict, judged
from benchmarks.comparing.results import Results

__all__ = ["GOALS", "verdicts"]

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
    return judged(GOALS, results)
