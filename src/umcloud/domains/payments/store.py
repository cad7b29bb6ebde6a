"""SQL in, model out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from umcloud.domains.payments.model import (
    ASK_AFTER,
    Notice,
    Outcome,
    Payer,
    Payment,
    PaymentState,
    Question,
    StatementLine,
)
from umcloud.domains.payments.tables import (
    payment,
    payment_notice,
    payment_statement,
    payment_statement_line,
)
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, JournalId, PaymentId
from umcloud.kernel.money import Money


async def add(tx: Tx, new: Payment, *, idempotency_key: str, request_hash: bytes) -> bool:
    """Add the payment; False where the account has used the key before."""
    statement = (
        upsert(payment)
        .values(
            id=new.id,
            account_id=new.account_id,
            number=new.number,
            channel=new.channel,
            amount=new.amount.micros,
            state=new.state.value,
            pay_url=new.pay_url,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            created_at=new.created_at,
            expires_at=new.expires_at,
            next_ask_at=new.created_at + ASK_AFTER,
        )
        .on_conflict_do_nothing(index_elements=["account_id", "idempotency_key"])
        .returning(payment.c.id)
    )
    return (await tx.execute(statement)).first() is not None


async def by_key(tx: Tx, account_id: AccountId, key: str) -> tuple[Payment, bytes] | None:
    """Return the payment started under the key, and the hash of what it asked for."""
    row = await tx.one_or_none(
        select(payment).where(payment.c.account_id == account_id, payment.c.idempotency_key == key)
    )
    return (read(row), bytes(row.request_hash)) if row else None


async def by_number_for_update(tx: Tx, channel: str, number: str) -> Payment | None:
    """Lock and return the payment of that bill number."""
    row = await tx.one_or_none(
        select(payment)
        .where(payment.c.number == number, payment.c.channel == channel)
        .with_for_update()
    )
    return read(row) if row else None


async def mark_paid(
    tx: Tx, payment_id: PaymentId, notice: Notice, *, paid_at: datetime, journal_id: JournalId
) -> Payment:
    """Write who paid, by which trade and journal."""
    return await _change(
        tx,
        payment_id,
        state=PaymentState.PAID.value,
        trade_number=notice.trade_number,
        payer_id=notice.payer.id,
        payer_name=notice.payer.name,
        paid_at=paid_at,
        journal_id=journal_id,
    )


async def mark_closed(tx: Tx, payment_id: PaymentId, at: datetime) -> Payment:
    """Write that no money is awaited any more."""
    return await _change(tx, payment_id, state=PaymentState.CLOSED.value, closed_at=at)


async def _change(tx: Tx, payment_id: PaymentId, **values: object) -> Payment:
    statement = update(payment).where(payment.c.id == payment_id).values(values)
    return read((await tx.execute(statement.returning(payment))).one())


async def to_ask_for_update(tx: Tx, channel: str, now: datetime, limit: int) -> list[Question]:
    """Lock and return payments to ask the channel about, the longest due first."""
    rows = await tx.all(
        select(payment)
        .where(
            payment.c.channel == channel,
            payment.c.state == PaymentState.CREATED.value,
            payment.c.next_ask_at <= now,
        )
        .order_by(payment.c.next_ask_at, payment.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Question(read(row), row.asks + 1) for row in rows]


async def mark_asked(tx: Tx, question: Question, *, next_ask_at: datetime) -> None:
    """Write that the question is being asked, and when the next one is due."""
    await tx.execute(
        update(payment)
        .where(payment.c.id == question.payment.id)
        .values(asks=question.asks, next_ask_at=next_ask_at)
    )


async def mark_unpaid(tx: Tx, payment_id: PaymentId, at: datetime) -> None:
    """Write that the channel ruled out money for it, unless a notice was faster."""
    await tx.execute(
        update(payment)
        .where(payment.c.id == payment_id, payment.c.state == PaymentState.CREATED.value)
        .values(unpaid_at=at)
    )


async def overdue_for_update(tx: Tx, now: datetime, limit: int) -> list[Payment]:
    """Lock and return ended payments that the channel calls unpaid, but for those being settled."""
    rows = await tx.all(
        select(payment)
        .where(
            payment.c.state == PaymentState.CREATED.value,
            payment.c.unpaid_at.is_not(None),
            payment.c.expires_at <= now,
        )
        .order_by(payment.c.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [read(row) for row in rows]


async def notice_outcome(tx: Tx, notice: Notice) -> Outcome | None:
    """Return what came of this very notice before, if it was seen."""
    row = await tx.one_or_none(
        select(payment_notice.c.outcome).where(
            payment_notice.c.channel == notice.channel, payment_notice.c.notice_id == notice.id
        )
    )
    return Outcome(row.outcome) if row else None


async def suspended(tx: Tx, notice: Notice) -> bool:
    """Return whether the trade's money waits in suspense already."""
    found = await tx.one_or_none(
        select(payment_notice.c.notice_id).where(
            payment_notice.c.channel == notice.channel,
            payment_notice.c.trade_number == notice.trade_number,
            payment_notice.c.outcome == Outcome.SECOND_TRADE.value,
        )
    )
    return found is not None


