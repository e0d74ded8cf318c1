"""Time and identity are handed in: the sockets that engines read them from."""

from typing import Protocol

__all__ = ["Clock", "IdSource"]


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> float:
        """Seconds since the Unix epoch, UTC."""
        ...


class IdSource(Protocol):
    """Where new ids come from."""

    def __call__(self) -> str:
        """A fresh UUID in its canonical text form."""
        ...
