"""What was read a moment ago, so that a hot path need not read it again."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from liteagent.contracts.clock import Clock

__all__ = ["Fresh"]

K = TypeVar("K")
V = TypeVar("V")


class Fresh(Generic[K, V]):
    """Values of this process that are read anew when they are `seconds` old.

    Args:
        clock: Tells how old they are.
        seconds: How long what somebody else has changed may go unnoticed.
        most: How many are kept; with one more, all are dropped.
    """

    def __init__(self, clock: Clock, seconds: float, most: int = 1_000) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._kept: dict[K, tuple[float, V]] = {}

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """The value of `key`, by `read` where it is not there or too old."""
        known, now = self._kept.get(key), self._clock.now()
        if known is not None and 0 <= now - known[0] < self._seconds:
            return known[1]
        value = await read()
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[key] = (now, value)
        return value

    def forget(self, key: K) -> None:
        """Read that one anew."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Read all of them anew."""
        self._kept.clear()
