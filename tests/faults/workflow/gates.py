"""Workers in one event loop that stop before and after each call they make, until they are let on."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import anyio.lowlevel

from liteagent.contracts.clock import Clock
from liteagent.contracts.runs import Event, History, Journal, NewRun, Rider, RunRecord, RunSummary, Snapshot
from liteagent.engine.runs.driver import Driver
from liteagent.engine.workflow.quiet import QuietStreams
from tests.faults.workflow.flows import FLOW, Call, flow_kind

__all__ = ["Gate", "GatedJournal", "GatedWorker", "settle"]

T = TypeVar("T")


@dataclass(slots=True)
class Gate:
    """Where a worker stops; what it does side by side stops side by side.

    Attributes:
        waiting: What it is about to do, or has just done.
        free: It stops no more.
        dead: It gets no further, whatever it tries.
    """

    waiting: list[tuple[str, asyncio.Future[None]]] = field(
        default_factory=list[tuple[str, "asyncio.Future[None]"]]
    )
    free: bool = False
    dead: bool = False

    async def around(self, what: str, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` gives, with a stop before it and one after it."""
        await self._stop(f"before {what}")
        result = await call()
        await self._stop(f"after {what}")
        return result

    def let_on(self, which: int = 0) -> None:
        """Open it for one step of one of those that wait."""
        if self.waiting:
            _, lets = self.waiting.pop(which % len(self.waiting))
            if not lets.done():
                lets.set_result(None)

    async def _stop(self, at: str) -> None:
        if self.dead:
            await anyio.sleep_forever()
        if not self.free:
            lets = asyncio.get_running_loop().create_future()
            self.waiting.append((at, lets))
            await lets


class GatedJournal:
    """A journal with a gate around every call; it notes who has appended what."""

    def __init__(self, journal: Journal, gate: Gate, note: Callable[[Sequence[Event]], None]) -> None:
        self._journal = journal
        self._gate = gate
        self._note = note

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        return await self._gate.around("start", lambda: self._journal.start(run, riders, events))

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        async def append() -> int:
            size = await self._journal.append(events, riders, snapshot)
            self._note(events)
            return size

        return await self._gate.around("append", append)

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        return await self._gate.around("read", lambda: self._journal.read(run_id, after, limit))

    async def get(self, run_id: str) -> RunRecord:
        return await self._gate.around("get", lambda: self._journal.get(run_id))

    async def history(self, run_id: str, up_to: int | None = None) -> History:
        return await self._gate.around("history", lambda: self._journal.history(run_id, up_to))

    async def summaries(self, run_ids: Sequence[str]) -> tuple[RunSummary, ...]:
        return await self._gate.around("summaries", lambda: self._journal.summaries(run_ids))

    async def take(self, owner_id: str, living: Collection[str], limit: int = 100) -> tuple[RunRecord, ...]:
        return await self._gate.around("take", lambda: self._journal.take(owner_id, living, limit))


@dataclass
class GatedWorker:
    """A worker process: it takes what nobody works at and advances it, one stop after the other.

    Attributes:
        owner: Its name in claims.
        wrote: By seq, what it has appended.
        errors: What it raised; nothing is right.
    """

    owner: str
    journal: Journal
    call: Call
    clock: Clock
    living: Callable[[], Collection[str]]
    driver_of: Callable[..., Driver] = Driver
    gate: Gate = field(default_factory=Gate)
    wrote: list[int] = field(default_factory=list[int])
    errors: list[BaseException] = field(default_factory=list[BaseException])
    _scope: anyio.CancelScope | None = None
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        """Put it together."""
        self._journal = GatedJournal(self.journal, self.gate, self._note)
        self.driver = self.driver_of(
            self._journal,
            {FLOW: flow_kind(self._call)},
            owner_id=self.owner,
            clock=self.clock,
            streams=QuietStreams(),
        )

    @property
    def busy(self) -> bool:
        """Whether it is at something."""
        return self._task is not None and not self._task.done()

    def sweep(self) -> None:
        """Begin to look for runs; to be called in the loop."""
        if not self.busy:
            self._task = asyncio.get_running_loop().create_task(self._sweep())

    def die(self) -> None:
        """Its process is killed: it gets no further, whatever it is at."""
        self.gate.dead = True
        if self._scope is not None:
            self._scope.cancel()

    async def _sweep(self) -> None:
        try:
            with anyio.CancelScope() as self._scope:
                for record in await self._journal.take(self.owner, _Living(self.living)):
                    await self.driver.advance(record.id, self._who_lives)
        except Exception as error:  # noqa: BLE001  the test says what to make of it
            self.errors.append(error)

    async def _who_lives(self) -> Collection[str]:
        return tuple(self.living())

    async def _call(self, run_id: str, step: str, key: str, value: int) -> int:
        return await self.gate.around(f"call {step}", lambda: self.call(run_id, step, key, value))

    def _note(self, events: Sequence[Event]) -> None:
        self.wrote += [event.seq for event in events]


class _Living(Collection[str]):
    """Who lives when the journal looks: between asking and taking, no process is born in real life either."""

    def __init__(self, living: Callable[[], Collection[str]]) -> None:
        self._living = living

    def __contains__(self, owner: object) -> bool:
        return owner in self._living()

    def __iter__(self) -> Iterator[str]:
        return iter(self._living())

    def __len__(self) -> int:
        return len(self._living())


async def settle() -> None:
    """Return when every task of this loop waits for something that only a test gives it."""
    loop: Any = asyncio.get_running_loop()
    while loop._ready:
        await anyio.lowlevel.checkpoint()
