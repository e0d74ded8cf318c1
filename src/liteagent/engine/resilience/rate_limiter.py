"""How many calls run at once: the rest wait for their turn, in order."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

__all__ = ["ConcurrencyLimiter"]


class ConcurrencyLimiter:
    """Lets at most `limit` calls of this process run at once.

    Args:
        limit: None lets all of them.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._slots: anyio.CapacityLimiter | None = None

    @property
    def running(self) -> int:
        """How many calls hold a place; 0 where there is no limit."""
        return 0 if self._slots is None else self._slots.borrowed_tokens

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Wait for a place, and give it back at the end."""
        if self._limit is None:
            yield
            return
        # Made here, since what makes a limiter may run in a thread without an event loop.
        self._slots = slots = self._slots or anyio.CapacityLimiter(self._limit)
        borrower = object()  # not the task: one task may hold several places
        await slots.acquire_on_behalf_of(borrower)
        try:
            yield
        finally:
            slots.release_on_behalf_of(borrower)
