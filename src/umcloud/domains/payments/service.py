"""Recharging: start, settle once whatever the channel repeats, close, reconcile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.errors import IdempotencyConflict
from umcloud.domains.ledger.model import (
    CNY,
    BucketKind,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.domains.payments import rules, store
from umcloud.domains.payments.errors import StatementDiffers, StatementTooEarly
from umcloud.domains.payments.events import (
    NoticeWithoutPayment,
    PaymentAmountMismatch,
    PaymentClosed,
    PaymentPaidTwice,
    PaymentSettled,
    PaymentStarted,
    StatementImported,
)
from umcloud.domains.payments.model import (
    PAY_WITHIN,
    SUSPENSE,
    Bill,
    ImportedStatement,
    Notice,
    Outcome,
    Payment,
    PaymentState,
    Question,
    Settlement,
    StatementLine,
    clearing,
)
from umcloud.domains.payments.ports import PaymentChannel
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, PaymentId, show, uuid7
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.money import Money

_SUBJECT = "UMCloud 账户充值"


async def start(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    amount: Money,
    channel: PaymentChannel,
    idempotency_key: str,
) -> Payment:
    """Return a payment to pay at its `pay_url`; the same key and request return the stored one.

    Raises AmountOutOfBounds, IdempotencyConflict, and what the channel raises.
    """
    rules.check_amount(amount)
    asked = rules.request_hash(amount, channel.name)
    stored = await store.by_key(tx, account_id, idempotency_key)
    if stored is None:
        payment = await _new(act, account_id=account_id, amount=amount, channel=channel)
        if await store.add(tx, payment, idempotency_key=idempotency_key, request_hash=asked):
            await tx.announce(
                act,
                PaymentStarted(
                    account_id=account_id,
                    payment_id=payment.id,
                    channel=channel.name,
                    amount_micros=amount.micros,
                ),
            )
            return payment
        # A twin request was faster; it has committed, or the insert would still be waiting.
        stored = await store.by_key(tx, account_id, idempotency_key)
    if stored is None or stored[1] != asked:
        raise IdempotencyConflict(key=idempotency_key)
    return stored[0]


async def _new(
    act: Act, *, account_id: AccountId, amount: Money, channel: PaymentChannel
) -> Payment:
    payment_id = PaymentId(uuid7(act.now))
    number = show("pay", payment_id)
    expires_at = act.now + PAY_WITHIN
    bill = Bill(number, amount, _SUBJECT, act.now, expires_at)
    return Payment(
        id=payment_id,
        account_id=account_id,
        number=number,
        channel=channel.name,
        amount=amount,
        state=PaymentState.CREATED,
        pay_url=await channel.create(bill),
        created_at=act.now,
        expires_at=expires_at,
        trade_number=None,
        payer=None,
        paid_at=None,
        journal_id=None,
        closed_at=None,
    )


async def settle(tx: Tx, act: Act, notice: Notice) -> Settlement:
    """Act on a verified notice once; repeats, late and disordered ones do no harm (C9.1).

    Nothing is raised for what the channel may get wrong: the notice is kept with its outcome and
    an alarm is announced, so that the transaction must be committed by the caller.
    """
    payment = await store.by_number_for_update(tx, notice.channel, notice.bill_number)
    seen = await store.notice_outcome(tx, notice)
    if seen is not None:
        return Settlement(_again(seen), payment)
    if payment is None:
        await store.keep_notice(tx, notice, payment_id=None, outcome=Outcome.UNKNOWN, at=act.now)
        await tx.announce(
            act,
            NoticeWithoutPayment(
                channel=notice.channel,
                trade_number=notice.trade_number,
                amount_micros=notice.amount.micros,
            ),
        )
        return Settlement(Outcome.UNKNOWN, None)
    outcome = rules.decide(payment, notice)
    if outcome is Outcome.SECOND_TRADE and await store.suspended(tx, notice):
        outcome = Outcome.REPEATED
    await store.keep_notice(tx, notice, payment_id=payment.id, outcome=outcome, at=act.now)
    if outcome is Outcome.SETTLED:
        payment = await _credit(tx, act, payment, notice)
    elif outcome is Outcome.CLOSED:
        payment = await _close(tx, act, payment)
    elif outcome is Outcome.SECOND_TRADE:
        await _suspend(tx, act, payment, notice)
    elif outcome is Outcome.MISMATCH:
        await tx.announce(
            act,
            PaymentAmountMismatch(
                account_id=payment.account_id,
                payment_id=payment.id,
                trade_number=notice.trade_number,
                asked_micros=payment.amount.micros,
                reported_micros=notice.amount.micros,
            ),
        )
    return Settlement(outcome, payment)


def _again(seen: Outcome) -> Outcome:
    """Return what a notice means that was seen before: what was refused stays refused."""
    return seen if seen in (Outcome.MISMATCH, Outcome.UNKNOWN) else Outcome.REPEATED


async def _credit(tx: Tx, act: Act, payment: Payment, notice: Notice) -> Payment:
    amount = payment.amount.micros
    await ledger.open_wallet(tx, act, account_id=payment.account_id)
    journal = await ledger.post(
        tx,
        act,
        NewJournal(
            kind="recharge",
            idempotency_key=f"recharge:{payment.id}",
            lines=[
                WalletLine(
                    payment.account_id,
                    CNY,
                    amount,
                    NewBucket(BucketKind.CASH, amount),
                ),
                OperatorLine(clearing(payment.channel), CNY, -amount),
            ],
            reason=f"recharge {payment.number} by trade {notice.trade_number}",
        ),
    )
    paid = await store.mark_paid(
        tx,
        payment.id,
        notice,
        paid_at=notice.paid_at or act.now,
        journal_id=journal.id,
    )
    await tx.announce(
        act,
        PaymentSettled(
            account_id=payment.account_id,
            payment_id=payment.id,
            journal_id=journal.id,
            channel=payment.channel,
            amount_micros=amount,
        ),
    )
    return paid


async def _suspend(tx: Tx, act: Act, payment: Payment, notice: Notice) -> None:
    amount = notice.amount.micros
    await ledger.post(
        tx,
        act,
        NewJournal(
            kind="payment-suspense",
            idempotency_key=f"suspense:{notice.channel}:{notice.trade_number}",
            lines=[
                OperatorLine(SUSPENSE, CNY, amount),
                OperatorLine(clearing(notice.channel), CNY, -amount),
            ],
            reason=f"second trade {notice.trade_number} for {payment.number}",
        ),
    )
    await tx.announce(
        act,
        PaymentPaidTwice(
            account_id=payment.account_id,
            payment_id=payment.id,
            trade_number=notice.trade_number,
            amount_micros=amount,
        ),
    )


async def _close(tx: Tx, act: Act, payment: Payment) -> Payment:
    closed = await store.mark_closed(tx, payment.id, act.now)
    await tx.announce(act, PaymentClosed(account_id=payment.account_id, payment_id=payment.id))
    return closed


async def to_ask(tx: Tx, act: Act, *, channel: str, limit: int) -> list[Question]:
    """Return open payments to ask the channel about now, and put off the next question of each.

    To be committed before the asking: whatever becomes of it, others have their turn first.
    """
    questions = await store.to_ask_for_update(tx, channel, act.now, limit)
    for question in questions:
        await store.mark_asked(tx, question, next_ask_at=rules.next_ask(question, act.now))
    return questions


async def take_answer(tx: Tx, act: Act, payment: Payment, notice: Notice | None) -> None:
    """Act on the channel's answer to a question asked at `act.now`; None where it saw no trade."""
    if notice is not None:
        await settle(tx, act, notice)
    if rules.is_over(payment, notice, act.now):
        await store.mark_unpaid(tx, payment.id, act.now)


