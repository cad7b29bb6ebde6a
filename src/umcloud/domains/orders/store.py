"""SQL in, model out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from umcloud.domains.orders.model import Earning, Order, PackageGroup
from umcloud.domains.orders.tables import package_order
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, BucketId, JournalId, OrderId, PriceId
from umcloud.kernel.money import Money


async def add(tx: Tx, order: Order, *, idempotency_key: str, request_hash: bytes) -> None:
    """Add the order; the table refuses a second one under the account's key."""
    await tx.execute(
        insert(package_order).values(
            id=order.id,
            number=order.number,
            account_id=order.account_id,
            package_group=order.group.value,
            quantity=order.quantity,
            unit_price=order.unit_price,
            amount=order.amount.micros,
            price_id=order.price_id,
            expires_at=order.expires_at,
            placed_at=order.placed_at,
            placed_by=order.placed_by,
            bucket_id=order.bucket_id,
            journal_id=order.journal_id,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
        )
    )


async def by_key(tx: Tx, account_id: AccountId, key: str) -> tuple[Order, bytes] | None:
    """Return the order placed under the key, and the hash of what it asked for."""
    row = await tx.one_or_none(
        select(package_order).where(
            package_order.c.account_id == account_id, package_order.c.idempotency_key == key
        )
    )
    return (read(row), bytes(row.request_hash)) if row else None


_TO_VOID = """
SELECT o.* FROM package_order o
JOIN wallet w ON w.account_id = o.account_id
JOIN bucket b ON b.lane = w.lane AND b.wallet_id = w.id AND b.id = o.bucket_id
WHERE o.expires_at <= :now AND (o.voided_units IS NULL OR b.remaining > 0)
ORDER BY w.lane, w.account_id, w.id, o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED
"""


async def to_void_for_update(tx: Tx, now: datetime, limit: int) -> list[Order]:
    """Lock and return expired orders that nobody has looked at yet, or that got units back since.

    In the order in which wallets are locked.
    """
    return [read(row) for row in await tx.sql(_TO_VOID, now=now, limit=limit)]


async def mark_voided(
    tx: Tx, order_id: OrderId, *, units: int, journal_id: JournalId | None
) -> None:
    """Write how many units were void in all, and the first journal that voided some."""
    await tx.execute(
        update(package_order)
        .where(package_order.c.id == order_id)
        .values(
            voided_units=units,
            void_journal_id=func.coalesce(package_order.c.void_journal_id, journal_id),
        )
    )


_TO_EARN = """
SELECT o.id, o.amount, o.quantity, o.earned, d.units
FROM package_order o
JOIN wallet w ON w.account_id = o.account_id
JOIN bucket b ON b.lane = w.lane AND b.wallet_id = w.id AND b.id = o.bucket_id
CROSS JOIN LATERAL (SELECT CASE WHEN o.voided_units IS NULL THEN o.quantity - b.remaining
    ELSE o.quantity END AS units) d
WHERE (o.voided_units IS NULL OR o.earned_units < o.quantity) AND d.units <> o.earned_units
ORDER BY o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED
"""


async def to_earn_for_update(tx: Tx, limit: int) -> list[Earning]:
    """Lock and return orders of which other units are gone than have been booked as revenue."""
    return [
        Earning(OrderId(row.id), Money(row.amount), row.quantity, Money(row.earned), row.units)
        for row in await tx.sql(_TO_EARN, limit=limit)
    ]


async def mark_earned(tx: Tx, booked: Sequence[tuple[OrderId, int, Money]]) -> None:
    """Write how many units of each order are booked as revenue, and what they earned."""
    await tx.sql(
        "UPDATE package_order o SET earned_units = e.units, earned = e.earned "
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:units AS int[]), CAST(:earned AS bigint[])) "
        "AS e(id, units, earned) WHERE o.id = e.id",
        ids=[order_id for order_id, _, _ in booked],
        units=[units for _, units, _ in booked],
        earned=[money.micros for _, _, money in booked],
    )


def read(row: Row[Any]) -> Order:
    """Return the row as a value."""
    return Order(
        id=OrderId(row.id),
        number=row.number,
        account_id=AccountId(row.account_id),
        group=PackageGroup(row.package_group),
        quantity=row.quantity,
        unit_price=row.unit_price,
        amount=Money(row.amount),
        price_id=PriceId(row.price_id),
        expires_at=row.expires_at,
        placed_at=row.placed_at,
        placed_by=row.placed_by,
        bucket_id=BucketId(row.bucket_id),
        journal_id=JournalId(row.journal_id),
        voided_units=row.voided_units,
    )
