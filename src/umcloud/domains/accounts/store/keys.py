"""API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from ipaddress import ip_network
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from umcloud.domains.accounts.model import ApiKey, KeyState, Network, Scope
from umcloud.domains.accounts.tables import api_key
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, KeyId


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the stored allow-list."""
    return tuple(ip_network(text) for text in texts)


def key_of(row: Row[Any]) -> ApiKey:
    """Return a row of `api_key` as screens show it, without the private half."""
    return ApiKey(
        id=KeyId(row.id),
        account_id=AccountId(row.account_id),
        public_key=row.public_key,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        networks=networks_of(row.networks),
        state=KeyState(row.state),
        created_at=row.created_at,
        last_used_day=row.last_used_day,
    )


async def add(tx: Tx, new: ApiKey, sealed_private: bytes) -> None:
    """Write a new key."""
    await tx.execute(
        insert(api_key).values(
            id=new.id,
            account_id=new.account_id,
            public_key=new.public_key,
            sealed_private=sealed_private,
            name=new.name,
            scopes=sorted(scope.value for scope in new.scopes),
            networks=[str(network) for network in new.networks],
            state=new.state.value,
            created_at=new.created_at,
        )
    )


async def living(tx: Tx, account_id: AccountId) -> int:
    """Return how many keys of the account were not revoked."""
    row = (
        await tx.execute(
            select(func.count().label("n")).where(
                api_key.c.account_id == account_id, api_key.c.state != KeyState.REVOKED.value
            )
        )
    ).one()
    return int(row.n)


async def change(
    tx: Tx,
    account_id: AccountId,
    *,
    before: frozenset[KeyState],
    after: KeyState,
    key_id: KeyId | None = None,
) -> list[KeyId]:
    """Move one key, or all, of the account from some states to another; return which moved."""
    statement = update(api_key).where(
        api_key.c.account_id == account_id,
        api_key.c.state.in_([state.value for state in before]),
    )
    if key_id is not None:
        statement = statement.where(api_key.c.id == key_id)
    moved = await tx.execute(statement.values(state=after.value).returning(api_key.c.id))
    return [KeyId(row.id) for row in moved]


async def used(tx: Tx, key_id: KeyId, day: date) -> None:
    """Write the day of last use; a second time on one day changes nothing."""
    await tx.execute(
        update(api_key)
        .where(
            api_key.c.id == key_id,
            api_key.c.last_used_day.is_(None) | (api_key.c.last_used_day < day),
        )
        .values(last_used_day=day)
    )