async def close_overdue(tx: Tx, act: Act, *, limit: int = 500) -> int:
    """Close payments nobody paid in time; return how many. Money that comes later still counts.

    Only those of which the channel said so, asked after their end: a notice may have been lost.
    """
    overdue = await store.overdue_for_update(tx, act.now, limit)
    for payment in overdue:
        await _close(tx, act, payment)
    return len(overdue)


async def import_statement(
    tx: Tx, act: Act, *, channel: str, day: date, lines: Sequence[StatementLine]
) -> ImportedStatement:
    """Take over a channel's statement of an ended Shanghai day, once.

    The same lines again are a replay; others raise StatementDiffers. An unfinished day raises
    StatementTooEarly.
    """
    if day >= shanghai_day(act.now):
        raise StatementTooEarly(day=day.isoformat())
    sorted_lines = sorted(lines, key=lambda line: line.trade_number)
    if not await store.add_statement(tx, channel, day, sorted_lines, act.now):
        if await store.statement_lines(tx, channel, day) != sorted_lines:
            raise StatementDiffers(channel=channel, day=day.isoformat())
        return ImportedStatement(channel, day, len(sorted_lines), replayed=True)
    await tx.announce(
        act, StatementImported(channel=channel, day=day.isoformat(), lines=len(sorted_lines))
    )
    return ImportedStatement(channel, day, len(sorted_lines), replayed=False)
