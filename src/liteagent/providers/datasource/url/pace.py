"""The distance between two requests to one site."""

import anyio

from liteagent.providers.datasource.patience import Sleep

__all__ = ["Pace"]


class Pace:
    """Lets requests through one after the other.

    Args:
        delay: Seconds between the beginnings of two requests.
        sleep: Waits.
    """

    def __init__(self, delay: float, sleep: Sleep = anyio.sleep) -> None:
        self._delay = delay
        self._sleep = sleep
        self._next = 0.0

    def slow_down(self, delay: float) -> None:
        """Keep at least this distance from now on."""
        self._delay = max(self._delay, delay)

    async def turn(self) -> None:
        """Wait until the next request may begin."""
        now = anyio.current_time()
        begin = max(now, self._next)
        self._next = begin + self._delay
        if begin > now:
            await self._sleep(begin - now)
