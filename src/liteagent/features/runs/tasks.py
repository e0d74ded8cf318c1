"""The worker of the embedded product: works at every run that this process is woken for, and takes over the
runs of processes that died.
"""

import logging
from typing import Self

import anyio
import anyio.to_thread
from anyio import CancelScope
from anyio.abc import TaskGroup

from liteagent.contracts.runs import Journal, Ownership, RunRecord
from liteagent.engine.runs.driver import Driver
from liteagent.infra.system import release_memory

__all__ = ["RunWorker"]

_log = logging.getLogger(__name__)

_SWEEP_SECONDS = 5.0


class RunWorker:
    """An async context manager: while it is open, woken runs are advanced side by side.

    Args:
        concurrency: How many runs are worked at at once; the others wait their turn.
    """

    def __init__(
        self, driver: Driver, journal: Journal, ownership: Ownership, *, concurrency: int = 100
    ) -> None:
        self._driver = driver
        self._journal = journal
        self._ownership = ownership
        self._limiter = anyio.Semaphore(concurrency)
        self._active: dict[str, CancelScope] = {}
        self._again: set[str] = set()
        self._worked = False
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        """Take over what dead processes left, and keep looking for more."""
        self._group = await anyio.create_task_group().__aenter__()
        try:
            await self._take_over()
        except BaseException:
            await self.__aexit__()
            raise
        self._group.start_soon(self._sweep)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop at once; what was under way is taken over by the next process."""
        assert self._group is not None
        self._group.cancel_scope.cancel()
        await self._group.__aexit__(None, None, None)  # the error is the caller's, as it is
        self._group = None

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

    async def _work(self, run_id: str) -> None:
        try:
            with self._active[run_id]:
                async with self._limiter:
                    await self._advance(run_id)
        finally:
            del self._active[run_id]
            if run_id in self._again:
                self._again.discard(run_id)
                self.wake(run_id)
            self._worked = True

    async def _advance(self, run_id: str) -> None:
        try:
            await self._driver.advance(run_id)
        except Exception:  # noqa: BLE001  one run's misfortune must not stop the worker
            _log.exception("run %s", run_id)
            await self._give_up(run_id)

    async def _give_up(self, run_id: str) -> None:
        try:
            await self._driver.fail(run_id)
        except Exception:  # noqa: BLE001  the database itself is in trouble; the sweep tries again
            _log.exception("run %s could not be failed", run_id)

    async def _sweep(self) -> None:
        while True:
            await anyio.sleep(_SWEEP_SECONDS)
            await self._rest()
            try:
                await self._take_over()
            except Exception:  # noqa: BLE001  the database may be in trouble now and well in a moment
                _log.exception("looking for left runs")

    async def _rest(self) -> None:
        if self._worked and not self._active:
            self._worked = False
            await anyio.to_thread.run_sync(release_memory)

    async def _take_over(self) -> None:
        for record in await self._journal.runnable():
            if record.id not in self._active and self._is_ours(record):
                self.wake(record.id)

    def _is_ours(self, record: RunRecord) -> bool:
        """Ours to work at: nobody's, our own, or a dead process's."""
        own = record.owner is None or record.owner == self._ownership.owner_id
        return own or not self._ownership.is_alive(record.owner or "")
