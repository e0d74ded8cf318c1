"""The worker of the embedded product: works at every run that this process is woken for, and takes over the
runs of processes that died, and runs that waited for a moment that has come.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Self

import anyio
import anyio.to_thread
from anyio import CancelScope
from anyio.abc import TaskGroup

from liteagent.contracts.clock import Clock
from liteagent.contracts.runs import Journal, NewRun, Ownership, Rider
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.turn import Rest
from liteagent.infra.system import release_memory

__all__ = ["RunWorker"]

_log = logging.getLogger(__name__)

_STUMBLES, _STUMBLE_SECONDS = 3, 0.2
"""How often a run may fail in a way that no run should, and the seconds that it rests after the first time.
A store that is away for a moment ends no run; what is wrong with the run itself comes again."""


class RunWorker:
    """An async context manager: while it is open, woken runs are advanced side by side.

    Args:
        concurrency: How many runs are worked at at once that were found or woken; the others wait their turn.
        most_at_once: How many there may be for a run that was just begun to be worked at without a wait.
        beat_seconds: How often it shows that it lives.
        sweep_seconds: How often it looks for runs that nobody works at.
    """

    def __init__(
        self,
        driver: Driver,
        journal: Journal,
        ownership: Ownership,
        clock: Clock,
        *,
        concurrency: int = 100,
        most_at_once: int = 4000,
        beat_seconds: float = 5.0,
        sweep_seconds: float = 5.0,
    ) -> None:
        self._driver = driver
        self._journal = journal
        self._ownership = ownership
        self._clock = clock
        self._concurrency = concurrency
        self._most_at_once = most_at_once
        self._beat_seconds = beat_seconds
        self._sweep_seconds = sweep_seconds
        self._limiter = anyio.Semaphore(concurrency)
        self._active: dict[str, CancelScope] = {}
        self._again: set[str] = set()
        self._left: set[str] = set()
        self._stumbles: Counter[str] = Counter()
        self._more = False
        self._worked = False
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        """Take over what dead processes left, and keep looking for more."""
        self._group = await anyio.create_task_group().__aenter__()
        try:
            await self._ownership.beat()
            await self.sweep()
        except BaseException:
            await self.__aexit__()
            raise
        self._group.start_soon(self._every, self._sweep_seconds, self._tidy_and_sweep)
        self._group.start_soon(self._every, self._beat_seconds, self._ownership.beat)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop at once; what was under way is taken over by the next process."""
        assert self._group is not None
        self._group.cancel_scope.cancel()
        await self._group.__aexit__(None, None, None)  # the error is the caller's, as it is
        self._group = None

    async def begin(self, run: NewRun, riders: Sequence[Rider] = ()) -> None:
        """Start a run and work at it at once; when this returns it is durable.

        Raises:
            ConflictError: There is such a run.
        """
        if self._group is None or len(self._active) >= self._most_at_once:
            await self._journal.start(run, riders)
            self.wake(run.id)
            return
        accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._active[run.id] = CancelScope()
        self._group.start_soon(self._work_at_new, run, riders, accepted)
        await asyncio.shield(accepted)

    def wake(self, run_id: str) -> None:
        """See to it that the run is worked at from its newest event on."""
        if self._group is None:
            return  # whoever opens a worker on this journal next finds the run
        if run_id in self._active:
            self._again.add(run_id)
            return
        self._active[run_id] = CancelScope()
        self._group.start_soon(self._work, run_id)

    def interrupt(self, run_id: str) -> None:
        """Stop the effects of a run that was ended from outside."""
        if scope := self._active.get(run_id):
            self._again.discard(run_id)
            scope.cancel()

    async def sweep(self) -> None:
        """Take over what nobody works at, and look again at what could not be brought on."""
        left, self._left = self._left, set()
        for run_id in left:
            self.wake(run_id)
        free = self._concurrency - len(self._active)
        if free > 0:
            living = await self._ownership.living()
            taken = await self._journal.take(self._ownership.owner_id, living, free)
            self._more = len(taken) == free
            for record in taken:
                self.wake(record.id)

    async def _refill(self) -> None:
        """There may be more than was taken, and half of it is worked off."""
        try:
            await self.sweep()
        except Exception:  # noqa: BLE001  the next sweep comes anyway
            _log.exception("looking for more runs")

    async def _work_at_new(
        self, run: NewRun, riders: Sequence[Rider], accepted: "asyncio.Future[None]"
    ) -> None:
        rest: Rest | None = None
        try:
            with self._active[run.id]:
                rest = await self._driver.launch(run, riders, partial(_accept, accepted))
        except Exception as error:  # noqa: BLE001  one run's misfortune must not stop the worker
            if not accepted.done():
                accepted.set_exception(error)
            elif not accepted.cancelled():
                self._stumble(run.id)
        finally:
            accepted.cancel()  # whoever waits for a run that was broken off before it was there
            self._left_off(run.id)
        self._rested(run.id, rest)

    async def _work(self, run_id: str) -> None:
        rest: Rest | None = None
        try:
            with self._active[run_id]:
                async with self._limiter:
                    rest = await self._advance(run_id)
        finally:
            self._left_off(run_id)
        self._rested(run_id, rest)

    def _left_off(self, run_id: str) -> None:
        del self._active[run_id]
        if run_id in self._again:
            self._again.discard(run_id)
            self.wake(run_id)
        self._worked = True

    def _rested(self, run_id: str, rest: Rest | None) -> None:
        if self._more and self._group is not None and 2 * len(self._active) <= self._concurrency:
            self._more = False
            self._group.start_soon(self._refill)
        if rest is not None and rest.until is not None:
            self._set_alarm(run_id, rest.until)

    async def _advance(self, run_id: str) -> Rest | None:
        try:
            rest = await self._driver.advance(run_id, self._ownership.living)
        except Exception:  # noqa: BLE001  one run's misfortune must not stop the worker
            if self._stumble(run_id):
                return None
            _log.exception("run %s", run_id)
            await self._give_up(run_id)
            rest = None
        self._stumbles.pop(run_id, None)
        return rest

    def _stumble(self, run_id: str) -> bool:
        """Count a failure that no run should have; whether the run is tried again."""
        self._stumbles[run_id] += 1
        if self._stumbles[run_id] >= _STUMBLES or self._group is None:
            return False
        _log.warning("run %s stumbled and is tried again", run_id, exc_info=True)
        self._group.start_soon(self._wake_after, run_id, _STUMBLE_SECONDS * self._stumbles[run_id])
        return True

    async def _give_up(self, run_id: str) -> None:
        try:
            await self._driver.fail(run_id)
        except Exception:  # noqa: BLE001  the database itself is in trouble; the sweep tries again
            _log.exception("run %s could not be failed", run_id)
            self._left.add(run_id)

    def _set_alarm(self, run_id: str, until: float) -> None:
        seconds = until - self._clock.now()
        if self._group is not None and seconds < 2 * self._sweep_seconds:
            self._group.start_soon(self._wake_after, run_id, max(0.0, seconds))

    async def _wake_after(self, run_id: str, seconds: float) -> None:
        await anyio.sleep(seconds)
        self.wake(run_id)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await anyio.sleep(seconds)
            try:
                await work()
            except Exception:  # noqa: BLE001  the database may be in trouble now and well in a moment
                _log.exception("looking after runs")

    async def _tidy_and_sweep(self) -> None:
        if self._worked and not self._active:
            self._worked = False
            await anyio.to_thread.run_sync(release_memory)
        await self.sweep()
        await self._look_around()

    async def _look_around(self) -> None:
        """Notice what other processes have appended to the runs that are worked at here."""
        for run_id in list(self._active):
            if self._driver.head(run_id) is None:
                continue  # it has not begun
            record = await self._journal.get(run_id)
            head = self._driver.head(run_id)
            if record.status.ended and head is not None and head < record.head:
                self.interrupt(run_id)
            elif head is not None and head < record.head:
                self._driver.poke(run_id)


def _accept(accepted: "asyncio.Future[None]") -> None:
    if not accepted.done():
        accepted.set_result(None)
