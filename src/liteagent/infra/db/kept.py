"""What was read of the configuration, kept for a moment, or until this process changes something."""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from liteagent.infra.db.changes import Changes

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
        self._seconds = seconds
        self._most = most
        self._values: dict[K, tuple[int, float, V]] = {}

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """The value that is kept, or what `read` gives now. What it raises is not kept."""
        number, now = self._changes.number, time.monotonic()
        found = self._values.get(key)
        if found is not None and found[0] == number and now - found[1] < self._seconds:
            return found[2]
        value = await read()
        if len(self._values) >= self._most:
            self._values.clear()
        self._values[key] = (number, now, value)
        return value
