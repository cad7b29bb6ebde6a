"""Recharging against the books: once, whatever the channel repeats, loses or confuses."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domains.payments.channel import ACCOUNT, PAYER, PaperChannel, notice_for
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger.errors import IdempotencyConflict
from umcloud.domains.ledger.model import BucketKind
from umcloud.domains.payments import queries, service
from umcloud.domains.payments.errors import AmountOutOfBounds, PaymentUnknown
from umcloud.domains.payments.events import (
    NoticeWithoutPayment,
    PaymentAmountMismatch,
    PaymentPaidTwice,
    PaymentSettled,
    PaymentStarted,
)
from umcloud.domains.payments.model import Outcome, Payment, PaymentState, TradeState
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, uuid7
from umcloud.kernel.money import Money

HUNDRED = Money.yuan("100")
CHANNEL = PaperChannel()


def listen(tx: Tx) -> list[Event]:
    heard: list[Event] = []

    async def hear(_tx: Tx, _act: Act, event: Event) -> None:
        heard.append(event)

    tx.bus.on_everything(hear)
    return heard


async def begin(tx: Tx, act: Act, key: str = "k1", amount: Money = HUNDRED) -> Payment:
    return await service.start(
        tx, act, account_id=ACCOUNT, amount=amount, channel=CHANNEL, idempotency_key=key
    )


async def cash(tx: Tx) -> int:
    return (await books.balance(tx, ACCOUNT)).by_kind.get(BucketKind.CASH, 0)


async def operator(tx: Tx) -> dict[str, int]:
    return {line.ledger_account: line.amount for line in await books.trial_balance(tx)}


@pytest.mark.clause("C9.1")
async def test_paid_money_is_in_the_wallet_with_its_payer(tx: Tx, act: Act) -> None:
    heard = listen(tx)
    payment = await begin(tx, act)
    assert payment.state is PaymentState.CREATED
    assert payment.number in payment.pay_url
    settlement = await service.settle(tx, act, notice_for(payment))
    assert settlement.outcome is Outcome.SETTLED
    assert settlement.taken
    stored = await queries.payment_of(tx, ACCOUNT, payment.id)
    assert stored == settlement.payment
    assert (stored.state, stored.payer, stored.trade_number) == (PaymentState.PAID, PAYER, "T1")
    assert await cash(tx) == HUNDRED.micros
    assert (await operator(tx))["clearing:paper"] == -HUNDRED.micros
    kinds = [type(event) for event in heard if event.name.startswith("payment.")]
    assert kinds == [PaymentStarted, PaymentSettled]


async def test_a_repeated_notice_changes_nothing(tx: Tx, act: Act) -> None:
    payment = await begin(tx, act)
    await service.settle(tx, act, notice_for(payment))
    for notice in (notice_for(payment), notice_for(payment, id="sent again")):
        settlement = await service.settle(tx, act, notice)
        assert settlement.outcome is Outcome.REPEATED
        assert settlement.taken
    assert await cash(tx) == HUNDRED.micros


async def test_the_same_request_gives_the_stored_payment(tx: Tx, act: Act) -> None:
    payment = await begin(tx, act)
    later = replace(act, now=act.now + timedelta(minutes=1))
    assert await begin(tx, later) == payment
    with pytest.raises(IdempotencyConflict):
        await begin(tx, act, amount=Money.yuan("1"))
    assert (await begin(tx, act, key="k2")).id != payment.id
    listed = await queries.payments_of(tx, ACCOUNT)
    assert payment in listed
    assert len(listed) == 2
    assert await queries.payments_of(tx, ACCOUNT, before=listed[0].id) == listed[1:]


async def test_too_much_is_refused_and_strangers_see_nothing(tx: Tx, act: Act) -> None:
    with pytest.raises(AmountOutOfBounds):
        await begin(tx, act, amount=Money.yuan("1000000.01"))
    payment = await begin(tx, act)
    with pytest.raises(PaymentUnknown):
        await queries.payment_of(tx, AccountId(uuid7(act.now)), payment.id)


async def test_another_amount_is_refused_and_alarmed(tx: Tx, act: Act) -> None:
    heard = listen(tx)
    payment = await begin(tx, act)
    short = notice_for(payment, amount=Money.yuan("1"))
    for _ in range(2):
        settlement = await service.settle(tx, act, short)
        assert settlement.outcome is Outcome.MISMATCH
        assert not settlement.taken
    assert await cash(tx) == 0
    assert [type(e) for e in heard].count(PaymentAmountMismatch) == 1


async def test_a_notice_without_payment_is_kept_and_alarmed(tx: Tx, act: Act) -> None:
    heard = listen(tx)
    payment = await begin(tx, act)
    stray = replace(notice_for(payment), bill_number="pay_nobody")
    assert (await service.settle(tx, act, stray)).outcome is Outcome.UNKNOWN
    assert (await service.settle(tx, act, stray)).outcome is Outcome.UNKNOWN
    assert [type(e) for e in heard].count(NoticeWithoutPayment) == 1


async def test_a_second_trade_waits_in_suspense(tx: Tx, act: Act) -> None:
    heard = listen(tx)
    payment = await begin(tx, act)
    await service.settle(tx, act, notice_for(payment))
    second = notice_for(payment, trade="T2")
    assert (await service.settle(tx, act, second)).outcome is Outcome.SECOND_TRADE
    again = replace(second, id="T2 under another id")
    assert (await service.settle(tx, act, again)).outcome is Outcome.REPEATED
    assert await cash(tx) == HUNDRED.micros
    books_now = await operator(tx)
    assert books_now["suspense:payments"] == HUNDRED.micros
    assert books_now["clearing:paper"] == -2 * HUNDRED.micros
    assert [type(e) for e in heard].count(PaymentPaidTwice) == 1


async def test_disorder_and_lateness_lose_no_money(tx: Tx, act: Act) -> None:
    payment = await begin(tx, act)
    closing = notice_for(payment, trade="T0", state=TradeState.CLOSED)
    assert (await service.settle(tx, act, closing)).outcome is Outcome.CLOSED
    assert (await service.settle(tx, act, notice_for(payment))).outcome is Outcome.SETTLED
    late_close = replace(closing, id="late")
    assert (await service.settle(tx, act, late_close)).outcome is Outcome.IGNORED
    waiting = notice_for(payment, state=TradeState.WAITING)
    assert (await service.settle(tx, act, waiting)).outcome is Outcome.IGNORED
    assert (await queries.payment_of(tx, ACCOUNT, payment.id)).state is PaymentState.PAID
    assert await cash(tx) == HUNDRED.micros


async def test_notices_at_the_same_moment_book_one_journal(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        payment = await begin(tx, act)

    async def tell(number: int) -> Outcome:
        # Half of them are the same notice, half are the same trade under other ids.
        id_ = "one" if number % 2 else f"id-{number}"
        async with database.transaction() as tx:
            return (await service.settle(tx, act, notice_for(payment, id=id_))).outcome

    outcomes = await asyncio.gather(*(tell(number) for number in range(10)))
    assert sorted(outcomes) == [Outcome.REPEATED] * 9 + [Outcome.SETTLED]
    async with database.transaction() as tx:
        assert await cash(tx) == HUNDRED.micros
        statement = await books.statement(tx, ACCOUNT, limit=10)
        assert [line.amount for line in statement] == [HUNDRED.micros]
        assert sum((await operator(tx)).values()) == 0


async def test_starts_at_the_same_moment_are_one_payment(database: Database, act: Act) -> None:
    async def go() -> Payment:
        async with database.transaction() as tx:
            return await begin(tx, act)

    payments = await asyncio.gather(*(go() for _ in range(5)))
    assert len({payment.id for payment in payments}) == 1
