"""SQL in, model out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from umcloud.domains.ledger import tables as t
from umcloud.domains.ledger.model import (
    DRAW_ORDER,
    Bucket,
    BucketKind,
    NewBucket,
    Wallet,
)
from umcloud.domains.ledger.rules import in_draw_order
from umcloud.infra.db import Tx, metadata


async def insert_wallet(
    tx: Tx, *, lane: int, wallet_id: UUID, account_id: UUID, currency: str
) -> bool:
    """Add the wallet; False where the account has one in this currency."""
    statement = (
        upsert(t.wallet)
        .values(
            lane=lane,
            id=wallet_id,
            account_id=account_id,
            currency=currency,
            posted=0,
            cash=0,
            held=0,
            credit_limit=0,
            seq=0,
        )
        .on_conflict_do_nothing()
        .returning(t.wallet.c.id)
    )
    return (await tx.execute(statement)).first() is not None


async def wallets_for_update(
    tx: Tx, *, lane: int, account_id: UUID, currencies: Iterable[str], now: datetime
) -> dict[str, Wallet]:
    """Lock the account's wallets in id order and return them with their live buckets."""
    rows = await tx.all(
        select(t.wallet)
        .where(
            t.wallet.c.lane == lane,
            t.wallet.c.account_id == account_id,
            t.wallet.c.currency.in_(list(currencies)),
        )
        .order_by(t.wallet.c.lane, t.wallet.c.id)
        .with_for_update(key_share=True)
    )
    live: dict[UUID, list[Bucket]] = {row.id: [] for row in rows}
    # A second statement, hence a fresh snapshot: what the lock waited for is visible.
    buckets = await tx.all(
        select(t.bucket)
        .where(
            t.bucket.c.lane == lane,
            t.bucket.c.wallet_id.in_(list(live)),
            (t.bucket.c.expires_at.is_(None)) | (t.bucket.c.expires_at > now),
        )
        .order_by(t.bucket.c.priority, t.bucket.c.expires_at.nulls_last(), t.bucket.c.id)
    )
    for row in buckets:
        live[row.wallet_id].append(Bucket(row.id.int, BucketKind(row.kind), row.remaining))
    return {row.currency: _wallet(row, live[row.id]) for row in rows}


def _wallet(row: Row[Any], buckets: list[Bucket]) -> Wallet:
    return Wallet(
        lane=row.lane,
        id=row.id.int,
        account=row.account_id.int,
        currency=row.currency,
        posted=row.posted,
        held=row.held,
        credit_limit=row.credit_limit,
        seq=row.seq,
        buckets=in_draw_order(buckets, Bucket(row.id.int, BucketKind.CASH, row.cash)),
    )


async def take_from_buckets(tx: Tx, wallet: Wallet, draws: list[tuple[int, int]]) -> None:
    """Write the draws that `rules.draw` decided."""
    for bucket_id, share in draws:
        if bucket_id == wallet.id:
            await _change_cash(tx, wallet, -share)
            continue
        await tx.execute(
            update(t.bucket)
            .where(
                t.bucket.c.lane == wallet.lane,
                t.bucket.c.wallet_id == UUID(int=wallet.id),
                t.bucket.c.id == UUID(int=bucket_id),
            )
            .values(remaining=t.bucket.c.remaining - share)
        )


async def _change_cash(tx: Tx, wallet: Wallet, amount: int) -> None:
    await tx.execute(
        update(t.wallet)
        .where(t.wallet.c.lane == wallet.lane, t.wallet.c.id == UUID(int=wallet.id))
        .values(cash=t.wallet.c.cash + amount)
    )


async def add_to_bucket(tx: Tx, wallet: Wallet, bucket_id: UUID, grant: NewBucket) -> None:
    """Add a bucket, or more to the open-ended bucket of that kind, or to the wallet's cash."""
    if grant.kind is BucketKind.CASH:
        if grant.expires_at is not None:
            raise ValueError("cash does not expire")
        await _change_cash(tx, wallet, grant.amount)
        return
    values = {
        "lane": wallet.lane,
        "wallet_id": UUID(int=wallet.id),
        "id": bucket_id,
        "kind": grant.kind.value,
        "priority": DRAW_ORDER[grant.kind],
        "remaining": grant.amount,
        "granted": grant.amount,
        "expires_at": grant.expires_at,
    }
    statement = upsert(t.bucket).values(values)
    if grant.expires_at is None:
        statement = statement.on_conflict_do_update(
            index_elements=[t.bucket.c.lane, t.bucket.c.wallet_id, t.bucket.c.kind],
            index_where=t.bucket.c.expires_at.is_(None),
            set_={
                "remaining": t.bucket.c.remaining + grant.amount,
                "granted": t.bucket.c.granted + grant.amount,
            },
        )
    await tx.execute(statement)


async def move_wallet(tx: Tx, wallet: Wallet, amount: int) -> tuple[int, int]:
    """Add the signed amount to the wallet; return its new seq and balance."""
    row = (
        await tx.execute(
            update(t.wallet)
            .where(t.wallet.c.lane == wallet.lane, t.wallet.c.id == UUID(int=wallet.id))
            .values(posted=t.wallet.c.posted + amount, seq=t.wallet.c.seq + 1)
            .returning(t.wallet.c.seq, t.wallet.c.posted)
        )
    ).one()
    return row.seq, row.posted


async def change_held(tx: Tx, wallet: Wallet, amount: int) -> None:
    """Add the signed amount to what the wallet holds back."""
    await tx.execute(
        update(t.wallet)
        .where(t.wallet.c.lane == wallet.lane, t.wallet.c.id == UUID(int=wallet.id))
        .values(held=t.wallet.c.held + amount)
    )


async def journal_by_key(tx: Tx, lane: int, key: str) -> Row[Any] | None:
    """Return the journal booked under the key, if any."""
    return await tx.one_or_none(
        select(t.journal).where(and_(t.journal.c.lane == lane, t.journal.c.idempotency_key == key))
    )


async def insert_rows(tx: Tx, table: str, rows: list[dict[str, object]]) -> None:
    """Append rows to `journal`, `entry` or `operator_entry`."""
    if rows:
        await tx.execute(insert(metadata.tables[table]), rows)
