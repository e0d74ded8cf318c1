"""What every comparison says at its end: tables, goals, and what they were measured with."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.comparing.goals import Verdict
from benchmarks.comparing.results import Results
from benchmarks.comparing.tables import aligned, number

__all__ = ["for_people", "for_programs"]


def for_people(results: Results, tables: Sequence[str], judged: Iterable[Verdict]) -> str:
    """Tables, goals, versions, and what could not be measured."""
    rows = [["goal", "reached", ""]]
    rows += [[str(each.goal), number(each.reached), each.word] for each in judged]
    parts = [*tables, "\n".join(aligned(rows))]
    parts.append("Measured: " + ", ".join(f"{name} {each}" for name, each in results.versions.items()) + ".")
    parts += [f"Not measured: {name}; {why}." for name, why in results.missing.items()]
    parts += [f"Failed: {name}: {why}" for name, why in results.failed.items()]
    return "\n\n".join(parts)


def for_programs(results: Results, judged: Iterable[Verdict]) -> dict[str, Any]:
    """Every round, and the verdicts."""
    told = [{"goal": str(each.goal), "reached": each.reached, "verdict": each.word} for each in judged]
    return {
        "rounds": results.rounds,
        "goals": told,
        "versions": results.versions,
        "missing": results.missing,
        "failed": results.failed,
    }
