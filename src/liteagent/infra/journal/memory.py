"""A journal in memory: for library runs and tests. It has no tables, so it takes no riders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import orjson

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.runs import (
    Event,
    History,
    NewRun,
    OpenedJournal,
    Rider,
    RunRecord,
    RunSummary,
    Snapshot,
)
from liteagent.infra.journal.rules import (
    check_place,
    encode,
    is_due,
    moved,
    opened,
    run_exists,
    run_not_found,
    started,
)

__all__ = ["MemoryJournal", "open_memory"]


@dataclass(slots=True)
class _Kept:
    """A run; payloads are kept as bytes, so that what is read is what a database would give."""

    standing: RunRecord
    events: list[tuple[Event, bytes]] = field(default_factory=list[tuple[Event, bytes]])
    snapshots: list[Snapshot] = field(default_factory=list[Snapshot])

    @property
    def record(self) -> RunRecord:
        return replace(self.standing, head=len(self.events))

    def read(self, after: int = 0, stop: int | None = None) -> tuple[Event, ...]:
        return tuple(
            Event(event.run_id, event.seq, event.type, orjson.loads(body), event.at, event.ref)
            for event, body in self.events[after:stop]
        )


class MemoryJournal:
    """Keeps runs as long as the process lives."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._runs: dict[str, _Kept] = {}
        self._open: set[str] = set()

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        """Create a run with `run.started` as event 1, and `events` after it."""
        _refuse_riders(riders)
        if run.id in self._runs:
            raise run_exists(run.id)
        first = started(run, self._clock.now())
        record = opened(run, first, events)
        bodies = [(event, encode(event.payload)) for event in (first, *events)]
        self._runs[run.id] = kept = _Kept(record, bodies)
        self._keep(kept, record)
        return first

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        """Append consecutive events, all or nothing."""
        _refuse_riders(riders)
        kept = self._kept(events[0].run_id)
        check_place(events, kept.standing, len(kept.events))
        bodies = [(event, encode(event.payload)) for event in events]
        kept.events += bodies
        if snapshot is not None:
            kept.snapshots.append(snapshot)
        self._keep(kept, moved(kept.standing, events))
        return sum(len(body) for _, body in bodies)

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """Events with a seq above `after`."""
        kept = self._runs.get(run_id)
        return kept.read(after, None if limit is None else after + limit) if kept else ()

    async def get(self, run_id: str) -> RunRecord:
        """The record of a run."""
        return self._kept(run_id).record

    async def history(self, run_id: str, up_to: int | None = None) -> History:
        """The newest snapshot at or before `up_to`, and the events after it."""
        kept = self._kept(run_id)
        stop = kept.record.head if up_to is None else up_to
        snapshot = max(
            (each for each in kept.snapshots if each.seq <= stop), key=lambda each: each.seq, default=None
        )
        begin = snapshot.seq if snapshot else 0
        size = sum(len(body) for _, body in kept.events[begin:stop])
        return History(kept.record, kept.read(0, 1)[0], snapshot, kept.read(begin, stop), size)

    async def summaries(self, run_ids: Sequence[str]) -> tuple[RunSummary, ...]:
        """Of each run that exists, its record and the two ends of its journal."""
        found = [self._runs[run_id] for run_id in run_ids if run_id in self._runs]
        return tuple(
            RunSummary(kept.record, kept.read(0, 1)[0], kept.read(kept.record.head - 1)[0]) for kept in found
        )

    async def take(self, owner_id: str, living: Collection[str], limit: int = 100) -> tuple[RunRecord, ...]:
        """Make `owner_id` the owner of runs that nobody works at."""
        now = self._clock.now()
        free = [
            record
            for record in (self._runs[run_id].record for run_id in sorted(self._open))
            if is_due(record, now) and (record.owner is None or record.owner not in living)
        ]
        taken = tuple(replace(record, owner=owner_id) for record in free[:limit])
        for record in taken:
            self._runs[record.id].standing = record
        return taken

    def _kept(self, run_id: str) -> _Kept:
        if run_id not in self._runs:
            raise run_not_found(run_id)
        return self._runs[run_id]

    def _keep(self, kept: _Kept, record: RunRecord) -> None:
        kept.standing = record
        if record.status.ended:
            self._open.discard(record.id)
        else:
            self._open.add(record.id)


def _refuse_riders(riders: Sequence[Rider]) -> None:
    if riders:
        raise ConfigurationError("A journal in memory has no tables for riders; use the database's journal.")


async def open_memory(url: str, clock: Clock) -> OpenedJournal:
    """The journal of `memory://`: a new one each time."""
    del url

    async def close() -> None:
        """Nothing is held."""

    return OpenedJournal(MemoryJournal(clock), close)
