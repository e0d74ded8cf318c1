"""Where runs are played: processes, a receiver, and a store that outlives them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import Journal
from liteagent.infra.db.database import Database
from liteagent.infra.journal.opening import make_tables
from liteagent.infra.system import new_id
from tests.faults.workflow.books import problems_of_books
from tests.faults.workflow.colony import Colony, Member, colony
from tests.faults.workflow.flows import new_run, step_names
from tests.faults.workflow.ledger import EffectLedger
from tests.faults.workflow.life import open_store
from tests.faults.workflow.receiver import Receiver

__all__ = ["Stage", "open_stage"]


@dataclass
class Stage:
    """The parts, and what tests do with them."""

    processes: Colony
    store: str
    database: Database
    journal: Journal
    ledger: EffectLedger = field(default_factory=EffectLedger)

    async def start(self, steps: int, **definition: JsonValue) -> str:
        """The id of a run that is accepted, and at which nobody works."""
        run_id = new_id()
        await self.journal.start(new_run(run_id, steps, **definition))
        return run_id

    async def begin(self, **orders: Any) -> Member:
        """A process over the store."""
        return await self.processes.begin(
            **{"store": self.store, "ledger": self.ledger.url, "owner": new_id(), **orders}
        )

    async def problems(self, run_id: str, steps: int, repeats: int) -> list[str]:
        """What is wrong with a run that was to complete with at most so many raw repeats."""
        books = self.ledger.receiver
        own = Receiver(
            arrivals=[each for each in books.arrivals if each.run_id == run_id],
            effects={key: each for key, each in books.effects.items() if key[0] == run_id},
        )
        return await problems_of_books(self.journal, own, [run_id], step_names(steps), repeats=repeats)


@asynccontextmanager
async def open_stage(url: str, delay: float = 0.0) -> AsyncGenerator[Stage]:
    """A stage over the empty database at `url`; an answer of the receiver takes up to `delay` seconds."""
    async with open_store(url) as store, colony() as processes:
        await store.database.write(make_tables)
        stage = Stage(processes, url, store.database, store.journal, EffectLedger(delay=delay))
        async with stage.ledger.serving():
            yield stage
