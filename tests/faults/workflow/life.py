"""What a worker process does from its birth to its end: advance one run, or work at whatever there is."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liteagent.contracts.runs import Event, Journal, Ownership, Rider, Snapshot
from liteagent.engine.runs.driver import Driver
from liteagent.engine.workflow.quiet import QuietStreams
from liteagent.features.runs.tasks import RunWorker
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.leases import LeaseOwnership
from liteagent.infra.journal.ownership import FileOwnership
from liteagent.infra.journal.postgres import PostgresJournal
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.system import SystemClock
from tests.faults.workflow.flows import FLOW, flow_kind
from tests.faults.workflow.ledger import call_ledger
from tests.faults.workflow.planted import planted_driver, planted_journal, planted_program

__all__ = ["Orders", "Store", "main", "open_store", "say"]


@dataclass(frozen=True, slots=True)
class Orders:
    """What a life is told.

    Attributes:
        number: Its number in the colony.
        store: URL of the database.
        ledger: URL of the receiver.
        owner: Its name in claims.
        run_id: The run to advance; empty to work at all until killed.
        die_at: The append at which it dies, from 1; 0 for none.
        die_when: Right before the append is written, or right after.
        start_at: Seconds since the epoch when it begins; 0 at once.
        bug: The bug planted in it.
        lease: Seconds that a beat is good for, of which three are due in that time.
    """

    number: int
    store: str
    ledger: str
    owner: str
    run_id: str = ""
    die_at: int = 0
    die_when: str = "before"
    start_at: float = 0.0
    bug: str = ""
    lease: float = 15.0


@dataclass(frozen=True, slots=True)
class Store:
    """A database and its journal."""

    database: SqliteDatabase | PostgresDatabase
    journal: Journal


class MortalJournal:
    """A journal whose process is killed at one append."""

    def __init__(self, journal: Journal, orders: Orders) -> None:
        self._journal = journal
        self._orders = orders
        self._appends = 0
        self.start, self.read, self.get = journal.start, journal.read, journal.get
        self.history, self.summaries, self.take = journal.history, journal.summaries, journal.take

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        self._appends += 1
        self._perhaps_die("before")
        size = await self._journal.append(events, riders, snapshot)
        self._perhaps_die("after")
        return size

    def _perhaps_die(self, when: str) -> None:
        if (self._orders.die_at, self._orders.die_when) == (self._appends, when):
            os.kill(os.getpid(), signal.SIGKILL)


def main(orders: Orders) -> None:
    """Live."""
    logging.basicConfig(level=logging.INFO, handlers=[_Telling()])
    asyncio.run(_live(orders))


def say(**facts: Any) -> None:
    """Tell the test; the line is written at once or not at all."""
    os.write(1, json.dumps({"pid": os.getpid(), **facts}).encode() + b"\n")


@asynccontextmanager
async def open_store(url: str) -> AsyncGenerator[Store]:
    """The store at `url`, whose tables are there."""
    database: SqliteDatabase | PostgresDatabase
    if url.startswith("sqlite:///"):
        database = SqliteDatabase(Path(url.removeprefix("sqlite:///")))
        store = Store(database, SqliteJournal(database, SystemClock()))
    else:
        database = PostgresDatabase(url)
        store = Store(database, PostgresJournal(database, SystemClock()))
    try:
        yield store
    finally:
        await database.close()


async def _live(orders: Orders) -> None:
    async with open_store(orders.store) as store:
        journal = MortalJournal(planted_journal(orders.bug, store.journal), orders)
        driver = _driver(orders, journal)
        await asyncio.sleep(max(0.0, orders.start_at - SystemClock().now()))
        if orders.run_id:
            rest = await driver.advance(orders.run_id)
            say(status=rest.status.value)
            return
        ownership = _ownership(orders, store)
        pause = orders.lease / 3
        async with RunWorker(
            driver, journal, ownership, SystemClock(), beat_seconds=pause, sweep_seconds=pause
        ):
            say(working=orders.owner)
            await asyncio.Event().wait()


def _driver(orders: Orders, journal: Journal) -> Driver:
    async def call(run_id: str, step: str, key: str, value: int) -> int:
        return await call_ledger(orders.ledger, run_id, step, key, value)

    return planted_driver(orders.bug)(
        journal,
        {FLOW: flow_kind(call, planted_program(orders.bug))},
        owner_id=orders.owner,
        clock=SystemClock(),
        streams=QuietStreams(),
    )


def _ownership(orders: Orders, store: Store) -> Ownership:
    if isinstance(store.database, SqliteDatabase):
        return FileOwnership(Path(orders.store.removeprefix("sqlite:///")).parent / "owners", orders.owner)
    return LeaseOwnership(store.database, orders.owner, orders.lease)


class _Telling(logging.Handler):
    """Tells the test what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        trace = str(record.exc_info[1]) if record.exc_info else ""
        say(log=record.getMessage(), level=record.levelname, trace=trace)
