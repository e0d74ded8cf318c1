"""When a call that failed is worth another try, and how long to wait before it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from liteagent.contracts.errors import (
    ProviderError,
    ProviderRateLimitedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)

__all__ = ["PASSING", "Random", "RetryPolicy"]

Random: TypeAlias = Callable[[], float]
"""A random number in [0, 1)."""

PASSING = (ProviderUnavailableError, ProviderTimeoutError, ProviderRateLimitedError)
"""Failures that may be over by the next try; every other one would come back the same."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again; all times are in seconds.

    Attributes:
        attempts: Most calls, the first one included.
        first_wait: Longest wait before the second; it doubles from one to the next.
        longest_wait: What it doubles up to.
        patience: A vendor that asks to be left alone for longer is not waited for: its error goes on.
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 30.0
    patience: float = 120.0

    def wait(self, error: ProviderError, attempt: int, random: Random) -> float | None:
        """Seconds until the next call, after number `attempt` has failed; None if there is to be none.

        Without a word from the vendor it is a random part of the back-off (full jitter), so that callers
        who failed together don't come back together; with one, at least that.
        """
        if attempt >= self.attempts or (error.retry_after or 0) > self.patience:
            return None
        doubled = self.first_wait * 2.0 ** min(attempt - 1, 30)
        return (error.retry_after or 0) + random() * min(self.longest_wait, doubled)
