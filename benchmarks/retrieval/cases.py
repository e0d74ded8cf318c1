"""What is measured, and of whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.retrieval.libraries import LIBRARIES

__all__ = ["CASES", "Case", "quick"]


@dataclass(frozen=True, slots=True)
class Case:
    """One table.

    Attributes:
        work: What the worker is to do.
        main: The figure that the table is about.
        once: Whether one round is enough: it has no times, or takes too long.
        settings: How often and how large, for the worker.
    """

    name: str
    title: str
    work: str
    libraries: tuple[str, ...]
    main: str
    once: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


_EVERYONE = tuple(LIBRARIES)
_PLATFORM = ("liteagent, platform",)
_LIBRARIES = tuple(each for each in _EVERYONE if each not in _PLATFORM)
_LARGE = {"megabytes": 40, "questions": 300, "changes": 30}
_ALL = (
    Case("start", "import, in a fresh process", "start", _EVERYONE, "cpu_ms"),
    Case(
        "index",
        "indexing without a model: cut, embed, keep, index",
        "index",
        _EVERYONE,
        "chunks_a_second",
        settings={"megabytes": 32.5},
    ),
    Case(
        "query",
        "questions to 10,000 chunks, the best ten",
        "query",
        _EVERYONE,
        "p50_ms",
        settings={"megabytes": 7.8, "questions": 150},
    ),
    Case("tree", "a folder of 11 MB by its words, through the platform", "tree", _PLATFORM, "mb_a_second"),
    Case(
        "large",
        "100,000 chunks through the platform",
        "large",
        _PLATFORM,
        "p50_ms",
        settings={**_LARGE, "chunks": 100_000},
    ),
    Case("quality", "nDCG@10 with the same embedder", "quality", _LIBRARIES, "questions_hybrid", once=True),
    Case(
        "million",
        "1,000,000 chunks through the platform",
        "large",
        _PLATFORM,
        "p50_ms",
        once=True,
        settings={**_LARGE, "questions": 100, "changes": 10, "chunks": 1_000_000},
    ),
)

CASES = {case.name: case for case in _ALL}
"""By name, in the order in which they are measured."""


def quick(asked: dict[str, Any]) -> dict[str, Any]:
    """The same with less of it."""
    most = {"megabytes": 3, "questions": 30, "changes": 5, "chunks": 10_000}
    return {name: min(value, most[name]) if name in most else value for name, value in asked.items()}
