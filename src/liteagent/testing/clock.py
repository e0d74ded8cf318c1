"""A clock that moves only when it is told to."""

__all__ = ["ManualClock"]


class ManualClock:
    """A `Clock` for tests.

    >>> clock = ManualClock(100.0)
    >>> clock.advance(2.5)
    >>> clock.now()
    102.5
    """

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since the Unix epoch, as told."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass.

        Raises:
            ValueError: `seconds` is negative; time does not go back.
        """
        if seconds < 0:
            raise ValueError(f"Time does not go back: advance({seconds}).")
        self._now += seconds
