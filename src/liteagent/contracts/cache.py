"""The socket for small shared state that may be lost: breakers, limits, cached answers."""

from typing import Protocol

__all__ = ["Cache"]


class Cache(Protocol):
    """Keys and bytes with a time to live. What must not be lost does not belong here.

    Each method is atomic, also between processes where the cache is shared. `ttl` is in seconds, counted from
    the write.
    """

    async def get(self, key: str) -> bytes | None:
        """The value; None where there is none, or no more."""
        ...

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep `value`, whatever was there."""
        ...

    async def replace(self, key: str, old: bytes | None, new: bytes, ttl: float) -> bool:
        """Keep `new` if the value is still `old` (None: nothing is there); whether it was."""
        ...

    async def increment(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter that starts at 0 and lives `ttl` from its first count; the new count."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the key."""
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...
