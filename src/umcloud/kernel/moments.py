"""Moments are aware datetimes in UTC; customers' days are days in Asia/Shanghai.

Nothing here asks what time it is: `infra.clock` does, once, at the edge.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

# China keeps one zone and has had no summer time since 1991, so a fixed offset is exact and
# needs no time-zone data on the machine.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def require_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; a naive one is a programmer's error."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC)


def shanghai_day(moment: datetime) -> date:
    """Return the customer's calendar day on which the moment falls."""
    return require_utc(moment).astimezone(SHANGHAI).date()


def day_begins(day: date) -> datetime:
    """Return the moment, in UTC, at which the customer's day begins."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def unix_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970, exactly (no floating point on the way)."""
    since = require_utc(moment) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


def from_unix_ms(milliseconds: int) -> datetime:
    """Return the moment, in UTC, that many milliseconds after 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def add_months(day: date, months: int) -> date:
    """Return the same day of the month, `months` later; the last day where there is none.

    Always count from the original anchor, never from the last result: 31 January plus one month
    is 28 February, plus two is 31 March.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
