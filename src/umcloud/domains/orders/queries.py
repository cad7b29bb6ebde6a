"""Reading orders."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from umcloud.domains.ledger import queries as books
from umcloud.domains.orders import rules, store
from umcloud.domains.orders.errors import OrderUnknown
from umcloud.domains.orders.model import Order, OrderView
from umcloud.domains.orders.tables import package_order
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, OrderId


async def order_of(tx: Tx, account_id: AccountId, order_id: OrderId, *, now: datetime) -> OrderView:
    """Return the account's order; raises OrderUnknown, also for somebody else's."""
    row = await tx.one_or_none(
        select(package_order).where(
            package_order.c.id == order_id, package_order.c.account_id == account_id
        )
    )
    if row is None:
        raise OrderUnknown
    (view,) = await _views(tx, account_id, [store.read(row)], now)
    return view


async def orders_of(
    tx: Tx,
    account_id: AccountId,
    *,
    now: datetime,
    before: OrderId | None = None,
    limit: int = 25,
) -> list[OrderView]:
    """Return up to `limit` orders of the account, newest first, older than `before`."""
    statement = select(package_order).where(package_order.c.account_id == account_id)
    if before is not None:
        statement = statement.where(package_order.c.id < before)
    rows = await tx.all(statement.order_by(package_order.c.id.desc()).limit(limit))
    return await _views(tx, account_id, [store.read(row) for row in rows], now)


async def _views(
    tx: Tx, account_id: AccountId, orders: list[Order], now: datetime
) -> list[OrderView]:
    live = {unit.bucket_id: unit.remaining for unit in await books.units(tx, account_id, now)}
    views = []
    for order in orders:
        remaining = live.get(order.bucket_id, 0)
        if now >= order.expires_at and order.voided_units is None:
            # Expired and not yet voided: a short while, so few orders pay for this look.
            bucket = await books.bucket(tx, account_id, order.bucket_id)
            remaining = bucket.remaining if bucket else 0
        state = rules.state_of(
            remaining=remaining,
            voided_units=order.voided_units,
            expires_at=order.expires_at,
            now=now,
        )
        views.append(OrderView(order, remaining, state))
    return views
