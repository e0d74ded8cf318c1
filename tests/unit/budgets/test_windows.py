"""The windows of time in which budgets count."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.features.budgets.windows import Period, window

_CALENDAR: list[Period] = ["hour", "day", "month"]
_TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(_TIMES, st.sampled_from(_CALENDAR))
def test_a_window_holds_the_moment_and_ends_where_the_next_begins(at: datetime, period: Period) -> None:
    current = window(period, at.timestamp())
    assert current is not None
    assert current.until is not None
    assert current.until > at
    end = current.until.timestamp()
    assert window(period, end - 0.001) == current
    following = window(period, end)
    assert following is not None
    assert following.key != current.key


@pytest.mark.parametrize(
    ("period", "key", "until"),
    [
        ("hour", "hour:2026-12-31T23", datetime(2027, 1, 1, tzinfo=UTC)),
        ("day", "day:2026-12-31T00", datetime(2027, 1, 1, tzinfo=UTC)),
        ("month", "month:2026-12-01T00", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_calendar_s_windows(period: Period, key: str, until: datetime) -> None:
    current = window(period, datetime(2026, 12, 31, 23, 59, tzinfo=UTC).timestamp())
    assert current is not None
    assert (current.key, current.until) == (key, until)


def test_a_run_has_a_window_of_its_own_and_without_one_there_is_none() -> None:
    first, second = window("run", 0, "a"), window("run", 0, "b")
    assert first is not None
    assert second is not None
    assert (first.key == second.key, first.until) == (False, None)
    assert window("run", 0) is None
    assert window("total", 0) == window("total", 10**9)
