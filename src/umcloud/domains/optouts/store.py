"""SQL in, model out: the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete
from sqlalchemy.dialects.postgresql import insert

from umcloud.domains.optouts.model import OptOut, OptOutId, Origin
from umcloud.domains.optouts.tables import opt_out
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId

_O = opt_out.c


async def add(tx: Tx, wishes: Sequence[OptOut]) -> int:
    """Put numbers on the list; return how many were not on it."""
    if not wishes:
        return 0
    values = [
        {
            "account_id": one.account_id,
            "number": one.number,
            "id": one.id,
            "origin": one.origin.value,
            "at": one.at,
        }
        for one in wishes
    ]
    added = await tx.execute(
        insert(opt_out).values(values).on_conflict_do_nothing().returning(_O.number)
    )
    return len(added.all())


async def remove(tx: Tx, account_id: AccountId, opt_out_id: OptOutId) -> OptOut | None:
    """Take a number off the list; return what it was, None where it is not there."""
    removed = await tx.execute(
        delete(opt_out).where(_O.account_id == account_id, _O.id == opt_out_id).returning(opt_out)
    )
    row = removed.one_or_none()
    return opt_out_of(row) if row else None


def opt_out_of(row: Row[Any]) -> OptOut:
    """Return the opt-out in a row of its table."""
    return OptOut(
        OptOutId(row.id), AccountId(row.account_id), row.number, Origin(row.origin), row.at
    )
