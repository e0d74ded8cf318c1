"""The results in words: a table a case, the goals, and what is missing."""

from typing import Any

from benchmarks.comparing.report import for_people, for_programs
from benchmarks.comparing.results import Results
from benchmarks.comparing.tables import table
from benchmarks.retrieval.cases import CASES
from benchmarks.retrieval.goals import verdicts

__all__ = ["as_json", "as_text"]

_UNITS = {
    "documents": "documents",
    "chunks": "chunks",
    "chunks_a_second": "chunks/s",
    "cpu_chunks_a_second": "chunks/CPU s",
    "mb_a_second": "MB/s",
    "cpu_mb_a_second": "MB/CPU s",
    "load_s": "load s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "cpu_ms": "CPU ms",
    "vector_p50_ms": "vector p50",
    "bm25_p50_ms": "bm25 p50",
    "add_ms": "add ms",
    "delete_ms": "delete ms",
    "pss_mb": "PSS MB",
    "peak_mb": "peak MB",
    "more_mb": "more MB",
    "questions_hybrid": "questions",
    "questions_vector": "by vector",
    "questions_bm25": "by bm25",
    "questions_recall": "recall@10",
    "titles_hybrid": "titles",
    "titles_vector": "by vector",
    "titles_bm25": "by bm25",
    "titles_recall": "recall@10",
}


def as_text(results: Results) -> str:
    """For people."""
    tables = [
        table(results, name, case.title, _UNITS) for name, case in CASES.items() if name in results.rounds
    ]
    return for_people(results, tables, verdicts(results))


def as_json(results: Results) -> dict[str, Any]:
    """For programs: every round, and the verdicts."""
    return for_programs(results, verdicts(results))
