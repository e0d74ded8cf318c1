"""Children that stand ready, so that a run need not wait for a fork."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from liteagent_sandbox.forks import Child, Forks, StartError
from liteagent_sandbox.wire import FORK

__all__ = ["Stock"]


@dataclass(slots=True)
class Stock:
    """Those of one kind.

    Attributes:
        wanted: How many are to stand ready.
        memory: What each of them is made for.
    """

    forks: Forks
    kind: bytes
    wanted: int
    memory: int
    _ready: deque[Child] = field(default_factory=deque[Child])
    _coming: "set[asyncio.Task[None]]" = field(default_factory=set["asyncio.Task[None]"])

    async def take(self, memory: int) -> Child:
        """One for a run that may have so many bytes; it is used once.

        Raises:
            StartError: The server of forks has gone.
        """
        while self._ready and (self.kind == FORK or memory == self.memory):
            child = self._ready.popleft()
            if not child.exited.done():
                return child
            child.close()
        return await self.forks.child(self.kind, memory)

    def replenish(self) -> None:
        """Have as many forked as are wanted."""
        while len(self._ready) + len(self._coming) < self.wanted:
            task = asyncio.get_running_loop().create_task(self._bring())
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _bring(self) -> None:
        try:
            self._ready.append(await self.forks.child(self.kind, self.memory))
        except StartError:
            return

    async def close(self) -> None:
        """Let go of all."""
        self.discard()
        await asyncio.gather(*self._coming, return_exceptions=True)
        self.discard()

    def discard(self) -> None:
        """Stop having any."""
        self.wanted = 0
        for task in self._coming:
            task.cancel()
        while self._ready:
            child = self._ready.popleft()
            child.kill()
            child.close()
