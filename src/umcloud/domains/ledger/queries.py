"""Read models of the books for screens and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from umcloud.domains.ledger.model import CNY, DRAW_ORDER, Balance, BucketKind, UnitBalance
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, BucketId, JournalId, lane_of


async def balance(tx: Tx, account_id: AccountId) -> Balance:
    """Return the account's money; all zero where no wallet was opened yet."""
    rows = (
        await tx.sql(
            "SELECT w.posted, w.cash, w.held, w.credit_limit, b.kind, "
            "sum(b.remaining)::bigint AS remaining "
            "FROM wallet w LEFT JOIN bucket b ON b.lane = w.lane AND b.wallet_id = w.id "
            "WHERE w.lane = :lane AND w.account_id = :account AND w.currency = :currency "
            "GROUP BY w.posted, w.cash, w.held, w.credit_limit, b.kind",
            lane=lane_of(account_id),
            account=account_id,
            currency=CNY,
        )
    ).all()
    if not rows:
        return Balance(0, 0, 0, {})
    first = rows[0]
    held_in = {row.kind: row.remaining for row in rows} | {BucketKind.CASH: first.cash}
    kinds = {kind: held_in[kind] for kind in DRAW_ORDER if kind in held_in}
    return Balance(first.posted, first.held, first.credit_limit, kinds)


async def units(tx: Tx, account_id: AccountId, now: datetime) -> list[UnitBalance]:
    """Return the account's package buckets that still live, in the order they are drawn."""
    rows = (
        await tx.sql(
            "SELECT b.id, w.currency, b.remaining, b.granted, b.expires_at "
            "FROM wallet w JOIN bucket b ON b.lane = w.lane AND b.wallet_id = w.id "
            "WHERE w.lane = :lane AND w.account_id = :account AND w.currency <> :currency "
            "AND (b.expires_at IS NULL OR b.expires_at > :now) "
            "ORDER BY w.currency, b.priority, b.expires_at NULLS LAST, b.id",
            lane=lane_of(account_id),
            account=account_id,
            currency=CNY,
            now=now,
        )
    ).all()
    return [
        UnitBalance(BucketId(row.id), row.currency, row.remaining, row.granted, row.expires_at)
        for row in rows
    ]


async def bucket(tx: Tx, account_id: AccountId, bucket_id: UUID) -> UnitBalance | None:
    """Return one package bucket of the account, expired or not."""
    row = (
        await tx.sql(
            "SELECT b.id, w.currency, b.remaining, b.granted, b.expires_at "
            "FROM wallet w JOIN bucket b ON b.lane = w.lane AND b.wallet_id = w.id "
            "WHERE w.lane = :lane AND w.account_id = :account AND b.id = :bucket",
            lane=lane_of(account_id),
            account=account_id,
            bucket=bucket_id,
        )
    ).one_or_none()
    return (
        UnitBalance(BucketId(row.id), row.currency, row.remaining, row.granted, row.expires_at)
        if row
        else None
    )


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of a wallet's statement, newest first."""

    seq: int
    journal_lane: int
    journal_id: JournalId
    kind: str
    reason: str
    booked_at: datetime
    currency: str
    amount: int
    balance_after: int


async def statement(
    tx: Tx,
    account_id: AccountId,
    *,
    currency: str = CNY,
    before_seq: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
) -> list[LedgerLine]:
    """Return up to `limit` lines of a wallet before the given seq, newest first.

    `since` and `until` narrow to what was booked from the one on and before the other.
    """
    rows = (
        await tx.sql(
            "SELECT e.seq, e.journal_lane, e.journal_id, j.kind, j.reason, j.booked_at, "
            "w.currency, e.amount, e.balance_after FROM wallet w "
            "JOIN entry e ON e.lane = w.lane AND e.wallet_id = w.id "
            "JOIN journal j ON j.lane = e.journal_lane AND j.id = e.journal_id "
            "WHERE w.lane = :lane AND w.account_id = :account AND w.currency = :currency "
            "AND e.seq < :before "
            "AND j.booked_at >= coalesce(CAST(:since AS timestamptz), '-infinity') "
            "AND j.booked_at < coalesce(CAST(:until AS timestamptz), 'infinity') "
            "ORDER BY e.seq DESC LIMIT :limit",
            lane=lane_of(account_id),
            account=account_id,
            currency=currency,
            since=since,
            until=until,
            before=before_seq if before_seq is not None else 2**62,
            limit=limit,
        )
    ).all()
    return [
        LedgerLine(
            row.seq,
            row.journal_lane,
            JournalId(row.journal_id),
            row.kind,
            row.reason,
            row.booked_at,
            row.currency,
            row.amount,
            row.balance_after,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class OperatorBalance:
    """The sum of one of the operator's ledger accounts in one currency."""

    ledger_account: str
    currency: str
    amount: int


async def trial_balance(tx: Tx) -> list[OperatorBalance]:
    """Return all accounts of the books; wallets are `customers`. Sums are 0 per currency."""
    rows = (
        await tx.sql(
            "SELECT ledger_account, currency, sum(amount)::bigint AS amount FROM ("
            " SELECT 'customers' AS ledger_account, currency, posted AS amount FROM wallet"
            " UNION ALL SELECT ledger_account, currency, amount FROM operator_entry"
            ") AS lines GROUP BY ledger_account, currency ORDER BY currency, ledger_account"
        )
    ).all()
    return [OperatorBalance(row.ledger_account, row.currency, row.amount) for row in rows]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of a journal: a wallet's (with its account) or the operator's."""

    account_id: AccountId | None
    ledger_account: str | None
    currency: str
    amount: int
    balance_after: int | None


async def journal_lines(tx: Tx, lane: int, journal_id: JournalId) -> list[JournalLine]:
    """Return both sides of a journal."""
    rows = (
        await tx.sql(
            "SELECT w.account_id, NULL AS ledger_account, w.currency, e.amount, e.balance_after "
            "FROM entry e JOIN wallet w ON w.lane = e.lane AND w.id = e.wallet_id "
            "WHERE e.journal_lane = :lane AND e.journal_id = :journal UNION ALL "
            "SELECT NULL, o.ledger_account, o.currency, o.amount, NULL FROM operator_entry o "
            "WHERE o.lane = :lane AND o.journal_id = :journal",
            lane=lane,
            journal=journal_id,
        )
    ).all()
    return [
        JournalLine(
            AccountId(row.account_id) if row.account_id else None,
            row.ledger_account,
            row.currency,
            row.amount,
            row.balance_after,
        )
        for row in rows
    ]
