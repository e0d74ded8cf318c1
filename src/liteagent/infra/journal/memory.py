"""A journal in memory: for library runs and tests. It has no tables, so it takes no riders."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

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
)

__all__ = ["MemoryJournal", "open_memory"]

_KEPT_FOR_LIBRARY_RUNS = 1_000


_Body: TypeAlias = tuple[str, str, float, int | None]
"""What is kept of an event beside its place: type, payload, at, ref. As JSON a payload is what a database
would give back, whatever its author goes on to do with it; and as text, since the bytes that the encoder
returns hold on to some kilobytes each."""


@dataclass(slots=True)
class _Kept:
    """A run."""

    standing: RunRecord
    bodies: list[_Body] = field(default_factory=list[_Body])
    snapshots: list[Snapshot] = field(default_factory=list[Snapshot])

    @property
    def record(self) -> RunRecord:
        return replace(self.standing, head=len(self.bodies))

    def read(self, after: int = 0, stop: int | None = None) -> tuple[Event, ...]:
        run_id = self.standing.id
        return tuple(
            Event(run_id, seq, type_, orjson.loads(payload), at, ref)
            for seq, (type_, payload, at, ref) in enumerate(self.bodies[after:stop], after + 1)
        )


class MemoryJournal:
    """Keeps runs as long as the process lives.

    Args:
        keep: How many of the runs that have ended; those that ended first are forgotten first. None: all.
    """

    def __init__(self, clock: Clock, keep: int | None = None) -> None:
        self._clock = clock
        self._keep = keep
        self._runs: dict[str, _Kept] = {}
        self._open: set[str] = set()
        self._ended: deque[str] = deque()

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        """Create a run with `run.started` as event 1, and `events` after it."""
        if riders:
            raise _no_tables()
        if run.id in self._runs:
            raise run_exists(run.id)
        first = run.started(self._clock.now())
        kept = _Kept(opened(run, first, events), _bodies((first, *events))[0])
        self._runs[run.id] = kept
        self._file(kept.standing)
        return first

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        """Append consecutive events, all or nothing."""
        if riders:
            raise _no_tables()
        kept = self._kept(events[0].run_id)
        before, bodies = kept.standing, kept.bodies
        check_place(events, before, len(bodies))
        added, size = _bodies(events)
        bodies += added
        if snapshot is not None:
            kept.snapshots.append(snapshot)
        after = moved(before, events)
        if after is not before:
            kept.standing = after
            self._file(after)
        return size

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
        size = sum(len(payload.encode()) for _, payload, _, _ in kept.bodies[begin:stop])
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
        kept = self._runs.get(run_id)
        if kept is None:
            raise run_not_found(run_id)
        return kept

    def _file(self, record: RunRecord) -> None:
        """Put a run among the open ones, or among those that have ended."""
        if not record.status.ended:
            self._open.add(record.id)
            return
        self._open.discard(record.id)
        if self._keep is not None:
            self._ended.append(record.id)
            while len(self._ended) > self._keep:
                del self._runs[self._ended.popleft()]


def _bodies(events: Sequence[Event]) -> tuple[list[_Body], int]:
    """What is kept of events, and the bytes of their payloads."""
    size, bodies = 0, list[_Body]()
    for event in events:
        payload = encode(event.payload)
        size += len(payload)
        bodies.append((event.type, payload.decode(), event.at, event.ref))
    return bodies, size


def _no_tables() -> ConfigurationError:
    return ConfigurationError("A journal in memory has no tables for riders; use the database's journal.")


async def open_memory(url: str, clock: Clock) -> OpenedJournal:
    """The journal of `memory://`: a new one each time, which keeps the last thousand runs that have ended."""
    del url

    async def close() -> None:
        """Nothing is held."""

    return OpenedJournal(MemoryJournal(clock, _KEPT_FOR_LIBRARY_RUNS), close)
