"""How often one network may knock: the rule, apart from any page."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.doors.kit.entrance_limits import (
    CODES,
    LOOKS,
    TRIES,
    EntranceLimits,
    Limit,
    network_of,
)
from umcloud.doors.kit.errors import TooManyTries, status_of

LIMITS = st.builds(Limit, st.just("tries"), st.integers(1, 60), st.sampled_from([1.0, 600.0, 3600]))
START = 1_000_000.0
HOME = "203.0.113.7"


def passed(limits: EntranceLimits, limit: Limit, address: str, moment: float) -> bool:
    try:
        limits.take(limit, address, moment)
    except TooManyTries:
        return False
    return True


@given(LIMITS, st.lists(st.floats(0, 400), max_size=80))
def test_no_more_pass_than_the_burst_and_what_time_has_brought(
    limit: Limit, pauses: list[float]
) -> None:
    limits, moment, let_in = EntranceLimits(), START, 0
    for pause in pauses:
        moment += pause
        let_in += passed(limits, limit, HOME, moment)
    brought = (moment - START) * limit.most / limit.seconds
    assert let_in <= limit.most + brought + 0.001
    assert let_in >= min(len(pauses), limit.most)


@given(LIMITS, st.floats(0, 1_000_000))
def test_who_comes_again_when_told_is_let_in(limit: Limit, start: float) -> None:
    limits = EntranceLimits()
    for _ in range(limit.most):
        limits.take(limit, HOME, start)
    with pytest.raises(TooManyTries) as refused:
        limits.take(limit, HOME, start)
    wait = refused.value.retry_after_seconds
    assert wait is not None
    assert 1 <= wait <= limit.seconds / limit.most + 1
    assert refused.value.facts == {"seconds": wait}
    assert status_of(refused.value) == 429
    limits.take(limit, HOME, start + wait)


def test_networks_and_purposes_are_counted_apart() -> None:
    limits = EntranceLimits()
    for _ in range(CODES.most):
        limits.take(CODES, HOME, START)
    assert not passed(limits, CODES, HOME, START)
    assert passed(limits, CODES, "203.0.113.8", START)
    assert passed(limits, TRIES, HOME, START)
    assert passed(limits, LOOKS, HOME, START)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_what_counts_as_one_caller(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_the_table_stays_small_and_forgets_whoever_was_away_longest() -> None:
    limits, once = EntranceLimits(most_held=3), Limit("tries", 1, 600.0)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        assert passed(limits, once, address, START)
    assert not passed(limits, once, "192.0.2.1", START)
    assert passed(limits, once, "192.0.2.4", START)
    assert len(limits) == 3
    assert not passed(limits, once, "192.0.2.1", START)
    assert passed(limits, once, "192.0.2.2", START)


def test_the_log_gets_purpose_and_count_and_is_not_flooded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits, once = EntranceLimits(), Limit("tries", 1, 600.0)
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            passed(limits, once, HOME, START)
    assert [record.getMessage() for record in caplog.records] == [
        f"entrance limits: tries, {count} refused so far" for count in (1, 2, 4, 8)
    ]
