"""What is measured, of whom, on which stores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CASES", "Case", "quick"]

_OURS = "liteagent"
_DURABLE = (_OURS, "langgraph", "dbos", "burr")


@dataclass(frozen=True, slots=True)
class Case:
    """One table.

    Attributes:
        work: What the worker is to do; several works are done one after the other on one store.
        main: The figure that the table is about.
        settings: How often and how large, for the worker.
    """

    name: str
    title: str
    work: tuple[str, ...]
    store: str
    engines: tuple[str, ...]
    main: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def asked(self) -> dict[str, Any]:
        """What every worker of this case is told."""
        return {"size": 200, "connections": 1, "warm": 3, "width": 100, "batches": 5, **self.settings}


_STORES = (("sqlite", "SQLite"), ("postgres", "Postgres"))


def _steps() -> Iterator[Case]:
    ours = (_OURS, "liteagent, no hooks", "liteagent, pure steps")
    peers = ("langgraph", "langgraph, not async", "burr", "graphon")
    title = "10 steps in a row, in memory"
    yield Case("memory-step", title, ("linear",), "memory", (*ours, *peers), "us", {"runs": 40})
    for store, name in _STORES:
        title = f"10 durable steps in a row, {name}, one run at a time"
        yield Case(f"{store}-step", title, ("linear",), store, _DURABLE, "us", {"runs": 8})
    title = "syncs of 10 durable steps, SQLite"
    engines = (_OURS, "liteagent, no hooks", *_DURABLE[1:])
    yield Case("sqlite-syncs", title, ("syncs",), "sqlite", engines, "syncs_a_run")


def _loops() -> Iterator[Case]:
    settings = {"steps": 1000}
    engines = (_OURS, "langgraph", "burr")
    title = "1,000 steps of +200 B, in memory"
    yield Case("memory-loop", title, ("loop",), "memory", engines, "seconds", settings)
    engines = (_OURS, "langgraph", "langgraph, DeltaChannel", "dbos", "burr")
    for store, name in _STORES:
        title = f"1,000 durable steps of +200 B, {name}"
        yield Case(f"{store}-loop", title, ("loop",), store, engines, "seconds", settings)


def _runs_at_once() -> Iterator[Case]:
    settings: dict[str, Any] = {"runs": 1000, "warm": 20, "connections": 2}
    title = "1,000 runs of 10 steps at once, in memory"
    engines = (_OURS, "langgraph", "burr")
    yield Case("memory-many", title, ("concurrent",), "memory", engines, "us", settings)
    settings = {"runs": 100, "warm": 10, "connections": 20}
    engines = (_OURS, "langgraph", "dbos")
    for store, name in _STORES:
        title = f"100 durable runs of 10 steps at once, {name}"
        yield Case(f"{store}-many", title, ("concurrent",), store, engines, "steps_a_second", settings)


def _fans() -> Iterator[Case]:
    title = "100 steps side by side and a join, in memory"
    engines = (_OURS, "langgraph", "burr", "graphon")
    yield Case("memory-fan", title, ("fan-out",), "memory", engines, "ms", {"runs": 15})
    engines = (_OURS, "langgraph", "dbos")
    for store, name in _STORES:
        title = f"100 durable steps side by side and a join, {name}"
        yield Case(f"{store}-fan", title, ("fan-out",), store, engines, "ms", {"runs": 5})


def _starts() -> Iterator[Case]:
    everyone = (_OURS, "langgraph", "dbos", "burr", "graphon")
    title = "import of the engine, in a fresh process"
    yield Case("start", title, ("start",), "memory", everyone, "cpu_ms")
    died = "a loop that died in step 3,333 (at least 10,000 events of ours), SQLite"
    settings, work = {"steps": 3333, "size": 40}, ("leave", "resume")
    yield Case("resume", f"resume of {died}", work, "sqlite", (_OURS,), "ms", {**settings, "warm": 1})
    title = "the same in a process that has not run anything yet"
    engines = (_OURS, "langgraph", "dbos")
    yield Case("resume-fresh", title, work, "sqlite", engines, "ms", {**settings, "warm": 0})


_GROUPS = (_steps, _loops, _runs_at_once, _fans, _starts)

CASES = {case.name: case for group in _GROUPS for case in group()}
"""By name, in the order in which they are measured."""


def quick(asked: dict[str, Any]) -> dict[str, Any]:
    """The same with less of it."""
    smaller = dict(asked)
    for name, most in (("runs", 20), ("batches", 2), ("warm", 2)):
        if name in smaller:
            smaller[name] = min(smaller[name], most)
    return smaller
