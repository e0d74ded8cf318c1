"""How fast a vendor is asked: several calls at once, fewer after a 429, and none before it wants one."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import anyio

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ProviderError, ProviderRateLimitedError
from liteagent.engine.resilience.retry import PASSING, Random, RetryPolicy

__all__ = ["Pace", "Sleep"]

T = TypeVar("T")

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class Pace:
    """Makes calls, at most `parallel` at once.

    A 429 halves how many may run and holds all of them back for as long as the vendor asked; as many
    successes in a row as may run let one more run.

    Args:
        parallel: Most calls at once.
        policy: When to try again.
        clock: Measures how long calls are held back.
        sleep: Waits.
        jitter: Spreads the waits.
    """

    def __init__(
        self, parallel: int, policy: RetryPolicy, clock: Clock, sleep: Sleep, jitter: Random
    ) -> None:
        self._parallel = parallel
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._slots: anyio.CapacityLimiter | None = None
        self._width = parallel
        self._streak = 0
        self._not_before = 0.0
        self._epoch = 0
        self.retries = 0
        """How many calls were made again."""

    @property
    def width(self) -> int:
        """How many calls may run at once now."""
        return self._width

    async def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` returns, tried again where a second try may help.

        Raises:
            ProviderError: Trying again is of no use, or was of none.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(work)
            except PASSING as error:
                wait = self._policy.wait(error, attempt, self._jitter)
                if wait is None:
                    raise
                self.retries += 1
                self._hold(error, wait)
            await self._sleep(wait)

    async def _once(self, work: Callable[[], Awaitable[T]]) -> T:
        # Made here, since what makes a Pace may run in a thread without an event loop.
        self._slots = slots = self._slots or anyio.CapacityLimiter(self._parallel)
        async with slots:
            while (wait := self._not_before - self._clock.now()) > 0:
                await self._sleep(wait)
            epoch = self._epoch
            try:
                result = await work()
            except ProviderRateLimitedError:
                self._narrow(epoch)
                raise
        self._widen()
        return result

    def _hold(self, error: ProviderError, wait: float) -> None:
        if isinstance(error, ProviderRateLimitedError):
            self._not_before = max(self._not_before, self._clock.now() + wait)

    def _narrow(self, epoch: int) -> None:
        self._streak = 0
        if epoch == self._epoch:  # calls that were refused together count as one refusal
            self._epoch += 1
            self._set_width(max(1, self._width // 2))

    def _widen(self) -> None:
        self._streak += 1
        if self._streak >= self._width and self._width < self._parallel:
            self._streak = 0
            self._set_width(self._width + 1)

    def _set_width(self, width: int) -> None:
        self._width = width
        if self._slots is not None:
            self._slots.total_tokens = width
