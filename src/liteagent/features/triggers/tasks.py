"""Keeps triggers going while it is open: moments come, runs are started, receivers are told."""

import logging
from typing import Self

import anyio
from anyio.abc import TaskGroup

from liteagent.contracts.clock import Clock
from liteagent.features.triggers import repository
from liteagent.features.triggers.delivering import Deliveries, Held
from liteagent.features.triggers.scheduling import Scheduler
from liteagent.features.triggers.telling import Listeners
from liteagent.infra.db.database import Database
from liteagent.infra.ticker import Ticker

__all__ = ["TriggerWorker"]

_log = logging.getLogger(__name__)

_KEPT_SECONDS = 30 * 86_400.0
_TIDY_SECONDS = 3_600.0


class TriggerWorker:
    """An async context manager: while it is open, triggers do what they have to.

    Any number of processes may have one open on the same database.

    Args:
        look_seconds: How often it looks for what is due.
        most_at_once: How many deliveries it attempts side by side.
    """

    def __init__(
        self,
        database: Database,
        scheduler: Scheduler,
        deliveries: Deliveries,
        listeners: Listeners,
        clock: Clock,
        *,
        look_seconds: float = 1.0,
        most_at_once: int = 20,
    ) -> None:
        self._database = database
        self._scheduler = scheduler
        self._deliveries = deliveries
        self._listeners = listeners
        self._clock = clock
        self._ticker = Ticker(self.look, every=look_seconds, what="looking for what triggers have to do")
        self._free = most_at_once
        self._tidied_at = clock.now()
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        await self._listeners.refresh()
        self._group = await anyio.create_task_group().__aenter__()
        self._group.start_soon(self._ticker.run)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop at once; what is under way is done anew by whoever comes next."""
        if self._group is not None:
            self._group.cancel_scope.cancel()
            await self._group.__aexit__(None, None, None)
            self._group = None

    async def look(self) -> None:
        """Let moments come, and begin to attempt what is due; outside of the context, attempt it all."""
        await self._scheduler.look()
        await self._listeners.refresh()
        for held in await self._due():
            self._free -= 1
            if self._group is None:
                await self._attempt(held)
            else:
                self._group.start_soon(self._attempt, held)
        await self._tidy()

    async def _due(self) -> list[Held]:
        now = self._clock.now()
        if self._free < 1:
            return []
        if not await self._database.read(lambda session: repository.has_due_deliveries(session, now)):
            return []
        return await self._deliveries.take(self._free)

    async def _attempt(self, held: Held) -> None:
        try:
            await self._deliveries.attempt(held)
        except Exception:  # noqa: BLE001  the database is in trouble: it is due again in a while
            _log.exception("delivery %s could not be settled", held.delivery.id)
        finally:
            self._free += 1

    async def _tidy(self) -> None:
        now = self._clock.now()
        if now - self._tidied_at >= _TIDY_SECONDS:
            self._tidied_at = now
            await self._database.write(
                lambda session: repository.forget_settled(session, now - _KEPT_SECONDS)
            )
