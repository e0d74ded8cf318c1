"""When a run's state is kept beside its events, and how it comes back.

A snapshot is due when the journal since the last one has outgrown that snapshot, and has 2,048 events or
1 MB: what snapshots cost stays proportional to what happened, and reading a run to its state. One event
folds in some 20 µs whatever its size, so a run of two thousand small ones is read in no time without any.
"""

from dataclasses import replace
from typing import Generic, TypeVar

import orjson

from liteagent.contracts.runs import History, Journal, Snapshot
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.protocol import Program

__all__ = ["Snapshots", "UnreadableSnapshotError", "without_snapshot"]

S = TypeVar("S")

_MOST_EVENTS = 2_048
_MOST_BYTES = 1_000_000


class UnreadableSnapshotError(Exception):
    """The snapshot is another version's, or this one keeps none: fold the whole journal instead."""


async def without_snapshot(journal: Journal, history: History) -> History:
    """The same history as events alone."""
    events = await journal.read(history.record.id, limit=history.record.head)
    kept = len(history.snapshot.body) if history.snapshot else 0
    return replace(history, snapshot=None, events=events, tail_bytes=history.tail_bytes + kept)


class Snapshots(Generic[S]):
    """The snapshots of one run."""

    def __init__(self, program: Program[S]) -> None:
        self._codec = program.codec
        self._reducer = program.reducer
        self._tail = 0
        self._last = 0
        self._seq = 0

    def due(self, state: S, ledger: Ledger) -> Snapshot | None:
        """The snapshot that is to go with the next commit, if one is due."""
        if ledger.head - self._seq < _MOST_EVENTS and self._tail < _MOST_BYTES:
            return None
        if self._codec is None or self._tail <= self._last or ledger.status.ended:
            return None
        body = orjson.dumps({"ledger": ledger.dump(), "state": self._codec.dump(state)})
        return Snapshot(ledger.head, body.decode())

    def wrote(self, events: int, snapshot: Snapshot | None) -> None:
        """Note what a commit has added: `events` bytes of payloads, and perhaps a snapshot."""
        if snapshot is None:
            self._tail += events
        else:
            self._tail, self._last, self._seq = 0, len(snapshot.body), snapshot.seq

    def restore(self, history: History) -> tuple[S, Ledger]:
        """State and ledger after the last event of `history`.

        Raises:
            UnreadableSnapshotError: Its snapshot is of no use here.
        """
        state, ledger = self._base(history.snapshot)
        apply, note = self._reducer.apply, ledger.apply
        for event in history.events:
            state = apply(state, event)
            note(event)
        self._tail = history.tail_bytes
        return state, ledger

    def _base(self, snapshot: Snapshot | None) -> tuple[S, Ledger]:
        if snapshot is None:
            self._last = self._seq = 0
            return self._reducer.initial, Ledger()
        if self._codec is None:
            raise UnreadableSnapshotError
        self._last, self._seq = len(snapshot.body), snapshot.seq
        try:
            kept = orjson.loads(snapshot.body)
            return self._codec.load(kept["state"]), Ledger.load(kept["ledger"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableSnapshotError from error
