"""Bugs planted on purpose: each must turn the harness red."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from liteagent.contracts.errors import FencedError
from liteagent.contracts.runs import (
    Effect,
    Event,
    History,
    Journal,
    Rider,
    RunRecord,
    RunSummary,
    Snapshot,
)
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Performer, Program
from liteagent.engine.runs.tail import Opening
from liteagent.engine.runs.turn import Turn

__all__ = [
    "BUGS",
    "EarlyJournal",
    "UnfencedJournal",
    "planted_driver",
    "planted_journal",
    "planted_program",
]

S = TypeVar("S")

BUGS: Mapping[str, str] = MappingProxyType(
    {
        "fence off": "a place that is taken is not refused: the events are given the next ones",
        "early ack": "an append is acknowledged before it is committed",
        "no key": "effects are performed without their idempotency key",
        "new key": "each try of an effect has a key of its own",
        "result dropped": "a result that meets a signal on its way to the journal is forgotten",
    }
)
"""What is wrong, by name."""


class UnfencedJournal:
    """A journal without its fence: whoever comes second is appended behind the first."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.start, self.read, self.get = journal.start, journal.read, journal.get
        self.history, self.summaries, self.take = journal.history, journal.summaries, journal.take

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        while True:
            try:
                return await self._journal.append(events, riders, snapshot)
            except FencedError:
                record = await self._journal.get(events[0].run_id)
                if record.status.ended:
                    return 0
                events = [replace(event, seq=record.head + n) for n, event in enumerate(events, 1)]
                snapshot = None


class EarlyJournal:
    """A journal that acknowledges an append at once, and commits it with the next one of that run.

    What is read through it is what was acknowledged.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._owed: dict[str, list[Event]] = {}
        self.start, self.take = journal.start, journal.take

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        run_id = events[0].run_id
        if owed := self._owed.pop(run_id, None):
            await self._journal.append(owed)
        if events[-1].type in ("run.completed", "run.failed"):
            return await self._journal.append(events, riders, snapshot)
        self._owed[run_id] = list(events)
        return 0

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        await self._settle(run_id)
        return await self._journal.read(run_id, after, limit)

    async def get(self, run_id: str) -> RunRecord:
        await self._settle(run_id)
        return await self._journal.get(run_id)

    async def history(self, run_id: str, up_to: int | None = None) -> History:
        await self._settle(run_id)
        return await self._journal.history(run_id, up_to)

    async def summaries(self, run_ids: Sequence[str]) -> tuple[RunSummary, ...]:
        for run_id in run_ids:
            await self._settle(run_id)
        return await self._journal.summaries(run_ids)

    async def _settle(self, run_id: str) -> None:
        if owed := self._owed.pop(run_id, None):
            await self._journal.append(owed)


class _ForgetfulTurn(Turn[S]):
    async def _rebase(self) -> None:
        self._heard = []
        await super()._rebase()


class _ForgetfulDriver(Driver):
    def _turn_of(self, history: History, opening: Opening | None = None) -> Turn[Any]:
        return _ForgetfulTurn(
            history=history,
            kind=self._kinds[history.record.kind],
            journal=self._journal,
            clock=self._clock,
            streams=self._streams,
            riders=self._riders,
            opening=opening,
        )


def planted_journal(bug: str, journal: Journal) -> Journal:
    """`journal`, with the bug if it is one of journals."""
    match bug:
        case "fence off":
            return UnfencedJournal(journal)
        case "early ack":
            return EarlyJournal(journal)
        case _:
            return journal


def planted_driver(bug: str) -> type[Driver]:
    """The driver, with the bug if it is one of drivers."""
    return _ForgetfulDriver if bug == "result dropped" else Driver


def planted_program(bug: str) -> Callable[[Program[Any]], Program[Any]]:
    """What makes a program have the bug, if it is one of programs."""
    keys: dict[str, Callable[[EffectContext], str]] = {
        "no key": lambda _context: "",
        "new key": lambda context: f"{context.key}:{context.attempt}",
    }
    key = keys.get(bug)
    if key is None:
        return lambda program: program
    return lambda program: replace(program, performers=_Keyed(program.performers, key))


class _Keyed(Mapping[str, Performer[Any]]):
    """Performers that are given another key."""

    def __init__(self, performers: Mapping[str, Performer[Any]], key: Callable[[EffectContext], str]) -> None:
        self._performers = performers
        self._key = key

    def __getitem__(self, kind: str) -> Performer[Any]:
        async def perform(effect: Effect, state: Any, context: EffectContext) -> EffectResult:
            return await self._performers[kind](effect, state, replace(context, key=self._key(context)))

        return perform

    def __iter__(self) -> Iterator[str]:
        return iter(self._performers)

    def __len__(self) -> int:
        return len(self._performers)
