"""Read models: the list for people, and whole for screening."""

from __future__ import annotations

from sqlalchemy import select

from umcloud.domains.optouts.model import OptOut, OptOutId
from umcloud.domains.optouts.store import opt_out_of
from umcloud.domains.optouts.tables import opt_out
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId

_O = opt_out.c


async def numbers(tx: Tx, account_id: AccountId) -> frozenset[str]:
    """Return all numbers on the account's list: digits with country code."""
    # One text and not a row for each: a list may have a hundred thousand.
    found = await tx.sql(
        "SELECT string_agg(number, ',') FROM opt_out WHERE account_id = :account",
        account=account_id,
    )
    joined = found.scalar_one()
    return frozenset(joined.split(",")) if joined else frozenset()


async def search(
    tx: Tx,
    account_id: AccountId,
    *,
    number: str | None = None,
    before: OptOutId | None = None,
    limit: int = 50,
) -> list[OptOut]:
    """Return up to `limit` of the account's opt-outs, older than `before`, newest first."""
    query = select(opt_out).where(_O.account_id == account_id)
    if number is not None:
        query = query.where(_O.number == number)
    if before is not None:
        query = query.where(_O.id < before)
    return [opt_out_of(row) for row in await tx.all(query.order_by(_O.id.desc()).limit(limit))]


async def one(tx: Tx, account_id: AccountId, opt_out_id: OptOutId) -> OptOut | None:
    """Return one of the account's opt-outs; None where there is none."""
    row = await tx.one_or_none(
        select(opt_out).where(_O.account_id == account_id, _O.id == opt_out_id)
    )
    return opt_out_of(row) if row else None
