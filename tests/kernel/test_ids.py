"""Ids sort by time, are shown and read back, and fix the account's lane for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.kernel.ids import (
    LANES,
    PREFIXES,
    floor_of,
    lane_of,
    letters,
    moment_of,
    read,
    show,
    uuid7,
    uuid7_row,
)

moments = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - the strategy wants naive bounds
    datetime(2200, 1, 1),  # noqa: DTZ001 - same
    timezones=st.just(UTC),
)


@given(moments)
def test_an_id_carries_its_millisecond(moment: datetime) -> None:
    identifier = uuid7(moment)
    assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")
    assert timedelta(0) <= moment - moment_of(identifier) < timedelta(milliseconds=1)


@given(moments)
def test_the_floor_parts_earlier_ids_from_later_ones(moment: datetime) -> None:
    floor = floor_of(moment)
    assert floor <= uuid7(moment)
    assert uuid7(moment - timedelta(milliseconds=1)) < floor


def test_ids_of_one_moment_differ() -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    assert len({uuid7(moment) for _ in range(10_000)}) == 10_000


@given(moments, st.integers(0, (1 << 47) - 1))
def test_a_row_of_ids_goes_on_from_its_beginning(moment: datetime, place: int) -> None:
    head, number = uuid7_row(moment)
    one = UUID(f"{head}{number + place:012x}")
    assert (one.version, one.variant) == (7, "specified in RFC 4122")
    assert floor_of(moment) <= one
    assert moment_of(one) == moment_of(floor_of(moment))


@given(st.uuids(), st.sampled_from(sorted(PREFIXES)))
def test_what_is_shown_is_read_back(identifier: UUID, prefix: str) -> None:
    shown = show(prefix, identifier)
    assert len(shown) == len(prefix) + 27
    assert read(prefix, shown) == identifier
    letters = shown.removeprefix(f"{prefix}_")
    assert read(prefix, f"{prefix}_{letters.upper()}") == identifier


@given(st.integers(0, (1 << 128) - 1))
def test_letters_are_the_number_to_base_32(number: int) -> None:
    digits = [number >> (5 * place) & 31 for place in reversed(range(26))]
    assert letters(number) == "".join("0123456789abcdefghjkmnpqrstvwxyz"[d] for d in digits)


@given(st.uuids(), st.uuids())
def test_shown_ids_sort_as_they_do(a: UUID, b: UUID) -> None:
    assert (show("msg", a) < show("msg", b)) == (a < b)


@given(st.text(max_size=40))
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        read("acc", text)


@pytest.mark.parametrize(
    "text",
    [
        "msg_" + "0" * 26,
        "acc_" + "0" * 25,
        "acc_" + "u" * 26,
        "acc_" + "z" * 26,
        "acc_" + "0" * 25 + "\u00e9",
    ],
)
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        read("acc", text)


def test_an_unknown_prefix_is_a_programmers_error() -> None:
    with pytest.raises(ValueError, match="prefix"):
        show("xxx", UUID(int=1))


@given(st.uuids())
def test_a_lane_is_one_of_all(account: UUID) -> None:
    assert 0 <= lane_of(account) < LANES


# Lanes are stored in every row: another function would lose every account its money.
@pytest.mark.parametrize(("account", "lane"), [(UUID(int=0), 0x37)])
def test_lanes_never_change(account: UUID, lane: int) -> None:
    assert lane_of(account) == lane
