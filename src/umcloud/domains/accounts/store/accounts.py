"""Accounts: load, lock, write."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from umcloud.domains.accounts import errors
from umcloud.domains.accounts.model import Account, AccountState, FreezeReason
from umcloud.domains.accounts.tables import account
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId


def account_of(row: Row[Any]) -> Account:
    """Return a row of `account` as the model has it."""
    return Account(
        id=AccountId(row.id),
        lane=row.lane,
        name=row.name,
        state=AccountState(row.state),
        frozen_reason=FreezeReason(row.frozen_reason) if row.frozen_reason else None,
        locale=row.locale,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


async def find(tx: Tx, account_id: AccountId) -> Account | None:
    """Return the account, or None."""
    row = await tx.one_or_none(select(account).where(account.c.id == account_id))
    return account_of(row) if row else None


async def hold(tx: Tx, account_id: AccountId) -> Account:
    """Return the account, whose state nobody changes until the transaction ends.

    A sign-in holds it, so that a theft report waits and then ends that session too (C5.2).
    """
    query = select(account).where(account.c.id == account_id).with_for_update(read=True)
    row = await tx.one_or_none(query)
    if row is None:
        raise errors.AccountNotFound
    return account_of(row)


async def lock(tx: Tx, account_id: AccountId) -> Account:
    """Return the account, held until the transaction ends; refuses where there is none."""
    query = select(account).where(account.c.id == account_id).with_for_update()
    row = await tx.one_or_none(query)
    if row is None:
        raise errors.AccountNotFound
    return account_of(row)


async def add(tx: Tx, new: Account) -> None:
    """Write a new account."""
    await tx.execute(
        insert(account).values(
            id=new.id,
            lane=new.lane,
            name=new.name,
            state=new.state.value,
            locale=new.locale,
            created_at=new.created_at,
        )
    )


async def set_state(tx: Tx, changed: Account) -> None:
    """Write the account's state with its reason and moment."""
    await tx.execute(
        update(account)
        .where(account.c.id == changed.id)
        .values(
            state=changed.state.value,
            frozen_reason=changed.frozen_reason.value if changed.frozen_reason else None,
            closed_at=changed.closed_at,
        )
    )
