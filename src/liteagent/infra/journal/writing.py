"""The writing half of a journal in a database's tables, as far as databases do not differ."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.runs import Event, NewRun, Rider, RunRecord, Snapshot
from liteagent.infra.db.database import Database
from liteagent.infra.journal.additions import Addition, Opening
from liteagent.infra.journal.known import Standing
from liteagent.infra.journal.reading import JournalReading, Reading, driver_of
from liteagent.infra.journal.rows import rows_of

__all__ = ["BatchedDatabase", "DatabaseJournal"]

T = TypeVar("T")
Item = TypeVar("Item")


class BatchedDatabase(Database, Protocol):
    """A database that hands small writes of one kind to one function, with its driver's connection."""

    def write_batched(
        self, batch: Callable[[Any, Sequence[Item]], Sequence[T | Exception]], item: Item
    ) -> Coroutine[Any, Any, T]:
        """The result of `item`, once the commit that carries it is durable."""
        ...


class DatabaseJournal(JournalReading):
    """Runs in the tables `runs`, `run_events` and `run_snapshots`.

    Args:
        open_all: Writes the new runs that go into one commit.
        append_all: Writes the events of runs that go into one commit.
    """

    def __init__(
        self,
        database: BatchedDatabase,
        reading: Reading,
        clock: Clock,
        open_all: Callable[[Any, Sequence[Opening]], Sequence[RunRecord | Exception]],
        append_all: Callable[[Any, Sequence[Addition]], Sequence[Standing | Exception]],
    ) -> None:
        super().__init__(database, reading)
        self._writing = database
        self._clock = clock
        self._open_all, self._append_all = open_all, append_all

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        """Create a run with `run.started` as event 1, and `events` after it."""
        first = run.started(self._clock.now())
        opening = Opening.of(run, first, events)
        await self._write(self._open_all, opening, riders)
        self._known.keep(Standing(opening.record, opening.record.head))
        return first

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        """Append consecutive events with their riders, in one commit."""
        rows, size = rows_of(events)
        known = None if riders else self._known.before(events[0].run_id, events[0].seq)
        addition = Addition(events, rows, snapshot, known)
        self._known.keep(await self._write(self._append_all, addition, riders))
        return size

    def _write(
        self,
        batch: Callable[[Any, Sequence[Item]], Sequence[T | Exception]],
        item: Item,
        riders: Sequence[Rider],
    ) -> Coroutine[Any, Any, T]:
        if not riders:
            return self._writing.write_batched(batch, item)

        def write_with_riders(session: Session) -> T:
            (outcome,) = batch(driver_of(session), [item])
            if isinstance(outcome, Exception):
                raise outcome
            for rider in riders:
                rider(session)
            return outcome

        return self._writing.write(write_with_riders)
