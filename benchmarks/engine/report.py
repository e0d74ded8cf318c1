"""The results in words: a table a case, the goals, and what is missing."""

from typing import Any

from benchmarks.comparing.report import for_people, for_programs
from benchmarks.comparing.results import Results
from benchmarks.comparing.tables import aligned, number
from benchmarks.engine.cases import CASES, Case
from benchmarks.engine.goals import verdicts

__all__ = ["as_json", "as_text"]

_OURS = "liteagent"
_UNITS = {
    "us": "µs a step",
    "cpu_us": "CPU µs",
    "x_bare": "x bare commit",
    "bare_us": "bare µs",
    "syncs_a_run": "syncs a run",
    "disk_a_step": "disk B a step",
    "wal_a_step": "WAL B a step",
    "transactions_a_step": "commits a step",
    "cpu_seconds": "CPU s",
    "seconds": "s",
    "us_at_10": "µs at 10",
    "us_at_100": "µs at 100",
    "us_at_1000": "µs at 1,000",
    "disk": "disk B",
    "wal": "WAL B",
    "transactions": "commits",
    "steps_a_second": "steps/s",
    "peak_mb": "peak MB",
    "more_mb": "more MB",
    "ms": "ms",
    "cpu_ms": "CPU ms",
    "repeated": "steps done anew",
}
_HIGHER_IS_BETTER = ("steps_a_second",)


def as_text(results: Results) -> str:
    """For people."""
    tables = [_table(case, results) for case in CASES.values() if case.name in results.rounds]
    return for_people(results, tables, verdicts(results))


def as_json(results: Results) -> dict[str, Any]:
    """For programs: every round, and the verdicts."""
    return for_programs(results, verdicts(results))


def _table(case: Case, results: Results) -> str:
    names = [each for each in results.names(case.name) if each in _UNITS]
    names.sort(key=list(_UNITS).index)
    rows = [["", *(_UNITS[name] for name in names), "times ours"]]
    for engine in results.rounds[case.name]:
        values = [results.median(case.name, engine, name) for name in names]
        rows.append([engine, *map(number, values), _times(case, engine, results)])
    return f"{case.title}  [{case.name}]\n" + "\n".join(aligned(rows))


def _times(case: Case, engine: str, results: Results) -> str:
    """How many times slower than ours, or how many times more it needs."""
    ours, theirs = (results.median(case.name, each, case.main) for each in (_OURS, engine))
    if not ours or not theirs:
        return "-"
    return f"{ours / theirs if case.main in _HIGHER_IS_BETTER else theirs / ours:.2f}"
