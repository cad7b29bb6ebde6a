"""Reading payments."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from umcloud.domains.payments import store
from umcloud.domains.payments.errors import PaymentUnknown
from umcloud.domains.payments.model import Payment
from umcloud.domains.payments.tables import payment, payment_statement
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, PaymentId
from umcloud.kernel.moments import shanghai_day


async def payment_of(tx: Tx, account_id: AccountId, payment_id: PaymentId) -> Payment:
    """Return the account's payment; raises PaymentUnknown, also for somebody else's."""
    row = await tx.one_or_none(
        select(payment).where(payment.c.id == payment_id, payment.c.account_id == account_id)
    )
    if row is None:
        raise PaymentUnknown
    return store.read(row)


async def payments_of(
    tx: Tx, account_id: AccountId, *, before: PaymentId | None = None, limit: int = 25
) -> list[Payment]:
    """Return up to `limit` payments of the account, newest first, older than `before`."""
    statement = select(payment).where(payment.c.account_id == account_id)
    if before is not None:
        statement = statement.where(payment.c.id < before)
    rows = await tx.all(statement.order_by(payment.c.id.desc()).limit(limit))
    return [store.read(row) for row in rows]


async def next_statement_day(tx: Tx, channel: str) -> date | None:
    """Return the first Shanghai day without an imported statement; None before any payment."""
    last = (
        await tx.execute(
            select(func.max(payment_statement.c.day)).where(payment_statement.c.channel == channel)
        )
    ).scalar_one()
    if last is not None:
        return date.fromordinal(last.toordinal() + 1)
    first = (
        await tx.execute(select(func.min(payment.c.created_at)).where(payment.c.channel == channel))
    ).scalar_one()
    return shanghai_day(first) if first is not None else None
