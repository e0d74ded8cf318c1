"""Looks for what is due, again and again, whatever happens to a look."""

import logging
from collections.abc import Awaitable, Callable

import anyio

__all__ = ["Ticker"]

_log = logging.getLogger(__name__)


class Ticker:
    """Calls `look` every few seconds.

    Args:
        look: Looks once. What it raises is logged, and the next look may go better.
        every: Seconds between two looks.
        what: What is being done, for the log.
    """

    def __init__(self, look: Callable[[], Awaitable[None]], *, every: float, what: str) -> None:
        self._look = look
        self._every = every
        self._what = what

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self._look()
            except Exception:  # noqa: BLE001  whatever it was, the next look may go well
                _log.exception("%s failed; it is tried again", self._what)
            await anyio.sleep(self._every)
