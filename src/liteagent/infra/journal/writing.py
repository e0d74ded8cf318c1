"""The writing half of a journal in a database's tables, as far as databases do not differ."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from liteagent.contracts.clock import Clock
from liteagent.contracts.runs import Event, NewRun, Rider, RunRecord, Snapshot
from liteagent.infra.db.database import Database
from liteagent.infra.journal.additions import Addition, Opening
from liteagent.infra.journal.known import Standing
from liteagent.infra.journal.reading import JournalReading, Reading
from liteagent.infra.journal.rows import rows_of
from liteagent.infra.journal.rules import started

__all__ = ["DatabaseJournal"]


class DatabaseJournal(JournalReading, ABC):
    """Runs in the tables `runs`, `run_events` and `run_snapshots`.

    A database says how it writes the openings and additions that go into one commit.
    """

    def __init__(self, database: Database, reading: Reading, clock: Clock) -> None:
        super().__init__(database, reading)
        self._clock = clock

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        """Create a run with `run.started` as event 1, and `events` after it."""
        first = started(run, self._clock.now())
        opening = Opening.of(run, first, events)
        await self._open(opening, riders)
        self._known.keep(Standing(opening.record, opening.record.head))
        return first

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        """Append consecutive events with their riders, in one commit."""
        rows, size = rows_of(events)
        known = None if riders else self._known.before(events[0].run_id, events[0].seq)
        self._known.keep(await self._add(Addition(events, rows, snapshot, known), riders))
        return size

    @abstractmethod
    async def _open(self, opening: Opening, riders: Sequence[Rider]) -> RunRecord:
        """Write a new run."""

    @abstractmethod
    async def _add(self, addition: Addition, riders: Sequence[Rider]) -> Standing:
        """Write events of a run; how it stands then."""
