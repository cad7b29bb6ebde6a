"""Ending an account: closed for good, once nothing is owed and nothing is set aside."""

from __future__ import annotations

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Account
from umcloud.domains.ledger import service as ledger
from umcloud.domains.messaging import facts
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId


async def close(tx: Tx, act: Act, *, account_id: AccountId, note: str) -> Account:  # C4.2
    """Close the account: its people are signed out, its keys revoked, nothing is sent any more.

    Refuses balance.owed, hold.open and account.closed. What is judged stays so until the
    transaction ends: no batch of the account is accepted and no money of it moves meanwhile.
    """
    await facts.hold_still(tx, account_id)
    await ledger.require_settled(tx, act, account_id=account_id)
    return await accounts.close(tx, act, account_id=account_id, note=note)
