"""A notice that got lost loses no money: all are asked about, and none is closed unasked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.domains.payments.channel import ACCOUNT, PaperChannel, notice_for
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger.model import BucketKind
from umcloud.domains.payments import jobs, queries, service
from umcloud.domains.payments.model import (
    LAST_MOMENT,
    LONGEST_PAUSE,
    PAY_WITHIN,
    Outcome,
    Payment,
    PaymentState,
    TradeState,
)
from umcloud.infra.db import Database
from umcloud.kernel.act import Act
from umcloud.kernel.money import Money

YUAN = Money.yuan("1")
OVER = PAY_WITHIN + LAST_MOMENT + timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def begin(
    database: Database, act: Act, channel: PaperChannel, count: int = 1
) -> list[Payment]:
    begun = []
    async with database.transaction() as tx:
        for number in range(count):
            # A moment apart, so that there is an oldest one.
            moment = replace(act, now=act.now + timedelta(milliseconds=number))
            begun.append(
                await service.start(
                    tx,
                    moment,
                    account_id=ACCOUNT,
                    amount=YUAN,
                    channel=channel,
                    idempotency_key=f"{channel.name} {number}",
                )
            )
    return begun


def after(act: Act, passed: timedelta) -> Act:
    return replace(act, now=act.now + passed)


async def close(database: Database, act: Act) -> int:
    async with database.transaction() as tx:
        return await jobs.close_overdue(tx, act)


async def state_of(database: Database, payment: Payment) -> PaymentState:
    async with database.transaction() as tx:
        return (await queries.payment_of(tx, ACCOUNT, payment.id)).state


async def cash(database: Database) -> int:
    async with database.transaction() as tx:
        return (await books.balance(tx, ACCOUNT)).by_kind.get(BucketKind.CASH, 0)


async def test_a_lost_notice_is_chased(database: Database, act: Act) -> None:
    channel = PaperChannel("chased")
    (payment,) = await begin(database, act, channel)
    assert await jobs.chase(database, after(act, MINUTE), channel) == 0
    assert await jobs.chase(database, after(act, 3 * MINUTE), channel) == 1
    channel.known[payment.number] = notice_for(payment)
    assert await jobs.chase(database, after(act, 3 * MINUTE), channel) == 0
    assert await jobs.chase(database, after(act, 4 * MINUTE), channel) == 1
    assert await cash(database) == YUAN.micros
    assert await jobs.chase(database, after(act, 3 * OVER), channel) == 0


async def test_many_unpaid_bills_hide_no_paid_one(database: Database, act: Act) -> None:
    channel = PaperChannel("crowded")
    *_, last = await begin(database, act, channel, 45)
    channel.known[last.number] = notice_for(last)
    asked = [await jobs.chase(database, after(act, 3 * MINUTE), channel) for _ in range(4)]
    assert asked == [20, 20, 5, 0]
    assert await cash(database) == YUAN.micros


async def test_what_nobody_pays_is_closed_and_may_still_be_paid(
    database: Database, act: Act
) -> None:
    channel = PaperChannel("unpaid")
    (payment,) = await begin(database, act, channel)
    await jobs.chase(database, after(act, PAY_WITHIN), channel)
    assert await close(database, after(act, PAY_WITHIN)) == 0  # It may be finishing just now.
    over = after(act, OVER)
    assert await close(database, over) == 0
    assert await jobs.chase(database, over, channel) == 1
    assert await close(database, over) == 1
    assert await close(database, over) == 0
    assert await state_of(database, payment) is PaymentState.CLOSED
    async with database.transaction() as tx:
        settled = await service.settle(tx, over, notice_for(payment))
    assert settled.outcome is Outcome.SETTLED
    assert await cash(database) == YUAN.micros


async def test_none_is_closed_that_was_paid_and_not_heard_of(database: Database, act: Act) -> None:
    channel = PaperChannel("late")
    begun = await begin(database, act, channel, 25)
    over = after(act, OVER + MINUTE)
    paid = begun[22]
    channel.known[paid.number] = notice_for(paid)
    assert await jobs.chase(database, over, channel) == 20
    assert await close(database, over) == 20
    assert await state_of(database, paid) is PaymentState.CREATED
    assert await jobs.chase(database, over, channel) == 5
    assert await close(database, over) == 4
    assert await state_of(database, paid) is PaymentState.PAID


async def test_a_trade_that_waits_for_its_payer_is_asked_about_again(
    database: Database, act: Act
) -> None:
    channel = PaperChannel("waiting")
    (payment,) = await begin(database, act, channel)
    channel.known[payment.number] = notice_for(payment, state=TradeState.WAITING)
    over = after(act, OVER)
    assert await jobs.chase(database, over, channel) == 1
    assert await close(database, over) == 0
    channel.known[payment.number] = notice_for(payment)
    assert await jobs.chase(database, after(over, LONGEST_PAUSE), channel) == 1
    assert await state_of(database, payment) is PaymentState.PAID


async def test_a_bill_without_an_answer_holds_up_no_other(database: Database, act: Act) -> None:
    channel = PaperChannel("moody")
    begun = await begin(database, act, channel, 8)
    channel.dumb = {payment.number for payment in begun[:4]}
    over = after(act, OVER)
    assert await jobs.chase(database, over, channel, limit=4) == 0
    assert len(channel.asked) == jobs.MOST_FAILURES  # It is left alone for this time.
    assert await jobs.chase(database, over, channel, limit=4) == 4
    assert channel.asked[jobs.MOST_FAILURES :] == [payment.number for payment in begun[4:]]
    assert await close(database, over) == 4
    assert await state_of(database, begun[0]) is PaymentState.CREATED


async def test_a_channel_that_fails_holds_up_no_other(database: Database, act: Act) -> None:
    dead, well = PaperChannel("dead"), PaperChannel("well")
    begun = await begin(database, act, dead, 3)
    await begin(database, act, well, 2)
    dead.dumb = {payment.number for payment in begun}
    over = after(act, OVER)
    assert [await jobs.chase(database, over, channel) for channel in (dead, well)] == [0, 2]
    assert await close(database, over) == 2
    dead.dumb.clear()
    assert await jobs.chase(database, after(over, LONGEST_PAUSE), dead) == 3
    assert await close(database, after(over, LONGEST_PAUSE)) == 3


async def test_questions_come_ever_more_seldom_and_once_at_the_end(
    database: Database, act: Act
) -> None:
    channel = PaperChannel("patient")
    await begin(database, act, channel)
    at = [
        minute
        for minute in range(200)
        if await jobs.chase(database, after(act, minute * MINUTE), channel)
    ]
    assert at == [2, 3, 5, 9, 17, 33, 63, 93, 122, 152, 182]


async def test_a_notice_that_comes_while_the_bill_is_closed_settles_it(
    database: Database, act: Act
) -> None:
    channel = PaperChannel("raced")
    begun = await begin(database, act, channel, 12)
    over = after(act, OVER)
    assert await jobs.chase(database, over, channel) == 12

    async def hear(number: int, payment: Payment) -> Outcome:
        async with database.transaction() as tx:
            notice = notice_for(payment, trade=f"T{number}")
            return (await service.settle(tx, over, notice)).outcome

    closing = [close(database, over) for _ in range(3)]
    hearing = [hear(number, payment) for number, payment in enumerate(begun)]
    *_, outcomes = await asyncio.gather(*closing, asyncio.gather(*hearing))
    assert outcomes == [Outcome.SETTLED] * 12
    assert {await state_of(database, payment) for payment in begun} == {PaymentState.PAID}
    assert await cash(database) == 12 * YUAN.micros


async def test_a_notice_that_comes_while_the_channel_is_asked_stays(
    database: Database, act: Act
) -> None:
    channel = PaperChannel("asked")
    (payment,) = await begin(database, act, channel)
    over = after(act, OVER)
    async with database.transaction() as tx:
        await service.settle(tx, over, notice_for(payment))
    async with database.transaction() as tx:
        await service.take_answer(tx, over, payment, None)
    assert await close(database, over) == 0
    assert await state_of(database, payment) is PaymentState.PAID


async def test_workers_at_once_ask_once(database: Database, act: Act) -> None:
    channel = PaperChannel("shared")
    await begin(database, act, channel, 9)
    later = after(act, 3 * MINUTE)
    asked = await asyncio.gather(*(jobs.chase(database, later, channel) for _ in range(3)))
    assert sum(asked) == len(set(channel.asked)) == len(channel.asked) == 9


async def test_unpaid_is_never_known_before_the_end(database: Database, act: Act) -> None:
    await begin(database, act, PaperChannel("early"))
    with pytest.raises(IntegrityError, match="unpaid_is_known_after_the_end"):
        async with database.transaction() as tx:
            await tx.sql("UPDATE payment SET unpaid_at = expires_at")
