"""A cache in this process's memory."""

from collections import OrderedDict

from liteagent.contracts.clock import Clock

__all__ = ["MemoryCache"]


class MemoryCache:
    """A `Cache` that holds `limit` keys at most: the one that was longest not touched goes first.

    Its methods never wait for anything, so each is atomic.
    """

    def __init__(self, clock: Clock, limit: int = 10_000) -> None:
        self._clock = clock
        self._limit = limit
        self._entries: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def get(self, key: str) -> bytes | None:
        """The value; None where there is none, or no more."""
        return self._find(key)

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep `value`, whatever was there."""
        self._keep(key, value, self._clock.now() + ttl)

    async def replace(self, key: str, old: bytes | None, new: bytes, ttl: float) -> bool:
        """Keep `new` if the value is still `old` (None: nothing is there); whether it was."""
        if self._find(key) != old:
            return False
        self._keep(key, new, self._clock.now() + ttl)
        return True

    async def increment(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter that starts at 0 and lives `ttl` from its first count; the new count."""
        known = self._find(key)
        count = int(known or b"0") + by
        until = self._clock.now() + ttl if known is None else self._entries[key][1]
        self._keep(key, str(count).encode(), until)
        return count

    async def delete(self, key: str) -> None:
        """Forget the key."""
        self._entries.pop(key, None)

    async def aclose(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def _find(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, until = entry
        if self._clock.now() >= until:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def _keep(self, key: str, value: bytes, until: float) -> None:
        self._entries[key] = (value, until)
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
