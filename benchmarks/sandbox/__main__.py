"""`python -m benchmarks.sandbox`: latency one at a time, in turns; rate at four clients.

`--rounds N` runs of each for the latency, `--seconds S` for the rate. 1 when a goal is missed.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import time

from benchmarks.comparing.goals import Goal, judged
from benchmarks.comparing.results import Results
from benchmarks.comparing.tables import aligned, number
from benchmarks.sandbox.rivals import RIVALS, Once, Rival

GOALS = [
    Goal("python", "p50_ms", 3.0, unit="ms"),
    Goal("python", "p99_ms", 10.0, unit="ms"),
    Goal("python", "p50_ms", 6.0, unit="ms", ours="liteagent, on demand"),
    Goal("python", "per_second", 250, is_rate=True, unit="runs/s"),
    Goal("python", "per_second", 5.0, peer="python -I", is_rate=True),
    Goal("jinja2", "p50_ms", 6.0, unit="ms"),
    Goal("node", "p50_ms", 8.0, unit="ms"),
]
_CLIENTS = 4
_PAUSE = 0.02
_FIGURES = ("min_ms", "p50_ms", "p90_ms", "p99_ms", "per_second")


def _quantiles(milliseconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {"min_ms": min(milliseconds), "p50_ms": cuts[49], "p90_ms": cuts[89], "p99_ms": cuts[98]}


async def _latencies(ways: dict[int, Once], rounds: int) -> dict[int, list[float]]:
    """One run of each in turn, with a pause for what is forked ahead."""
    found: dict[int, list[float]] = {each: [] for each in ways}
    for turn in range(rounds + 3):
        for index, once in ways.items():
            await asyncio.sleep(_PAUSE)
            start = time.perf_counter()
            await once()
            if turn >= 3:
                found[index].append((time.perf_counter() - start) * 1e3)
    return found


async def _rate(once: Once, seconds: float) -> float:
    end = time.perf_counter() + seconds
    count = 0

    async def client() -> None:
        nonlocal count
        while time.perf_counter() < end:
            await once()
            count += 1

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return count / (time.perf_counter() - start)


async def _measured(rivals: list[Rival], rounds: int, seconds: float) -> Results:
    results = Results()
    rates: dict[int, float] = {}
    async with contextlib.AsyncExitStack() as stack:
        ways = {index: await stack.enter_async_context(each.opened()) for index, each in enumerate(rivals)}
        latencies = await _latencies(ways, rounds)
    for index, each in enumerate(rivals):
        async with each.opened() as once:
            rates[index] = await _rate(once, seconds)
    for index, each in enumerate(rivals):
        results.add(each.case, each.name, {**_quantiles(latencies[index]), "per_second": rates[index]})
    return results


def _show(results: Results) -> bool:
    for case, engines in results.rounds.items():
        rows = [[case, *_FIGURES]]
        rows += [[name, *(number(results.median(case, name, each)) for each in _FIGURES)] for name in engines]
        print(*aligned(rows), sep="\n", end="\n\n")
    verdicts = list(judged(GOALS, results))
    for each in verdicts:
        print(f"{each.word:5} {each.goal}: {number(each.reached)}")
    return all(each.word != "FAIL" for each in verdicts)


def main() -> int:
    """Measure, show, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    there = [each for each in RIVALS if not each.is_missing]
    for each in RIVALS:
        if each.is_missing:
            print(f"skipped: {each.name} ({each.case}): {each.needs} is not installed")
    print("load average before:", *(f"{each:.1f}" for each in os.getloadavg()))
    results = asyncio.run(_measured(there, given.rounds, given.seconds))
    print("load average after:", *(f"{each:.1f}" for each in os.getloadavg()), end="\n\n")
    return 0 if _show(results) else 1


if __name__ == "__main__":
    sys.exit(main())
