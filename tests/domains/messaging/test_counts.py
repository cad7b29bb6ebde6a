"""What screens count is what the log holds, however far the counts by day have been folded."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.domains.messaging.conftest import Moved, Sender
from tests.domains.messaging.test_jobs import accepted, deliver, sent, submit
from umcloud.domains.messaging import counts, jobs, queries
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.messaging.queries import Counts, DayCounts
from umcloud.domains.messaging.report_model import REJECTED, Tried
from umcloud.domains.messaging.reports import STATEMENTS, News, record
from umcloud.infra.db import Database, Tx
from umcloud.infra.hot import HotConnection
from umcloud.infra.partitions import ensure_days
from umcloud.kernel.ids import AccountId, moment_of
from umcloud.kernel.moments import shanghai_day

NewSender = Callable[..., Awaitable[Sender]]
DAYS = 5
LAST_HOUR = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
"""Half past eleven at night in Shanghai."""


@pytest.fixture
async def hot(prepared: Database) -> AsyncIterator[HotConnection]:
    opened = await HotConnection.open(prepared, STATEMENTS)
    yield opened
    await opened.close()


async def by_log(tx: Tx, account_id: AccountId | None, first: date) -> list[DayCounts]:
    """Count every message one by one."""
    messages, segments = Counter[date](), Counter[date]()
    ends = Counter[tuple[date, str]]()
    for row in await tx.sql("SELECT id, account_id, segments FROM message"):
        if account_id in {None, row.account_id}:
            messages[shanghai_day(moment_of(row.id))] += 1
            segments[shanghai_day(moment_of(row.id))] += row.segments
    for row in await tx.sql("SELECT id, account_id, state FROM final"):
        if account_id in {None, row.account_id}:
            ends[shanghai_day(moment_of(row.id)), row.state] += 1
    return [
        DayCounts(
            day,
            Counts(
                accepted=messages[day],
                delivered=ends[day, "delivered"],
                failed=ends[day, "failed"],
                unknown=ends[day, "unknown"],
                rejected=ends[day, "rejected"],
                segments=segments[day],
            ),
        )
        for day in (first + timedelta(days=n) for n in range(DAYS))
    ]


async def agree(database: Database, senders: list[Sender], now: datetime) -> None:
    """Compare the screens' counts with the log, for each account, each day and for all."""
    first = shanghai_day(LAST_HOUR)
    async with database.transaction() as tx:
        last = first + timedelta(days=DAYS - 1)
        for sender in senders:
            account_id = sender.account_id
            expected = await by_log(tx, account_id, first)
            assert await queries.daily(tx, account_id, first, last) == expected
        everybody = await by_log(tx, None, first)
        [today] = [one.counts for one in everybody if one.day == shanghai_day(now)]
        assert await queries.today(tx, None, now) == today


@pytest.mark.parametrize("partitions", [0, DAYS])
async def test_counts_folded_part_way_are_those_of_the_log(
    *,
    prepared: Database,
    moving: Pump,
    clock: Moved,
    new_sender: NewSender,
    hot: HotConnection,
    partitions: int,
) -> None:
    async with prepared.transaction() as tx:
        await ensure_days(tx, shanghai_day(LAST_HOUR), partitions)
    clock.now = LAST_HOUR
    senders = [await new_sender(10_000_000) for _ in range(2)]

    async def fold(limit: int) -> None:
        async with prepared.transaction() as tx:
            await jobs.fold_daily(tx, limit=limit)
        async with prepared.transaction() as tx:
            await counts.fold_accepted(tx, limit=limit)

    for step in range(5):
        for sender in senders:
            ids = await accepted(moving, sender, 4)
            await agree(prepared, senders, clock.now)
            await submit(hot, sender, ids[:2], clock.now)
            await deliver(hot, sender, ids[:2], clock.now)
            refused = [Tried(sent(sender, ids[2]), 1, 1, REJECTED, None, 88)]
            await record(hot, News(tried=refused), line=1, now=clock.now)
            await agree(prepared, senders, clock.now)
        await fold(limit=step + 1)
        await agree(prepared, senders, clock.now)
        clock.now += timedelta(hours=15)
    await fold(limit=1_000)
    await agree(prepared, senders, clock.now)
    async with prepared.transaction() as tx:
        # All was folded, so a screen of ninety days reads counts and nothing of the log.
        assert await counts.fold_accepted(tx) == 0
        assert await jobs.fold_daily(tx) == 0
        await tx.sql("DELETE FROM final")
        await tx.sql("DELETE FROM message")
        days = await queries.daily(
            tx,
            senders[0].account_id,
            shanghai_day(clock.now) - timedelta(days=89),
            shanghai_day(clock.now),
        )
        assert sum(one.counts.accepted for one in days) == 20
        assert sum(one.counts.waiting for one in days) == 5


async def test_workers_at_once_count_each_message_once(
    prepared: Database, pump: Pump, new_sender: NewSender
) -> None:
    senders = [await new_sender() for _ in range(3)]
    for sender in senders:
        await accepted(pump, sender, 5)

    async def fold() -> int:
        async with prepared.transaction() as tx:
            return await counts.fold_accepted(tx, limit=2)

    read = 0
    async with asyncio.timeout(10):
        while read < 15:
            read += sum(await asyncio.gather(*(fold() for _ in range(3))))
    assert read == 15
    assert await fold() == 0
    async with prepared.transaction() as tx:
        rows = await tx.sql("SELECT account_id, state, messages, segments FROM daily_count")
        counted = {(row.account_id, row.state): (row.messages, row.segments) for row in rows}
    assert counted == {(sender.account_id, "accepted"): (5, 5) for sender in senders}
