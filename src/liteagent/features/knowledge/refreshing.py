"""Indexes data sources by themselves: when their time has come, and when a watched folder has changed."""

import logging
from collections.abc import AsyncIterator
from typing import Protocol, Self, runtime_checkable

import anyio
from anyio import CancelScope
from anyio.abc import TaskGroup

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.identity import Principal
from liteagent.features.knowledge import repository
from liteagent.features.knowledge.models import DataSourceRow
from liteagent.features.knowledge.opening import SourceOpener
from liteagent.features.knowledge.service import DataSourceService
from liteagent.infra.db.database import Database
from liteagent.infra.ticker import Ticker

__all__ = ["Refresher"]

_log = logging.getLogger(__name__)

_REST_AFTER_FAILURE = 60.0


@runtime_checkable
class _Watched(Protocol):
    """A source that can say when it has changed."""

    def watch(self) -> AsyncIterator[None]: ...


class Refresher:
    """An async context manager: while it is open, data sources keep themselves up to date.

    Args:
        look_seconds: How often it looks for what is due, and for what is to be watched.
    """

    def __init__(
        self,
        database: Database,
        service: DataSourceService,
        opener: SourceOpener,
        clock: Clock,
        *,
        look_seconds: float = 5.0,
    ) -> None:
        self._database = database
        self._service = service
        self._opener = opener
        self._clock = clock
        self._ticker = Ticker(self.look, every=look_seconds, what="looking for data sources to index")
        self._watches: dict[str, CancelScope] = {}
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._group = await anyio.create_task_group().__aenter__()
        self._group.start_soon(self._ticker.run)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop at once."""
        if self._group is not None:
            self._group.cancel_scope.cancel()
            await self._group.__aexit__(None, None, None)
            self._group = None

    async def look(self) -> None:
        """Start what is due now, and watch what is to be watched and no more than that."""
        await self._service.index_due(self._clock.now())
        watched = await self._database.read(repository.sources_watched)
        for datasource_id in self._watches.keys() - watched.keys():
            self._watches.pop(datasource_id).cancel()
        assert self._group is not None
        for datasource_id in watched.keys() - self._watches.keys():
            self._watches[datasource_id] = CancelScope()
            self._group.start_soon(self._watch, watched[datasource_id], self._watches[datasource_id])

    async def _watch(self, row: DataSourceRow, scope: CancelScope) -> None:
        with scope:
            try:
                source = self._opener.open(row)
                if isinstance(source, _Watched):
                    async for _ in source.watch():
                        await self._service.index(Principal(row.workspace_id), row.id)
            except LiteAgentError as error:
                _log.warning("data source %s cannot be watched: %s", row.id, error.message)
                await anyio.sleep(_REST_AFTER_FAILURE)
            self._watches.pop(row.id, None)
