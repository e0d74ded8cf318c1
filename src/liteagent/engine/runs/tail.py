"""A run at its newest event: its state, and the events that follow what is durable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from liteagent.contracts.clock import Clock
from liteagent.contracts.runs import Effect, Event, EventDraft, History, Journal, NewRun, Rider, RunRecord
from liteagent.contracts.streams import LiveStreams
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.performing import Outcome
from liteagent.engine.runs.protocol import RunKind, no_riders
from liteagent.engine.runs.snapshots import Snapshots

__all__ = ["EventRiders", "Opening", "Tail"]

S = TypeVar("S")

EventRiders: TypeAlias = Callable[[RunRecord, Ledger, Event], Sequence[Rider]]
"""Changes to the platform's tables that commit with an event of a run of any kind, given the ledger after it.
It is not asked about requests and results of effects."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A run that is not in the journal yet; it gets there with the first commit of its turn.

    Attributes:
        riders: What commits with its start.
        opened: Called once the run is durable.
    """

    run: NewRun
    riders: Sequence[Rider]
    opened: Callable[[], None]


class Tail(Generic[S]):
    """Gives events their places, folds them into the state, and commits them together."""

    def __init__(
        self,
        *,
        history: History,
        kind: RunKind[S],
        journal: Journal,
        clock: Clock,
        streams: LiveStreams,
        riders: EventRiders | None = None,
        opening: Opening | None = None,
    ) -> None:
        self._opening = opening
        self._program = kind.open(history.record, history.started.payload)
        self._apply = self._program.reducer.apply
        self._kind_riders = None if self._program.riders is no_riders else self._program.riders
        self._all_riders = riders
        self._snapshots: Snapshots[S] = Snapshots(self._program)
        self._journal = journal
        self._clock = clock
        self._streams = streams
        self._spoken: set[int] = set()
        self._fold(history)

    @property
    def record(self) -> RunRecord:
        """The run as it was when its journal was last read."""
        return self._record

    @property
    def state(self) -> S:
        """The state after every event so far."""
        return self._state

    @property
    def ledger(self) -> Ledger:
        """What the driver knows of the run."""
        return self._ledger

    def add(self, draft: EventDraft, *, not_before: float = 0.0) -> Event:
        """Give a draft the next place and fold it into the state.

        Args:
            draft: The event.
            not_before: Seconds since the epoch: an alarm that the clock lags behind has rung all the same.
        """
        now = self._clock.now()
        at = max(not_before, now)
        event = Event(self._run_id, self._ledger.head + 1, draft.type, draft.payload, at, draft.ref)
        self._ledger.apply(event)
        if self._all_riders is not None and draft.ref is None:
            self._riders.extend(self._all_riders(self._record, self._ledger, event))
        self._take_in(event)
        return event

    async def commit(self) -> None:
        """Make everything added so far durable, with its riders.

        Raises:
            FencedError: Somebody else has appended, or the run has ended.
        """
        if not self._batch:
            return
        batch: Sequence[Event] = self._batch
        if self._opening is not None:
            batch = await self._open(self._opening)
        else:
            snapshot = self._snapshots.due(self._state, self._ledger)
            self._snapshots.wrote(await self._journal.append(batch, self._riders, snapshot), snapshot)
        self._batch, self._heard = [], []
        if self._riders:
            self._riders = []
        self._streams.notify(self._run_id, batch)
        if self._spoken:
            self._forget_spoken()

    async def _open(self, opening: Opening) -> Sequence[Event]:
        """Commit the run's start with everything added so far; all of its events."""
        first = await self._journal.start(opening.run, (*opening.riders, *self._riders), self._batch)
        self._opening = None
        opening.opened()
        return (first, *self._batch)

    def _request(self, effect: Effect) -> int:
        """Ask for an effect; the seq of its request."""
        ledger, draft = self._ledger, effect.request()
        seq = ledger.head + 1
        ledger.begin(seq, effect)
        self._take_in(Event(self._run_id, seq, draft.type, draft.payload, self._clock.now()))
        return seq

    def _hear(self, outcome: Outcome) -> None:
        """Take in what an effect came to."""
        result = outcome.result
        for draft in result.before:
            self.add(draft)
        ledger = self._ledger
        seq, at = ledger.head + 1, self._clock.now()
        event = Event(self._run_id, seq, outcome.type, result.payload, at, outcome.request)
        ledger.end(seq, outcome.request)
        if result.riders:
            self._riders.extend(result.riders)
        self._take_in(event)
        for draft in result.after:
            self.add(draft)
        self._heard.append(outcome)

    def _take_in(self, event: Event) -> None:
        self._state = self._apply(self._state, event)
        self._batch.append(event)
        if self._kind_riders is not None:
            self._riders.extend(self._kind_riders(self._state, event))

    def _fold(self, history: History) -> None:
        """Begin at the newest event of `history`, with nothing that is not committed."""
        self._record, self._run_id = history.record, history.record.id
        self._batch: list[Event] = []
        self._riders: list[Rider] = []
        self._heard: list[Outcome] = []  # what the batch holds of results
        self._state, self._ledger = self._snapshots.restore(history)

    def _emit(self, seq: int, attempt: int, text: str) -> None:
        """Show live text of the effect requested at `seq`."""
        self._spoken.add(seq)
        self._streams.publish(self._run_id, seq, attempt, text)

    def _forget_spoken(self) -> None:
        """Texts whose result is in the journal are not live any more."""
        for seq in self._spoken - self._ledger.in_flight.keys():
            self._spoken.discard(seq)
            self._streams.drop(self._run_id, seq)
