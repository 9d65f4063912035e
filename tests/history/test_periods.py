"""Where candles begin, held against the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmargin.history.periods import DAY_MS, HOUR_MS, MINUTE_MS, MONTH, WEEK, Period

moments = st.integers(-(2**40), 2**47)
zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: minutes * MINUTE_MS)
periods = st.sampled_from(
    [Period(1000), Period(3 * MINUTE_MS), Period(12 * HOUR_MS), Period(3 * DAY_MS), WEEK, MONTH]
)


def at(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc, arg-type]


@given(periods, moments, zones)
def test_spans_follow_each_other_without_a_gap(period: Period, at_ms: int, zone_ms: int) -> None:
    open_ms = period.open_of(at_ms, zone_ms)
    after_ms = period.step(open_ms, 1, zone_ms)
    assert open_ms <= at_ms < after_ms
    assert period.open_of(open_ms, zone_ms) == period.open_of(after_ms - 1, zone_ms) == open_ms
    assert period.open_of(after_ms, zone_ms) == after_ms
    assert period.step(after_ms, -1, zone_ms) == open_ms
    assert period.step(open_ms, 25, zone_ms) == period.step(after_ms, 24, zone_ms)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2400, 1, 1)), zones)
def test_months_and_weeks_are_those_of_the_calendar(moment: datetime, zone_ms: int) -> None:
    local = moment.replace(tzinfo=timezone(timedelta(milliseconds=zone_ms)), microsecond=0)
    at_ms = int(local.timestamp()) * 1000
    midnight = local.replace(hour=0, minute=0, second=0)
    month = midnight.replace(day=1)
    monday = midnight - timedelta(days=local.weekday())
    assert MONTH.open_of(at_ms, zone_ms) == int(month.timestamp()) * 1000
    assert WEEK.open_of(at_ms, zone_ms) == int(monday.timestamp()) * 1000


@pytest.mark.parametrize(
    ("period", "at_ms", "zone_ms", "open_ms"),
    [
        (WEEK, at(2017, 8, 17, 4), 0, at(2017, 8, 14)),
        (MONTH, at(2024, 2, 29, 23, 59), 0, at(2024, 2, 1)),
        (MONTH, at(2024, 2, 29, 23, 59), HOUR_MS, at(2024, 2, 29, 23)),
        (Period(DAY_MS), at(2024, 1, 1, 20), 8 * HOUR_MS, at(2024, 1, 1, 16)),
        (Period(HOUR_MS), at(2024, 1, 1, 20), 345 * MINUTE_MS, at(2024, 1, 1, 19, 15)),
    ],
)
def test_zones_move_the_beginning(period: Period, at_ms: int, zone_ms: int, open_ms: int) -> None:
    assert period.open_of(at_ms, zone_ms) == open_ms
