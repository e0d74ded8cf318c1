"""Waiting for something that has no event to wait for."""

from collections.abc import Awaitable, Callable

import anyio

__all__ = ["until"]


async def until(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Return once `condition` holds.

    Raises:
        TimeoutError: It does not within `seconds`.
    """
    with anyio.fail_after(seconds):
        while True:
            if await condition():
                return
            await anyio.sleep(0.02)
