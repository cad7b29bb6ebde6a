"""Voiding what is left of expired vouchers and gifts: it is no debt to the customer any more."""

from __future__ import annotations

from uuid import UUID

from umcloud.domains.ledger import service, store
from umcloud.domains.ledger.events import BucketVoided
from umcloud.domains.ledger.model import BucketKind, NewJournal, OperatorLine, WalletLine
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, BucketId, lane_of, uuid7

# What is set aside was promised to whoever holds it: a wallet never owes more than it has for it.
# In the order of locking; within a wallet what expired first goes first.
_DUE = """
SELECT w.account_id, w.currency, b.id, b.kind
FROM bucket b JOIN wallet w ON w.lane = b.lane AND w.id = b.wallet_id
WHERE b.kind IN ('voucher', 'gift') AND b.remaining > 0 AND b.expires_at <= :now
    AND w.posted - w.held + w.credit_limit > 0
ORDER BY w.lane, w.account_id, w.id, b.expires_at, b.id LIMIT :limit
"""
_REMAINING = """
SELECT b.remaining FROM bucket b
WHERE b.lane = :lane AND b.wallet_id = :wallet AND b.id = :bucket
"""


def breakage(kind: BucketKind) -> str:
    """Return the ledger account of what was given and never used before it expired."""
    return f"breakage:{kind}"


async def void_expired(tx: Tx, act: Act, *, limit: int = 50) -> int:
    """Void what is left of up to `limit` expired vouchers and gifts; return how many were voided.

    Packages are voided by their orders. What a hold alone keeps in the wallet waits for its end.
    """
    voided = 0
    for row in (await tx.sql(_DUE, now=act.now, limit=limit)).all():
        voided += await _void(
            tx,
            act,
            account_id=AccountId(row.account_id),
            currency=row.currency,
            bucket_id=BucketId(row.id),
            kind=BucketKind(row.kind),
        )
    return voided


async def lock_rest(
    tx: Tx, act: Act, *, account_id: AccountId, currency: str, bucket_id: BucketId
) -> int:
    """Lock the wallet; return how much of an expired bucket may be voided until it is unlocked."""
    lane = lane_of(account_id)
    wallets = await store.wallets_for_update(
        tx, lane=lane, account_id=account_id, currencies=[currency], now=act.now
    )
    wallet = wallets.get(currency)
    if wallet is None:
        return 0
    found = await tx.sql(_REMAINING, lane=lane, wallet=UUID(int=wallet.id), bucket=bucket_id)
    return max(0, min(found.scalar_one_or_none() or 0, wallet.available))


async def _void(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    currency: str,
    bucket_id: BucketId,
    kind: BucketKind,
) -> bool:
    rest = await lock_rest(tx, act, account_id=account_id, currency=currency, bucket_id=bucket_id)
    if not rest:
        return False  # A twin was faster.
    # The lock and not the key makes it happen once: a refund fills the bucket again later.
    command = NewJournal(
        kind=f"{kind}-void",
        idempotency_key=f"void:{bucket_id}:{uuid7(act.now)}",
        lines=[
            WalletLine(account_id, currency, -rest, bucket=bucket_id),
            OperatorLine(breakage(kind), currency, rest),
        ],
        reason=f"{kind} expired with this much unused",
    )
    await service.post(tx, act, command)
    await tx.announce(
        act,
        BucketVoided(
            account_id=account_id,
            bucket_id=bucket_id,
            kind=kind.value,
            currency=currency,
            amount=rest,
        ),
    )
    return True
