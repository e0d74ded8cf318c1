"""Durable appends to the journal, beside the bare commit of the same database.

Run `.venv/bin/python benchmarks/journal.py`. Each figure is the median of its rounds, which alternate with
rounds of the bare driver in the same process: a transaction with one insert of as many bytes, synchronous.
Payloads do not compress. On SQLite both write-ahead logs have their full length before it begins: while a
log grows a sync costs twice as much. The Postgres server is the one that the tests start; without it, its
part is left out.
"""

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from liteagent.contracts.runs import Event, Journal, NewRun
from liteagent.infra.journal.opening import open_sqlite
from liteagent.infra.journal.opening_postgres import open_postgres
from liteagent.infra.system import SystemClock

ROUNDS, STEPS, RUNS = 7, 150, 100
PAYLOAD_BYTES = 200


def _payload() -> dict[str, str]:
    return {"text": os.urandom(PAYLOAD_BYTES // 2).hex()}


def _bare_sqlite(path: Path) -> Callable[[], None]:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)",
    ):
        connection.execute(statement)
    _lengthen_log(connection)

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO notes (note) VALUES (?)", (_payload()["text"],))
        connection.execute("COMMIT")

    return commit


def _lengthen_log(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE filling (bytes BLOB)")
    connection.execute("INSERT INTO filling VALUES (zeroblob(5000000))")


def _bare_postgres(url: str) -> Callable[[], None]:
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("CREATE TABLE notes (id bigserial PRIMARY KEY, note text)")

    def commit() -> None:
        connection.execute("INSERT INTO notes (note) VALUES (%s)", (_payload()["text"],))

    return commit


async def _append(journal: Journal, run_id: str, steps: int) -> None:
    for seq in range(2, 2 + steps):
        await journal.append([Event(run_id, seq, "x.completed", _payload(), 1.0, 1)])


async def _one_run(journal: Journal, run_id: str) -> float:
    await journal.start(NewRun(run_id, "w", "u", "bench", {}))
    started = time.perf_counter()
    await _append(journal, run_id, STEPS)
    return (time.perf_counter() - started) / STEPS


async def _many_runs(journal: Journal, name: str, steps: int) -> float:
    ids = [f"{name}-{n}" for n in range(RUNS)]
    await asyncio.gather(*(journal.start(NewRun(run_id, "w", "u", "bench", {})) for run_id in ids))
    started = time.perf_counter()
    await asyncio.gather(*(_append(journal, run_id, steps) for run_id in ids))
    return RUNS * steps / (time.perf_counter() - started)


def _time(commit: Callable[[], None]) -> float:
    started = time.perf_counter()
    for _ in range(STEPS):
        commit()
    return (time.perf_counter() - started) / STEPS


async def _measure(name: str, journal: Journal, bare: Callable[[], None]) -> None:
    ratios: list[float] = []
    ours: list[float] = []
    rates: dict[int, list[float]] = {10: [], 100: []}
    for number in range(ROUNDS):
        limit = _time(bare)
        ours.append(await _one_run(journal, f"one-{number}"))
        ratios.append(ours[-1] / limit)
        for steps, rate in rates.items():
            rate.append(await _many_runs(journal, f"many-{number}-{steps}", steps))
    print(
        f"{name:9} one run: {statistics.median(ours) * 1e6:6,.0f} µs an append, "
        f"{statistics.median(ratios):.2f} x the bare commit"
    )
    for steps, rate in rates.items():
        print(f"{name:9} {RUNS} runs at once, {steps} each: {statistics.median(rate):8,.0f} appends/s")


async def _sqlite(folder: Path) -> None:
    opened = await open_sqlite(f"sqlite:///{folder}/ours.db", SystemClock())
    with closing(sqlite3.connect(folder / "ours.db", isolation_level=None)) as connection:
        _lengthen_log(connection)
    await _measure("SQLite", opened.journal, _bare_sqlite(folder / "bare.db"))
    await opened.close()


async def _postgres() -> None:
    sys.path.append(str(Path(__file__).parents[1]))
    from tests.services.postgres import running

    server = running()
    if server is None:
        print("Postgres  left out: there is none on this machine")
        return
    opened = await open_postgres(server.url, SystemClock())
    await _measure("Postgres", opened.journal, _bare_postgres(server.url))
    await opened.close()


async def main() -> None:
    """Print microseconds, ratios and rates."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[1]) as folder:
        await _sqlite(Path(folder))
    await _postgres()


if __name__ == "__main__":
    asyncio.run(main())
