"""Tasks that perform effects side by side."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from liteagent.engine.runs.performing import Outcome

__all__ = ["Crew"]

S = TypeVar("S")


class Crew(Generic[S]):
    """Performs effects, as many at a time as there are.

    A task that has ended an effect goes on with the next one. While effects are left others stand by, as many
    as are at work, which take over when the first has to wait: so effects that never wait need no task each,
    and those that do wait are all begun within a few turns of the loop.

    Args:
        perform: Performs the effect requested at a seq, with the state there.
    """

    def __init__(self, perform: Callable[[int, S], Awaitable[Outcome]]) -> None:
        self._perform = perform
        self._todo: deque[tuple[int, S]] = deque()
        self._arrived: deque[Outcome] = deque()
        self._arrival = anyio.Event()
        self._at_work = 0
        self._standing_by = 0
        self.performing: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether anything is being performed, or has arrived and was not taken."""
        return bool(self.performing or self._arrived)

    def begin(self, group: TaskGroup, seq: int, state: S) -> None:
        """Perform the effect requested at `seq`."""
        self.performing.add(seq)
        self._todo.append((seq, state))
        self._call(group)

    def stop(self) -> None:
        """What was not begun will not be: the group is cancelled."""
        self._todo.clear()

    def wake(self) -> None:
        """End the wait for the next result."""
        self._arrival.set()

    async def wait(self, timeout: float | None) -> bool:
        """Wait for a result, or to be woken, `timeout` seconds at most; whether it was in vain."""
        if timeout is None:
            await self._arrival.wait()
        else:
            with anyio.move_on_after(timeout) as scope:
                await self._arrival.wait()
            if scope.cancelled_caught:
                return True
        self._arrival = anyio.Event()
        return False

    def take(self) -> Outcome | None:
        """The next result that is there."""
        if not self._arrived:
            return None
        outcome = self._arrived.popleft()
        self.performing.discard(outcome.request)
        return outcome

    def _call(self, group: TaskGroup) -> None:
        while self._standing_by < min(len(self._todo), max(1, self._at_work)):
            self._standing_by += 1
            group.start_soon(self._work, group)

    async def _work(self, group: TaskGroup) -> None:
        self._standing_by -= 1
        self._at_work += 1
        try:
            while self._todo:
                seq, state = self._todo.popleft()
                self._call(group)
                self._arrived.append(await self._perform(seq, state))
                self._arrival.set()
        finally:
            self._at_work -= 1
