"""The results in words: a table a case, the goals, and what is missing."""

from typing import Any

from benchmarks.comparing.report import for_people, for_programs
from benchmarks.comparing.results import Results
from benchmarks.comparing.tables import table
from benchmarks.gateway.goals import verdicts
from benchmarks.gateway.measuring import CASES

__all__ = ["as_json", "as_text"]

_UNITS = {
    "requests_a_second": "requests/s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "p99_ms": "p99 ms",
    "first_p50_ms": "first p50 ms",
    "first_p95_ms": "first p95 ms",
    "lost": "events lost",
    "kb_each": "KB each",
}


def as_text(results: Results) -> str:
    """For people."""
    tables = [table(results, case, title, _UNITS) for case, title in CASES.items() if case in results.rounds]
    return for_people(results, tables, verdicts(results))


def as_json(results: Results) -> dict[str, Any]:
    """For programs: every round, and the verdicts."""
    return for_programs(results, verdicts(results))
