"""Sockets of which the n-th call fails, right before it takes effect or right after."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from liteagent.contracts.runs import Event, History, Journal, NewRun, Rider, RunRecord, RunSummary, Snapshot

__all__ = ["BrokenError", "Calls", "FailingJournal", "When"]

T = TypeVar("T")

When: TypeAlias = Literal["before", "after"]


class BrokenError(ConnectionError):
    """The failure that was planned."""


@dataclass(slots=True)
class Calls:
    """Counts the calls of every socket that it is given to, and breaks one of them.

    Attributes:
        fail_at: The number of the call that fails; 0 for none.
        when: Whether it fails before it has an effect, or after (its answer is lost).
        made: What was called, in order.
    """

    fail_at: int = 0
    when: When = "before"
    made: list[str] = field(default_factory=list[str])

    @property
    def broken(self) -> str:
        """The call that failed; empty where none did."""
        return self.made[self.fail_at - 1] if 0 < self.fail_at <= len(self.made) else ""

    async def __call__(self, what: str, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` gives, unless it is the one that fails."""
        self.made.append(what)
        fails = len(self.made) == self.fail_at
        if fails and self.when == "before":
            raise BrokenError(f"call {self.fail_at} ({what}) was broken before it took effect")
        result = await call()
        if fails:
            raise BrokenError(f"the answer to call {self.fail_at} ({what}) was lost")
        return result


class FailingJournal:
    """A journal whose every method is one of the calls."""

    def __init__(self, journal: Journal, calls: Calls) -> None:
        self._journal = journal
        self._calls = calls

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        return await self._calls("start", lambda: self._journal.start(run, riders, events))

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        return await self._calls("append", lambda: self._journal.append(events, riders, snapshot))

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        return await self._calls("read", lambda: self._journal.read(run_id, after, limit))

    async def get(self, run_id: str) -> RunRecord:
        return await self._calls("get", lambda: self._journal.get(run_id))

    async def history(self, run_id: str, up_to: int | None = None) -> History:
        return await self._calls("history", lambda: self._journal.history(run_id, up_to))

    async def summaries(self, run_ids: Sequence[str]) -> tuple[RunSummary, ...]:
        return await self._calls("summaries", lambda: self._journal.summaries(run_ids))

    async def take(self, owner_id: str, living: Collection[str], limit: int = 100) -> tuple[RunRecord, ...]:
        return await self._calls("take", lambda: self._journal.take(owner_id, living, limit))
