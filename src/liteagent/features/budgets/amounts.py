"""What is spent: money in nano-dollars, tokens, model calls, milliseconds."""

from dataclasses import dataclass

__all__ = ["AMOUNTS", "Amounts", "Limits", "nano", "usd"]

AMOUNTS = ("money", "tokens", "steps", "milliseconds")
"""The names of what can be limited."""

_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Amounts:
    """What was, or may be, spent by a call.

    Attributes:
        money: Nano-dollars; None where no price is known.
        steps: Model calls.
    """

    money: int | None = 0
    tokens: int = 0
    steps: int = 0
    milliseconds: int = 0

    def of(self, name: str) -> int:
        """The amount of that name; unknown money counts as none."""
        return getattr(self, name) or 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that may be spent; None does not limit."""

    money: int | None = None
    tokens: int | None = None
    steps: int | None = None
    milliseconds: int | None = None

    def of(self, name: str) -> int | None:
        """The limit of that name."""
        return getattr(self, name)


def nano(dollars: float) -> int:
    """US dollars as nano-dollars."""
    return round(dollars * _NANO)


def usd(money: int) -> float:
    """Nano-dollars as US dollars."""
    return money / _NANO
