"""How long one call may spend waiting for a server."""

import time
from collections.abc import Awaitable
from typing import TypeVar

import anyio

__all__ = ["Patience"]

T = TypeVar("T")


class Patience:
    """The total time that one call may spend waiting; the caller's own time in between is not counted."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """The awaitable's result.

        Raises:
            TimeoutError: The time is used up.
        """
        began = time.monotonic()
        try:
            with anyio.fail_after(max(0.0, self._left)):
                return await awaitable
        finally:
            self._left -= time.monotonic() - began
