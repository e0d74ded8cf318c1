"""Runs one case of one engine in a process of its own and prints what it measured, as JSON on the last line.

Only the standard library is needed here, and the engine: each may have an interpreter of its own.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.engine.subject import STEPS, Subject

__all__ = ["main"]

_MARKS = (10, 100, 1000)
_WINDOW = 8
"""Steps before a mark, over which the time of a step at the mark is the median."""


class _Watch:
    """Wall and CPU time of this process, all of its threads, since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def wall(self) -> float:
        return time.perf_counter() - self._wall

    def cpu(self) -> float:
        return time.process_time() - self._cpu


class _Gauge:
    """What a store has taken so far: bytes to disk of this process, or WAL and transactions of the server."""

    def __init__(self, store: str) -> None:
        self._server: Any = None
        self._is_file = store.startswith("sqlite")
        if store.startswith("postgresql"):
            self._server = import_module("psycopg").connect(store, autocommit=True)

    def read(self) -> dict[str, int]:
        if self._server is not None:
            row = self._server.execute(
                "SELECT pg_current_wal_insert_lsn() - '0/0', pg_snapshot_xmax(pg_current_snapshot())::text"
            ).fetchone()
            return {"wal": int(row[0]), "transactions": int(row[1])}
        if self._is_file:
            lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
            return {"disk": int(dict(line.split(": ") for line in lines)["write_bytes"])}
        return {}

    def since(self, before: dict[str, int]) -> dict[str, int]:
        return {name: value - before[name] for name, value in self.read().items()}


async def _linear(subject: Subject, asked: dict[str, Any], gauge: _Gauge) -> dict[str, Any]:
    """Runs one after the other, in batches: the median batch counts."""
    for _ in range(asked["warm"]):
        await subject.linear()
    walls: list[float] = []
    cpus: list[float] = []
    before = gauge.read()
    for _ in range(asked["batches"]):
        watch = _Watch()
        for _ in range(asked["runs"]):
            await subject.linear()
        walls.append(watch.wall())
        cpus.append(watch.cpu())
    steps = asked["runs"] * STEPS
    taken = {f"{name}_a_step": value / steps / len(walls) for name, value in gauge.since(before).items()}
    return {"us": _per(walls, steps), "cpu_us": _per(cpus, steps), **taken}


def _per(seconds: list[float], steps: int) -> float:
    return statistics.median(seconds) / steps * 1e6


async def _concurrent(subject: Subject, asked: dict[str, Any], gauge: _Gauge) -> dict[str, Any]:
    """Many runs at once."""
    del gauge
    await subject.linear()
    await asyncio.gather(*(subject.linear() for _ in range(asked["warm"])))
    before, watch = _peak(), _Watch()
    await asyncio.gather(*(subject.linear() for _ in range(asked["runs"])))
    wall, cpu, steps = watch.wall(), watch.cpu(), asked["runs"] * STEPS
    figures = {"us": wall / steps * 1e6, "cpu_us": cpu / steps * 1e6, "steps_a_second": steps / wall}
    return {**figures, "peak_mb": _peak(), "more_mb": _peak() - before}


async def _loop(subject: Subject, asked: dict[str, Any], gauge: _Gauge) -> dict[str, Any]:
    """A loop whose state grows: time and bytes when it is at steps 10, 100, 1,000."""
    times: list[float] = []
    taken: dict[str, Any] = {}

    def each(step: int) -> None:
        times.append(time.perf_counter())
        if step in _MARKS:
            recent = times[-_WINDOW:]
            gaps = [after - before for before, after in pairwise(recent)]
            taken[f"us_at_{step}"] = statistics.median(gaps) * 1e6
            taken.update({f"{name}_at_{step}": value for name, value in gauge.since(before).items()})

    before, watch = gauge.read(), _Watch()
    await subject.loop(asked["steps"], each)
    taken |= {"seconds": watch.wall(), "cpu_seconds": watch.cpu()}
    return {**taken, **gauge.since(before)}


async def _fan_out(subject: Subject, asked: dict[str, Any], gauge: _Gauge) -> dict[str, Any]:
    """Steps side by side and a join."""
    del gauge
    for _ in range(asked["warm"]):
        await subject.fan_out(asked["width"])
    walls: list[float] = []
    watch = _Watch()
    for _ in range(asked["runs"]):
        one = _Watch()
        await subject.fan_out(asked["width"])
        walls.append(one.wall())
    return {"ms": statistics.median(walls) * 1e3, "cpu_ms": watch.cpu() / asked["runs"] * 1e3}


async def _leave(subject: Subject, asked: dict[str, Any], gauge: _Gauge) -> dict[str, Any]:
    """Run a loop and die in the middle of its last step but one."""
    del gauge

    def each(step: int) -> None:
        if step == asked["steps"]:
            print(json.dumps({"loop_id": subject.loop_id}), flush=True)
            os._exit(0)

    await subject.loop(asked["steps"] + 1, each)
    raise AssertionError("the loop came to its end")


async def _resume(asked: dict[str, Any]) -> dict[str, Any]:
    """From opening the store to the first step that is done again; `warm` has run another flow before."""
    if asked["warm"]:
        other = await _opened({**asked, "store": asked["store"] + ".other"})
        await other.linear()
        await other.close()
    heard: list[tuple[float, float]] = []
    watch = _Watch()
    subject = await _opened(asked)
    await subject.resume(
        asked["loop_id"], asked["steps"] + 1, lambda _step: heard.append((watch.wall(), watch.cpu()))
    )
    await subject.close()
    return {"ms": heard[0][0] * 1e3, "cpu_ms": heard[0][1] * 1e3, "repeated": len(heard)}


_CASES: dict[str, Callable[[Subject, dict[str, Any], _Gauge], Awaitable[dict[str, Any]]]] = {
    "linear": _linear,
    "concurrent": _concurrent,
    "loop": _loop,
    "fan-out": _fan_out,
    "leave": _leave,
}


async def _opened(asked: dict[str, Any]) -> Subject:
    module, factory = asked["subject"]
    opening = getattr(import_module(f"benchmarks.engine.subjects.{module}"), factory)
    return await opening(asked["store"], asked["size"], asked["connections"])


async def _measured(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["case"] == "resume":
        return await _resume(asked)
    subject = await _opened(asked)
    gauge = _Gauge(asked["store"])
    figures = await _CASES[asked["case"]](subject, asked, gauge)
    await subject.close()
    return figures


def _peak() -> float:
    """The most memory that this process has had, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(":", 1) for line in lines)["VmHWM"].split()[0]) / 1024


def main() -> None:
    """Measure what the first argument asks for."""
    asked = json.loads(sys.argv[1])
    print(json.dumps(asyncio.run(_measured(asked))))


if __name__ == "__main__":
    main()
