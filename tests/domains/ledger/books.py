"""Small deeds that tests of the books are made of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from umcloud.domains.ledger import service
from umcloud.domains.ledger.model import (
    CNY,
    BucketKind,
    Journal,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

ALICE = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_000A))
BOB = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_000B))


async def credit(
    tx: Tx,
    act: Act,
    account_id: AccountId,
    amount: int,
    *,
    kind: BucketKind = BucketKind.CASH,
    key: str,
    expires_at: datetime | None = None,
) -> Journal:
    """Give the account a bucket, from clearing."""
    await service.open_wallet(tx, act, account_id=account_id)
    bucket = NewBucket(kind, amount, expires_at)
    lines: list[WalletLine | OperatorLine] = [
        WalletLine(account_id, CNY, amount, bucket),
        OperatorLine("clearing:sandbox", CNY, -amount),
    ]
    return await service.post(tx, act, NewJournal("recharge", key, lines, "recharge"))


async def debit(tx: Tx, act: Act, account_id: AccountId, amount: int, *, key: str) -> Journal:
    """Take money from the account, to revenue."""
    lines: list[WalletLine | OperatorLine] = [
        WalletLine(account_id, CNY, -amount),
        OperatorLine("revenue:sms", CNY, amount),
    ]
    return await service.post(tx, act, NewJournal("service", key, lines, "service"))
