"""A journal in memory: for library runs and tests. It has no tables, so it takes no riders."""

from collections.abc import Sequence
from dataclasses import replace

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConfigurationError, ConflictError
from liteagent.contracts.runs import Event, NewRun, Rider, RunRecord, RunStatus
from liteagent.infra.journal.rules import check_place, owner_after, run_not_found, started, status_after

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """Keeps runs as long as the process lives."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, RunRecord] = {}
        self._events: dict[str, list[Event]] = {}

    async def start(self, run: NewRun, riders: Sequence[Rider] = ()) -> Event:
        """Create a run with `run.started` as event 1."""
        _refuse_riders(riders)
        if run.id in self._records:
            raise ConflictError(f"A run {run.id} exists already.", code="run_exists")
        event = started(run, self._clock.now())
        self._events[run.id] = [event]
        self._records[run.id] = RunRecord(
            run.id, run.workspace_id, run.created_by, run.kind, RunStatus.PENDING, 1, None, event.at, event.at
        )
        return event

    async def append(self, events: Sequence[Event], riders: Sequence[Rider] = ()) -> None:
        """Append consecutive events, all or nothing."""
        _refuse_riders(riders)
        record = await self.get(events[0].run_id)
        check_place(events, record.head, record.status)
        self._events[record.id].extend(events)
        self._records[record.id] = replace(
            record,
            head=events[-1].seq,
            status=status_after(events) or record.status,
            owner=owner_after(events) or record.owner,
            updated_at=events[-1].at,
        )

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """Events with a seq above `after`."""
        stop = None if limit is None else after + limit
        return tuple(self._events.get(run_id, ())[after:stop])

    async def get(self, run_id: str) -> RunRecord:
        """The record of a run."""
        if run_id not in self._records:
            raise run_not_found(run_id)
        return self._records[run_id]

    async def runnable(self) -> tuple[RunRecord, ...]:
        """Every run that is PENDING or RUNNING, oldest first."""
        return tuple(record for record in self._records.values() if record.status.runnable)


def _refuse_riders(riders: Sequence[Rider]) -> None:
    if riders:
        raise ConfigurationError("A journal in memory has no tables for riders; use the database's journal.")