async def keep_notice(
    tx: Tx, notice: Notice, *, payment_id: UUID | None, outcome: Outcome, at: datetime
) -> None:
    """Keep the notice and what came of it; one that is kept already stays as it is."""
    await tx.execute(
        upsert(payment_notice)
        .values(
            channel=notice.channel,
            notice_id=notice.id,
            payment_id=payment_id,
            bill_number=notice.bill_number,
            trade_number=notice.trade_number,
            state=notice.state.value,
            amount=notice.amount.micros,
            payer_id=notice.payer.id,
            payer_name=notice.payer.name,
            paid_at=notice.paid_at,
            outcome=outcome.value,
            received_at=at,
        )
        .on_conflict_do_nothing(index_elements=["channel", "notice_id"])
    )


async def add_statement(
    tx: Tx, channel: str, day: date, lines: Sequence[StatementLine], at: datetime
) -> bool:
    """Add the day's statement; False where there is one already."""
    added = await tx.execute(
        upsert(payment_statement)
        .values(channel=channel, day=day, lines=len(lines), imported_at=at)
        .on_conflict_do_nothing()
        .returning(payment_statement.c.day)
    )
    if added.first() is None:
        return False
    rows = [
        {
            "channel": channel,
            "trade_number": line.trade_number,
            "day": day,
            "bill_number": line.bill_number,
            "amount": line.amount.micros,
            "payer_id": line.payer_id,
            "paid_at": line.paid_at,
        }
        for line in lines
    ]
    if rows:
        await tx.execute(insert(payment_statement_line), rows)
    return True


async def statement_lines(tx: Tx, channel: str, day: date) -> list[StatementLine]:
    """Return the lines of an imported statement by trade number."""
    table = payment_statement_line
    rows = await tx.all(
        select(table)
        .where(table.c.channel == channel, table.c.day == day)
        .order_by(table.c.trade_number)
    )
    return [
        StatementLine(
            row.trade_number, row.bill_number, Money(row.amount), row.payer_id, row.paid_at
        )
        for row in rows
    ]


def read(row: Row[Any]) -> Payment:
    """Return the row as a value."""
    payer = Payer(row.payer_id, row.payer_name) if row.payer_id is not None else None
    return Payment(
        id=PaymentId(row.id),
        account_id=AccountId(row.account_id),
        number=row.number,
        channel=row.channel,
        amount=Money(row.amount),
        state=PaymentState(row.state),
        pay_url=row.pay_url,
        created_at=row.created_at,
        expires_at=row.expires_at,
        trade_number=row.trade_number,
        payer=payer,
        paid_at=row.paid_at,
        journal_id=JournalId(row.journal_id) if row.journal_id else None,
        closed_at=row.closed_at,
    )
