"""The moments of a schedule: a cron expression in a time zone.

Where clocks change it is as with Debian's cron. A time of day that a change leaves out comes right after the
gap, one that a change repeats comes the first time only. An expression whose minutes or hours begin with `*`
goes by the time that passes: it leaves nothing out and comes in both of two equal hours.

Time zones are those of the system or, where it has none (Windows), of the package `tzdata`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from liteagent.contracts.errors import InvalidInputError

__all__ = ["DueMoments", "Schedule", "due_moments", "rfc3339"]

_LATE_SECONDS = 60.0
"""A moment that is older than this when it is found was missed, not only met late."""

_FIELDS = 5
_DAY = 86_400.0
_SPANS = (3_600.0, _DAY, 32 * _DAY, 366 * _DAY, 9 * 366 * _DAY)
"""How far is looked back for the last moments, step by step; leap days are 8 years apart at most."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something is due. `Schedule.parse` makes it; moments are in seconds since the epoch."""

    cron: str
    zone: ZoneInfo

    @classmethod
    def parse(cls, cron: str, timezone: str) -> "Schedule":
        """The schedule of these two texts.

        Raises:
            InvalidInputError: `cron` is not five fields of cron, or never comes, or there is no such time
                zone; the details name the field.
        """
        schedule = cls(" ".join(cron.split()), _zone(timezone))
        if len(cron.split()) != _FIELDS:
            raise _refused("cron", "has five fields: minute, hour, day of month, month, day of week")
        try:
            CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC))
        except (CronSimError, ValueError) as error:
            raise _refused("cron", f"cannot be read: {error or 'it is no cron expression'}") from None
        if schedule.after(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) is None:
            raise _refused("cron", "never comes; choose days that exist")
        return schedule

    def after(self, moment: float) -> float | None:
        """The first moment after this one; None where there is none within 50 years."""
        return next(self.all_after(moment), None)

    def all_after(self, moment: float) -> Iterator[float]:
        """Every moment after this one, in order."""
        last = moment
        for found in CronSim(self.cron, datetime.fromtimestamp(moment, self.zone)):
            # Within a repeated hour the first of both may be found, which is over.
            if found.timestamp() > last:
                last = found.timestamp()
                yield last

    def upcoming(self, moment: float, count: int) -> list[float]:
        """The next `count` moments."""
        return list(islice(self.all_after(moment), count))

    def last(self, since: float, until: float, count: int) -> list[float]:
        """The newest `count` moments from `since` to `until`, both included, in order."""
        found: list[float] = []
        for span in _SPANS:
            begin = max(since, until - span)
            found = list(takewhile(lambda each: each <= until, self.all_after(begin - 0.001)))
            if len(found) >= count or begin == since:
                break
        return found[-count:]


@dataclass(frozen=True, slots=True)
class DueMoments:
    """What is to be done about the moments that have come.

    Attributes:
        run: Moments that something is started for, in order.
        passed: The newest missed moment that nothing is started for; None where there is none.
        next: The moment that is due next.
    """

    run: tuple[float, ...]
    passed: float | None
    next: float | None


def due_moments(schedule: Schedule, due: float, now: float, catch_up: str, limit: int) -> DueMoments:
    """Which moments from `due` to `now` something is started for.

    Args:
        schedule: Whose moments.
        due: The first one that was not looked at, at most `now`.
        now: Seconds since the epoch.
        catch_up: `skip`: only one that was not missed; `once`: the newest; `all`: the newest `limit`.
        limit: The most of them where all are caught up with.
    """
    most = limit if catch_up == "all" else 1
    newest = schedule.last(due, now, most + 1)
    run = [each for each in newest[-most:] if catch_up != "skip" or now - each <= _LATE_SECONDS]
    left = [each for each in newest if each not in run]
    return DueMoments(tuple(run), left[-1] if left else None, schedule.after(now))


def rfc3339(moment: float) -> str:
    """A moment as it is written: `2026-10-25T01:30:00Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # unknown, or a path that leads out of the folder of zones
        raise _refused("timezone", "is the name of a time zone, like Europe/Madrid or UTC") from None


def _refused(field: str, reason: str) -> InvalidInputError:
    return InvalidInputError(f"`{field}` {reason}.", code="schedule_invalid", details={"field": field})
