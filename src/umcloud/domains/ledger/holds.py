"""Holds: money set aside for what is still running, then posted in part or let go.

Every use case locks the wallet first and the hold after it, so a post and a void at the same
moment take turns, and the second finds the hold settled.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row

from umcloud.domains.ledger import rules, service, store
from umcloud.domains.ledger import tables as t
from umcloud.domains.ledger.errors import (
    HoldExceeded,
    HoldSettled,
    HoldUnknown,
    InsufficientBalance,
    NoWallet,
)
from umcloud.domains.ledger.events import HoldOpened, HoldsExpired, HoldVoided
from umcloud.domains.ledger.model import CNY, Journal, NewJournal, OperatorLine, Wallet, WalletLine
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, lane_of, uuid7
from umcloud.kernel.money import Money

HoldId = NewType("HoldId", UUID)

_DUE = (
    "SELECT lane, wallet_id FROM hold WHERE state = 'open' AND expires_at <= :now "
    "ORDER BY expires_at LIMIT :limit"
)
_LOCK = (
    "SELECT w.lane, w.id, w.account_id FROM wallet w "
    "JOIN unnest(CAST(:lanes AS smallint[]), CAST(:wallets AS uuid[])) AS d(lane, id) "
    "ON w.lane = d.lane AND w.id = d.id ORDER BY w.lane, w.account_id, w.id FOR NO KEY UPDATE OF w"
)
_EXPIRE = (
    "WITH over AS (UPDATE hold h SET state = 'expired', settled_at = :now "
    "FROM unnest(CAST(:lanes AS smallint[]), CAST(:wallets AS uuid[])) AS d(lane, wallet_id) "
    "WHERE h.lane = d.lane AND h.wallet_id = d.wallet_id AND h.state = 'open' "
    "AND h.expires_at <= :now RETURNING h.lane, h.wallet_id, h.amount), "
    "sums AS (SELECT lane, wallet_id, sum(amount)::bigint AS amount, count(*) AS holds "
    "FROM over GROUP BY lane, wallet_id) "
    "UPDATE wallet w SET held = w.held - s.amount FROM sums s "
    "WHERE w.lane = s.lane AND w.id = s.wallet_id RETURNING w.account_id, s.holds, s.amount"
)


async def hold(
    tx: Tx, act: Act, *, account_id: AccountId, amount: int, expires_at: datetime
) -> HoldId:
    """Set `amount` micros of the money wallet aside until `expires_at`.

    Raises NoWallet, InsufficientBalance.
    """
    if amount <= 0 or expires_at <= act.now:
        raise ValueError("a hold sets something aside, for some time")
    wallet = await _locked_wallet(tx, act, account_id)
    available = rules.spendable(wallet)
    if available < amount:
        raise InsufficientBalance.of(CNY, needed=amount, available=available)
    hold_id = HoldId(uuid7(act.now))
    await tx.execute(
        insert(t.hold).values(
            lane=wallet.lane,
            id=hold_id,
            wallet_id=UUID(int=wallet.id),
            amount=amount,
            state="open",
            opened_at=act.now,
            expires_at=expires_at,
        )
    )
    await store.change_held(tx, wallet, amount)
    await tx.announce(act, HoldOpened(account_id=account_id, hold_id=hold_id, micros=amount))
    return hold_id


async def post_hold(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    hold_id: HoldId,
    amount: int,
    ledger_account: str,
    reason: str,
) -> Journal:
    """Charge `amount` micros (> 0, at most what is held) to the operator's account; free the rest.

    Raises HoldUnknown, HoldSettled, HoldExceeded, InsufficientBalance (what was held has expired
    meanwhile).
    """
    wallet, row = await _locked(tx, act, account_id, hold_id)
    if amount > row.amount:
        raise HoldExceeded(held=Money(row.amount).plain(), asked=Money(amount).plain())
    # Let go first: what is held cannot be drawn.
    await store.change_held(tx, wallet, -row.amount)
    journal = await service.post(
        tx,
        act,
        NewJournal(
            kind="hold-posted",
            idempotency_key=f"hold:{hold_id}",
            lines=[
                WalletLine(account_id, CNY, -amount),
                OperatorLine(ledger_account, CNY, amount),
            ],
            reason=reason,
        ),
    )
    await _settle(tx, act, row, "posted", journal_id=journal.id)
    return journal


async def void_hold(tx: Tx, act: Act, *, account_id: AccountId, hold_id: HoldId) -> None:
    """Let go of all that is held. Raises HoldUnknown, HoldSettled."""
    wallet, row = await _locked(tx, act, account_id, hold_id)
    await store.change_held(tx, wallet, -row.amount)
    await _settle(tx, act, row, "voided")
    await tx.announce(act, HoldVoided(account_id=account_id, hold_id=hold_id, micros=row.amount))


async def expire_holds(tx: Tx, act: Act, limit: int = 200) -> int:
    """Let go of holds whose time is over, those of about `limit` wallets; return how many."""
    due = {(r.lane, r.wallet_id) for r in await tx.sql(_DUE, now=act.now, limit=limit)}
    if not due:
        return 0
    keys = {"lanes": [lane for lane, _ in due], "wallets": [wallet for _, wallet in due]}
    await tx.sql(_LOCK, **keys)
    expired = 0
    for row in (await tx.sql(_EXPIRE, now=act.now, **keys)).all():
        expired += row.holds
        await tx.announce(
            act,
            HoldsExpired(
                account_id=AccountId(row.account_id), holds=row.holds, micros=int(row.amount)
            ),
        )
    return expired


async def _locked_wallet(tx: Tx, act: Act, account_id: AccountId) -> Wallet:
    wallets = await store.wallets_for_update(
        tx, lane=lane_of(account_id), account_id=account_id, currencies=[CNY], now=act.now
    )
    if CNY not in wallets:
        raise NoWallet(currency=CNY)
    return wallets[CNY]


async def _locked(
    tx: Tx, act: Act, account_id: AccountId, hold_id: HoldId
) -> tuple[Wallet, Row[Any]]:
    wallet = await _locked_wallet(tx, act, account_id)
    row = await tx.one_or_none(
        select(t.hold)
        .where(
            t.hold.c.lane == wallet.lane,
            t.hold.c.id == hold_id,
            t.hold.c.wallet_id == UUID(int=wallet.id),
        )
        .with_for_update()
    )
    if row is None:
        raise HoldUnknown
    if row.state != "open":
        raise HoldSettled(state=row.state)
    return wallet, row


async def _settle(
    tx: Tx, act: Act, row: Row[Any], state: str, *, journal_id: UUID | None = None
) -> None:
    await tx.execute(
        update(t.hold)
        .where(t.hold.c.lane == row.lane, t.hold.c.id == row.id)
        .values(state=state, settled_at=act.now, journal_id=journal_id)
    )
