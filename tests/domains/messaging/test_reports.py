"""How a message ends, by rule and in the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lines.stage import ACCOUNT, LANE, Stage, staged
from umcloud.domains.messaging import reports
from umcloud.domains.messaging.report_model import (
    Ending,
    Orphan,
    PartState,
    Reported,
    Sent,
    Tried,
)
from umcloud.domains.messaging.reports import News, end_of, is_over, read_parts
from umcloud.infra.db import Database
from umcloud.infra.hot import HotConnection

TRIES = st.lists(st.sampled_from(["submitted", "rejected", "unknown"]), max_size=4)
PARTS = st.builds(
    PartState,
    TRIES,
    st.integers(0, 99),
    st.sampled_from([None, "delivered", "failed", "unknown"]),
    st.just("000"),
)


def sent(id_: int, *, cls: str = "notice", parts: int = 1) -> Sent:
    return Sent(LANE, id_, ACCOUNT.int, cls, 1, parts)


def part(*tries: str, report: str | None = None, error: int = 0) -> PartState:
    return PartState(list(tries), error, report, "007" if report else "")


DELIVERED = part("submitted", report="delivered")
FAILED = part("submitted", report="failed")
REFUSED = part("rejected", error=69)


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        ([DELIVERED], ("delivered", "007")),
        ([part("submitted")], None),
        ([REFUSED], ("rejected", "submit:69")),
        ([part("unknown")], None),
        ([part("unknown", "unknown", "unknown")], ("unknown", "no_answer")),
        ([part("unknown", "submitted")], None),
        ([part(report="delivered")], ("delivered", "007")),
        ([REFUSED, REFUSED], ("rejected", "submit:69")),
        ([REFUSED, DELIVERED], ("failed", "submit:69")),
        ([FAILED, DELIVERED], ("failed", "007")),
        ([DELIVERED, part("submitted")], None),
    ],
)
def test_the_worst_part_decides(parts: list[PartState], end: tuple[str, str] | None) -> None:
    ending = end_of(sent(1, parts=len(parts)), parts)
    assert (ending and (ending.state, ending.code)) == end


def test_an_otp_is_tried_once() -> None:
    assert is_over("otp", ["unknown"])
    assert not is_over("notice", ["unknown", "unknown"])
    assert is_over("notice", ["unknown", "rejected"])
    assert not is_over("otp", [])


@given(st.lists(PARTS, min_size=1, max_size=4))
def test_money_goes_back_only_where_the_carrier_took_nothing(parts: list[PartState]) -> None:
    ending = end_of(sent(1, parts=len(parts)), parts)
    if ending is not None and ending.state == "rejected":
        assert not any("submitted" in p.tries or p.report for p in parts)
    if ending is None:
        assert any(p.report is None for p in parts)


@given(st.lists(PARTS, min_size=1, max_size=4))
def test_a_missing_part_never_ends_a_message(parts: list[PartState]) -> None:
    assert end_of(sent(1, parts=len(parts) + 1), parts) is None


def test_parts_are_read_as_the_log_writes_them() -> None:
    assert read_parts("1:unknown:0,1:rejected:69,2:submitted:0", "2:delivered:000") == [
        PartState(["unknown", "rejected"], 69, None, ""),
        PartState(["submitted"], 0, "delivered", "000"),
    ]
    assert read_parts(None, None) == []


@pytest.fixture
async def stage(database: Database, now: datetime) -> AsyncIterator[Stage]:
    async with staged(database, now) as made:
        yield made


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[HotConnection]:
    opened = await HotConnection.open(database, reports.STATEMENTS)
    yield opened
    await opened.close()


def _tried(message: Sent, state: str, error: int | None = None) -> Tried:
    return Tried(message, 1, 1, state, f"c{message.id}" if state == "submitted" else None, error)


async def test_a_batch_may_be_written_again_after_any_doubt(
    stage: Stage, connection: HotConnection, now: datetime
) -> None:
    first, second, third = await stage.accept("8613800138888", "8613800138889", "8613800138880")
    news = News(
        [
            _tried(sent(first), "submitted"),
            _tried(sent(second), "rejected", 69),
            _tried(sent(third), "submitted"),
        ],
        [
            Reported(sent(first), 1, "delivered", "000", now),
            Reported(sent(first), 1, "failed", "001", None),
        ],
        [Orphan("nobody", "failed", "001", None)],
    )
    for _ in range(3):
        await reports.record(connection, news, line=1, now=now)
    assert await stage.finals() == {first: ("delivered", "000"), second: ("rejected", "submit:69")}
    assert await stage.outcomes() == {first: "settle", second: "refund"}
    assert await stage.spent() == 2
    assert len(await stage.rows("SELECT 1 FROM receipt")) == 1
    assert len(await stage.rows("SELECT 1 FROM orphan_receipt")) == 1


async def test_what_is_taken_to_be_new_and_is_not_leaves_nothing(
    stage: Stage, connection: HotConnection, now: datetime
) -> None:
    first, second = await stage.accept("8613800138888", "8613800138889")
    old = News(
        [_tried(sent(first), "submitted")], [Reported(sent(first), 1, "delivered", "000", now)]
    )
    assert await reports.record(connection, old, line=1, now=now, new=True) == 1
    for again in (
        News([*old.tried, _tried(sent(second), "rejected", 69)]),
        News([_tried(sent(second), "rejected", 69)], old.reported),
    ):
        with pytest.raises(reports.RepeatedError):
            await reports.record(connection, again, line=1, now=now, new=True)
    assert await stage.finals() == {first: ("delivered", "000")}
    assert await stage.spent() == 2
    news = News([_tried(sent(second), "rejected", 69)], old.reported)
    assert await reports.record(connection, news, line=1, now=now) == 2
    assert await stage.finals() == {first: ("delivered", "000"), second: ("rejected", "submit:69")}
    assert await stage.outcomes() == {first: "settle", second: "refund"}
    assert await stage.spent() == 1


async def test_a_message_that_has_ended_keeps_its_end(
    stage: Stage, connection: HotConnection, now: datetime
) -> None:
    ids = await stage.accept("8613800138888", "8613800138889", refund_on_failure=True)
    silent, failed = sent(ids[0]), sent(ids[1])
    assert await reports.end(connection, [Ending(silent, "unknown", "no_receipt")], now=now) == 1
    await reports.end(connection, [Ending(failed, "failed", "027")], now=now)
    late = [
        Reported(silent, 1, "failed", "027", None),
        Reported(failed, 1, "delivered", "000", None),
    ]
    await reports.record(connection, News([], late), line=1, now=now)
    assert await stage.finals() == {ids[0]: ("unknown", "no_receipt"), ids[1]: ("failed", "027")}
    assert await stage.outcomes() == {ids[0]: "settle", ids[1]: "refund"}


async def test_a_failed_transaction_leaves_nothing_and_the_connection_usable(
    stage: Stage, connection: HotConnection, now: datetime
) -> None:
    (id_,) = await stage.accept("8613800138888")
    wrong = Reported(sent(id_), 1, "impossible", "000", None)
    with pytest.raises(Exception, match="state_known"):
        await reports.record(connection, News([], [wrong]), line=1, now=now)
    right = wrong._replace(state="delivered")
    await reports.record(connection, News([], [right]), line=1, now=now)
    assert await stage.finals() == {id_: ("delivered", "000")}


async def test_a_report_finds_its_message_by_the_carriers_id(
    stage: Stage, connection: HotConnection, now: datetime
) -> None:
    (id_,) = await stage.accept("8613800138888", cls="otp")
    await reports.record(
        connection, News([_tried(sent(id_, cls="otp"), "submitted")]), line=1, now=now
    )
    found = await reports.find(connection, [f"c{id_}", "other"], line=1)
    assert found == {f"c{id_}": (sent(id_, cls="otp"), 1)}
    assert await reports.find(connection, [f"c{id_}"], line=2) == {}
