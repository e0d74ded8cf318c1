"""What we hold ourselves to, and whether it is so."""

from collections.abc import Iterator

from benchmarks.comparing.goals import Goal, Verdict, judged
from benchmarks.comparing.results import Results

__all__ = ["GOALS", "verdicts"]

GOALS = (
    Goal("rate", "p50_ms", 3.5, unit="ms"),
    Goal("rate", "p95_ms", 10, unit="ms"),
    Goal("throughput", "requests_a_second", 4, "litellm", is_rate=True),
    Goal("streams", "lost", 0),
    Goal("streams", "first_p95_ms", 250, unit="ms"),
    Goal("streams", "kb_each", 64, unit="KB"),
)
"""In the order of the cases."""


def verdicts(results: Results) -> Iterator[Verdict]:
    """Each goal whose case was measured."""
    return judged(GOALS, results)
