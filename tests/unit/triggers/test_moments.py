"""The moments of schedules, also where clocks change, against a plain reading of what cron means."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.errors import InvalidInputError
from liteagent.features.triggers.moments import Schedule, due_moments, rfc3339

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_ZONES = (
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
)


def _at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _next(cron: str, zone: str, after: str, count: int = 1) -> list[str]:
    return [rfc3339(each) for each in Schedule.parse(cron, zone).upcoming(_at(after), count)]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("* * * * *", "2026-06-01T00:01:00Z"),
        ("*/20 * * * *", "2026-06-01T00:20:00Z"),
        ("5-7,30 8 * * *", "2026-06-01T08:05:00Z"),
        ("0 9 * * MON-FRI", "2026-06-01T09:00:00Z"),
        ("0 9 * * sun", "2026-06-07T09:00:00Z"),
        ("0 9 * * 7", "2026-06-07T09:00:00Z"),
        ("0 0 1 jan *", "2027-01-01T00:00:00Z"),
        ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
        ("0 0 13 * FRI", "2026-06-05T00:00:00Z"),
        ("  0   12 * * *  ", "2026-06-01T12:00:00Z"),
    ],
)
def test_five_fields_with_names_ranges_lists_and_steps(cron: str, expected: str) -> None:
    assert _next(cron, "UTC", "2026-06-01T00:00:00") == [expected]


@pytest.mark.parametrize(
    ("cron", "zone", "field", "said"),
    [
        ("* * * *", "UTC", "cron", "five fields"),
        ("0 * * * * *", "UTC", "cron", "five fields"),
        ("@daily", "UTC", "cron", "five fields"),
        ("61 * * * *", "UTC", "cron", "minute"),
        ("0 24 * * *", "UTC", "cron", "hour"),
        ("0 0 * 13 *", "UTC", "cron", "month"),
        ("0 0 * * XYZ", "UTC", "cron", "day-of-week"),
        ("0 0 30 2 *", "UTC", "cron", "day-of-month"),
        ("*/0 * * * *", "UTC", "cron", "minute"),
        ("0 0 * * *", "Europe/Nowhere", "timezone", "name of a time zone"),
        ("0 0 * * *", "../etc/passwd", "timezone", "name of a time zone"),
        ("0 0 * * *", "Europe", "timezone", "name of a time zone"),
    ],
)
def test_what_is_no_schedule_says_why_and_where(cron: str, zone: str, field: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as refused:
        Schedule.parse(cron, zone)
    assert refused.value.details["field"] == field


def test_a_time_of_day_that_is_left_out_comes_right_after_the_gap_once() -> None:
    assert _next("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00", 2) == [
        "2026-03-29T01:00:00Z",  # 03:00, the first minute after the gap
        "2026-03-30T00:30:00Z",
    ]
    assert _next("15,30 2 * * *", "Europe/Madrid", "2026-03-29T00:00:00", 2) == [
        "2026-03-29T01:00:00Z",
        "2026-03-30T00:15:00Z",
    ]


def test_a_time_of_day_that_is_repeated_comes_the_first_time_only() -> None:
    assert _next("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00", 2) == [
        "2026-10-25T00:30:00Z",
        "2026-10-26T01:30:00Z",
    ]
    within_the_second = "2026-10-25T01:10:00"
    assert _next("30 2 * * *", "Europe/Madrid", within_the_second) == ["2026-10-26T01:30:00Z"]


def test_what_begins_with_a_star_goes_by_the_time_that_passes() -> None:
    assert _next("*/30 * * * *", "Europe/Madrid", "2026-10-24T23:45:00", 5) == [
        "2026-10-25T00:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T02:00:00Z",
    ]
    assert _next("*/30 * * * *", "Europe/Madrid", "2026-03-29T00:15:00", 3) == [
        "2026-03-29T00:30:00Z",
        "2026-03-29T01:00:00Z",
        "2026-03-29T01:30:00Z",
    ]


@dataclass(frozen=True)
class _Plain:
    """A cron expression with its meaning, written down without a library."""

    zone: ZoneInfo
    minutes: frozenset[int] | None
    hours: frozenset[int] | None
    days: frozenset[int] | None = field(default=None)

    @property
    def text(self) -> str:
        fields = (self.minutes, self.hours, self.days)
        return " ".join("*" if each is None else ",".join(map(str, sorted(each))) for each in fields) + " * *"

    def _matches(self, local: datetime) -> bool:
        parts = ((self.minutes, local.minute), (self.hours, local.hour), (self.days, local.day))
        return all(allowed is None or part in allowed for allowed, part in parts)

    def moments(self, begin: float, end: float) -> list[float]:
        """Every moment after `begin` up to `end`."""
        by_clock = self.minutes is not None and self.hours is not None
        found = self._by_clock(begin, end) if by_clock else self._by_time(begin, end)
        return sorted({each for each in found if begin < each <= end})

    def _by_time(self, begin: float, end: float) -> Iterator[float]:
        moment = begin // _MINUTE * _MINUTE
        while moment <= end:
            if self._matches(datetime.fromtimestamp(moment, self.zone)):
                yield moment
            moment += _MINUTE

    def _by_clock(self, begin: float, end: float) -> Iterator[float]:
        local = datetime.fromtimestamp(begin - _DAY, self.zone).replace(tzinfo=None, second=0, microsecond=0)
        last = datetime.fromtimestamp(end + _DAY, self.zone).replace(tzinfo=None)
        while local <= last:
            if self._matches(local):
                shown = local
                while not self._is_real(shown):
                    shown += timedelta(minutes=1)
                yield shown.replace(tzinfo=self.zone, fold=0).timestamp()
            local += timedelta(minutes=1)

    def _is_real(self, local: datetime) -> bool:
        aware = local.replace(tzinfo=self.zone)
        return aware.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) == local


_calm = settings(deadline=None, max_examples=60)

_numbers = {60: st.integers(0, 59), 24: st.integers(0, 23), 31: st.integers(1, 28)}


def _field(of: int) -> st.SearchStrategy[frozenset[int] | None]:
    return st.one_of(st.none(), st.frozensets(_numbers[of], min_size=1, max_size=3))


_crons = st.builds(_Plain, st.sampled_from(_ZONES).map(ZoneInfo), _field(60), _field(24), _field(31))
_begins = st.one_of(
    st.sampled_from(
        [
            "2026-03-28T20:00:00",  # before clocks go forward, and back, in each of the zones
            "2026-10-24T20:00:00",
            "2026-03-07T20:00:00",
            "2026-10-31T20:00:00",
            "2026-04-04T08:00:00",
            "2026-10-03T08:00:00",
            "2026-04-04T20:00:00",
            "2026-09-05T20:00:00",
        ]
    ).map(_at),
    st.integers(1_767_225_600, 1_830_297_600).map(float),
)


@_calm
@given(plain=_crons, begin=_begins, hours=st.integers(1, 40))
def test_moments_are_those_of_a_plain_reading(plain: _Plain, begin: float, hours: int) -> None:
    schedule = Schedule.parse(plain.text, plain.zone.key)
    end = begin + hours * _HOUR
    assert list(takewhile(lambda each: each <= end, schedule.all_after(begin))) == plain.moments(begin, end)


@_calm
@given(plain=_crons, begin=_begins, hours=st.integers(0, 100), count=st.integers(1, 30))
def test_the_last_moments_are_the_end_of_all_of_them(
    plain: _Plain, begin: float, hours: int, count: int
) -> None:
    schedule = Schedule.parse(plain.text, plain.zone.key)
    until = begin + hours * _HOUR
    every = list(takewhile(lambda each: each <= until, schedule.all_after(begin - 1)))
    assert schedule.last(begin, until, count) == every[-count:]


@_calm
@given(
    plain=_crons,
    begin=_begins,
    late=st.floats(0, 5 * _DAY),
    catch_up=st.sampled_from(["skip", "once", "all"]),
    limit=st.integers(1, 10),
)
def test_of_what_came_the_newest_is_run_and_the_next_one_is_ahead(
    plain: _Plain, begin: float, late: float, catch_up: str, limit: int
) -> None:
    schedule = Schedule.parse(plain.text, plain.zone.key)
    due = schedule.after(begin)
    assert due is not None
    now = due + late
    every = schedule.last(due, now, 10_000)
    found = due_moments(schedule, due, now, catch_up, limit)
    assert found.next is not None
    assert found.next > now
    assert list(found.run) == [
        each
        for each in every[-(limit if catch_up == "all" else 1) :]
        if catch_up != "skip" or now - each <= _MINUTE
    ]
    left = [each for each in every if each not in found.run]
    assert found.passed == (left[-1] if left else None)


def test_a_year_of_minutes_is_caught_up_with_at_once() -> None:
    schedule = Schedule.parse("* * * * *", "Europe/Madrid")
    now = _at("2026-10-25T12:00:30")
    found = due_moments(schedule, now - 366 * _DAY, now, "all", 3)
    assert [rfc3339(each) for each in found.run] == [
        "2026-10-25T11:58:00Z",
        "2026-10-25T11:59:00Z",
        "2026-10-25T12:00:00Z",
    ]
    assert found.passed == _at("2026-10-25T11:57:00")
