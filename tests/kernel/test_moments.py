"""Moments are UTC, days are Shanghai's, months are counted from their anchor."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.kernel.moments import (
    add_months,
    day_begins,
    from_unix_ms,
    require_utc,
    shanghai_day,
    unix_ms,
)

moments = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - the strategy wants naive bounds
    datetime(2200, 1, 1),  # noqa: DTZ001 - same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5))]),
)
days = st.dates(date(1971, 1, 1), date(2200, 1, 1))


@given(moments)
def test_a_moment_keeps_its_instant_in_utc(moment: datetime) -> None:
    assert require_utc(moment) == moment
    assert require_utc(moment).utcoffset() == timedelta(0)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        require_utc(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the point


@given(moments)
def test_a_moment_falls_on_the_day_that_has_begun(moment: datetime) -> None:
    day = shanghai_day(moment)
    assert day_begins(day) <= moment < day_begins(day + timedelta(days=1))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 1, 15, 59, 59, 999_999, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 16, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_midnight_is_shanghais(moment: datetime, day: date) -> None:
    assert shanghai_day(moment) == day


@given(moments)
def test_milliseconds_round_down_and_come_back(moment: datetime) -> None:
    back = from_unix_ms(unix_ms(moment))
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert unix_ms(back) == unix_ms(moment)


@given(days, st.integers(-600, 600))
def test_months_keep_the_day_or_take_the_last(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == min(day.day, calendar.monthrange(later.year, later.month)[1])


def test_months_count_from_the_anchor() -> None:
    anchor = date(2026, 1, 31)
    assert [add_months(anchor, n) for n in (1, 2, 25)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2028, 2, 29),
    ]
