"""The windows of time in which a budget counts: pure arithmetic, in UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

__all__ = ["Period", "Window", "window"]

Period: TypeAlias = Literal["run", "hour", "day", "month", "total"]
"""`run`: each run anew; `total`: for ever; the others by the calendar, in UTC."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time.

    Attributes:
        key: Its name, unlike that of any other window of the period.
        until: When the next one begins; None for never.
    """

    key: str
    until: datetime | None = None


def window(period: Period, now: float, run_id: str | None = None) -> Window | None:
    """The window that holds `now`, in seconds since the epoch; None where there is no run to count for."""
    match period:
        case "total":
            return Window("total")
        case "run":
            return None if run_id is None else Window(f"run:{run_id}")
        case "hour" | "day" | "month":
            start = _STARTS[period](datetime.fromtimestamp(now, UTC))
            return Window(f"{period}:{start:%Y-%m-%dT%H}", _after(period, start))


_STARTS: Mapping[str, Callable[[datetime], datetime]] = {
    "hour": lambda at: at.replace(minute=0, second=0, microsecond=0),
    "day": lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0),
    "month": lambda at: at.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
}


def _after(period: str, start: datetime) -> datetime:
    if period == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + (timedelta(hours=1) if period == "hour" else timedelta(days=1))
