from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.domains.messaging.conftest import Sender
from umcloud.domains.messaging import invariants, jobs, queries
from umcloud.domains.messaging.model import Status
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.messaging.report_model import (
    DELIVERED,
    REJECTED,
    SUBMITTED,
    Reported,
    Sent,
    Tried,
)
from umcloud.domains.messaging.reports import STATEMENTS, News, record
from umcloud.infra.db import Database
from umcloud.infra.hot import HotConnection
from umcloud.kernel.ids import MessageId, lane_of, uuid7
from umcloud.kernel.moments import shanghai_day

NewSender = Callable[..., Awaitable[Sender]]


@pytest.fixture
async def hot(prepared: Database) -> AsyncIterator[HotConnection]:
    opened = await HotConnection.open(prepared, STATEMENTS)
    yield opened
    await opened.close()


def sent(sender: Sender, message: UUID) -> Sent:
    return Sent(lane_of(sender.account_id), message.int, sender.account_id.int, "notice", 1, 1)


async def submit(hot: HotConnection, sender: Sender, ids: list[MessageId], at: datetime) -> None:
    tried = [Tried(sent(sender, id_), 1, 1, SUBMITTED, str(id_), None) for id_ in ids]
    await record(hot, News(tried=tried), line=1, now=at)


async def deliver(hot: HotConnection, sender: Sender, ids: list[MessageId], at: datetime) -> None:
    reported = [Reported(sent(sender, id_), 1, DELIVERED, "DELIVRD", None) for id_ in ids]
    await record(hot, News(reported=reported), line=1, now=at)


async def accepted(pump: Pump, sender: Sender, count: int) -> list[MessageId]:
    answer = await pump.submit(sender.request(*[f"138{n:08d}" for n in range(count)]))
    assert not answer.refused
    return [answer.message_id(position) for position in range(count)]


async def test_each_end_is_counted_once_by_day_class_and_state(
    prepared: Database, pump: Pump, new_sender: NewSender, hot: HotConnection, now: datetime
) -> None:
    sender = await new_sender()
    ids = await accepted(pump, sender, 5)
    await submit(hot, sender, ids[:3], now)
    await deliver(hot, sender, ids[:3], now + timedelta(days=1))
    refused = [Tried(sent(sender, id_), 1, 1, REJECTED, None, 88) for id_ in ids[3:]]
    await record(hot, News(tried=refused), line=1, now=now)

    async def fold() -> int:
        async with prepared.transaction() as tx:
            return await jobs.fold_daily(tx, limit=2)

    read = 0
    async with asyncio.timeout(10):
        while read < 5:
            read += sum(await asyncio.gather(fold(), fold()))
    assert read == 5
    assert await fold() == 0
    async with prepared.transaction() as tx:
        rows = (await tx.sql('SELECT day, "class" AS cls, state, messages FROM daily_count')).all()
    counted = {(row.day, row.cls, row.state): row.messages for row in rows}
    day = shanghai_day(now)
    assert counted == {(day, "notice", "delivered"): 3, (day, "notice", "rejected"): 2}


async def test_silence_of_three_days_ends_a_message_as_unknown(
    prepared: Database, pump: Pump, new_sender: NewSender, hot: HotConnection, now: datetime
) -> None:
    sender = await new_sender()
    ids = await accepted(pump, sender, 4)
    waiting, silent, late, told = ids
    await submit(hot, sender, [silent, told], now)
    await submit(hot, sender, [late], now + timedelta(hours=10))
    await deliver(hot, sender, [told], now)
    end = jobs.end_silent
    assert await end(prepared, hot, now + timedelta(hours=71)) == 0
    after = now + timedelta(hours=73)
    assert await end(prepared, hot, after, limit=1) == 1
    assert await end(prepared, hot, after, limit=1) == 0
    async with prepared.transaction() as tx:
        states = {
            id_: view.status
            for id_ in ids
            if (view := await queries.message(tx, sender.account_id, id_)) is not None
        }
        ended = await tx.sql("SELECT id, state, code FROM final ORDER BY id")
        finals = {row.id: (row.state, row.code) for row in ended}
        kinds = [row.kind for row in await tx.sql("SELECT kind FROM charge_outcome")]
        assert await invariants.violations(tx, after) == []
    assert states == {
        waiting: Status.ACCEPTED,
        silent: Status.UNKNOWN,
        late: Status.SUBMITTED,
        told: Status.DELIVERED,
    }
    assert finals[silent] == ("unknown", "no_report")
    assert kinds == ["settle", "settle"]
    # The one handed over later is found later, though the search has passed its id.
    assert await end(prepared, hot, now + timedelta(hours=76)) == 0
    assert await end(prepared, hot, now + timedelta(hours=83)) == 0
    assert await end(prepared, hot, now + timedelta(hours=83), late=True) == 1
    # A report that comes after all changes neither the end nor the charge.
    await deliver(hot, sender, [silent], now + timedelta(hours=84))
    async with prepared.transaction() as tx:
        assert await invariants.violations(tx, after) == []
        rows = await tx.sql("SELECT state FROM final WHERE id = :id", id=silent)
        assert [row.state for row in rows] == ["unknown"]


async def test_idempotency_keys_are_forgotten_after_three_days(
    prepared: Database, pump: Pump, new_sender: NewSender, now: datetime
) -> None:
    sender = await new_sender()
    await pump.submit(sender.request("13800138000", key="once"))
    async with prepared.transaction() as tx:
        assert await jobs.expire_idempotency(tx, now + timedelta(hours=72)) == 0
        assert await jobs.expire_idempotency(tx, now + timedelta(hours=73)) == 1
        assert await jobs.expire_idempotency(tx, now + timedelta(hours=73)) == 0


async def test_a_day_begins_at_midnight_in_shanghai(prepared: Database) -> None:
    midnight = datetime(2026, 3, 1, 16, tzinfo=UTC)
    moments = [midnight - timedelta(milliseconds=1), midnight, midnight + timedelta(hours=23)]
    account = uuid7(midnight)
    async with prepared.transaction() as tx:
        for moment in moments:
            await tx.sql(
                'INSERT INTO final (lane, id, account_id, "class", segments, state, code, at) '
                "VALUES (7, :id, :account, 'otp', 2, 'delivered', '', :at)",
                id=uuid7(moment),
                account=account,
                at=midnight,
            )
    async with prepared.transaction() as tx:
        assert await jobs.fold_daily(tx) == 3
        rows = await tx.sql("SELECT day, messages, segments FROM daily_count ORDER BY day")
        counted = [(row.day, row.messages, row.segments) for row in rows]
    days = [shanghai_day(moment) for moment in moments]
    assert counted == [(days[0], 1, 2), (days[1], 2, 4)]
    assert days[1] == days[2]
