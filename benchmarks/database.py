"""A durable unit of work on SQLite: ours, SQLAlchemy's asyncio extension over aiosqlite, and the bare driver.

Run `.venv/bin/python benchmarks/database.py` with the `bench` dependency group. Each figure is the median of
five interleaved rounds; every variant inserts one row and commits with WAL and synchronous=FULL.
"""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from liteagent.infra.db.sqlite import SqliteDatabase

ROUNDS, UNITS, WRITERS = 5, 300, 50
INSERT = "INSERT INTO notes (note) VALUES ('a note of some forty characters, or so')"


def _create(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)")
    connection.close()


async def _serial(unit: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    for _ in range(UNITS):
        await unit()
    return UNITS / (time.perf_counter() - started)


async def _concurrent(unit: Callable[[], Awaitable[None]]) -> float:
    async def writer() -> None:
        for _ in range(UNITS // WRITERS * 4):
            await unit()

    started = time.perf_counter()
    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return WRITERS * (UNITS // WRITERS * 4) / (time.perf_counter() - started)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=FULL")


async def _round(folder: Path, figures: dict[str, list[float]]) -> None:
    for name in ("bare", "ours", "peer"):
        _create(folder / f"{name}.db")

    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA synchronous=FULL")

    async def bare_unit() -> None:
        bare.execute(INSERT)

    ours = SqliteDatabase(folder / "ours.db")

    def insert(session: Session) -> None:
        session.execute(text(INSERT))

    async def our_unit() -> None:
        await ours.write(insert)

    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'peer.db'}", connect_args={"timeout": 60})
    event.listen(engine.sync_engine, "connect", _prepare)
    sessions = async_sessionmaker(engine)

    async def peer_unit() -> None:
        async with sessions() as session:
            await session.execute(text(INSERT))
            await session.commit()

    figures["bare sqlite3, one at a time"].append(await _serial(bare_unit))
    figures["ours, one at a time"].append(await _serial(our_unit))
    figures["asyncio extension + aiosqlite, one at a time"].append(await _serial(peer_unit))
    figures[f"ours, {WRITERS} writers"].append(await _concurrent(our_unit))
    figures[f"asyncio extension + aiosqlite, {WRITERS} writers"].append(await _concurrent(peer_unit))
    bare.close()
    await ours.close()
    await engine.dispose()


async def main() -> None:
    """Print units of work per second."""
    names = [
        "bare sqlite3, one at a time",
        "ours, one at a time",
        "asyncio extension + aiosqlite, one at a time",
        f"ours, {WRITERS} writers",
        f"asyncio extension + aiosqlite, {WRITERS} writers",
    ]
    figures: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            await _round(Path(folder), figures)
    peer = statistics.median(figures["asyncio extension + aiosqlite, one at a time"])
    for name in names:
        median = statistics.median(figures[name])
        print(f"{name:48} {median:10,.0f} units/s {median / peer:8.1f} x")


if __name__ == "__main__":
    asyncio.run(main())
