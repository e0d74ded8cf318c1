"""What was read of the configuration, kept for a moment, or until this process changes something."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from liteagent.infra.cache.fresh import Fresh
from liteagent.infra.db.changes import Changes
from liteagent.infra.system import SystemClock

__all__ = ["Kept"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key.

    Args:
        changes: Whose every change makes all that is kept void.
        seconds: How long another process's change may go unnoticed.
        most: How many are kept.
    """

    def __init__(self, changes: Changes, *, seconds: float = 1.0, most: int = 1000) -> None:
        self._changes = changes
        self._fresh: Fresh[tuple[int, K], V] = Fresh(SystemClock(), seconds, most)

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """The value that is kept, or what `read` gives now. What it raises is not kept."""
        return await self._fresh.get((self._changes.number, key), read)
