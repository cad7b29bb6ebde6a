"""Read models for whoever looks through the books: journals across all lanes, and a day's flows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from umcloud.domains.ledger.model import CNY
from umcloud.infra.db import Tx
from umcloud.kernel.ids import LANES, JournalId, floor_of

_TOP = UUID(int=(1 << 128) - 1)


@dataclass(frozen=True, slots=True)
class JournalHead:
    """A journal without its lines."""

    id: JournalId
    lane: int
    kind: str
    booked_at: datetime
    effective_on: date
    reason: str
    actor_id: UUID | None
    reverses: JournalId | None


@dataclass(frozen=True, slots=True)
class Flow:
    """What one of the operator's ledger accounts gained (+) or gave (−) in CNY, in micros."""

    ledger_account: str
    amount: int
    gained: int
    """What came in alone, whatever went out again."""


def _head(row: Row[Any]) -> JournalHead:
    return JournalHead(
        JournalId(row.id),
        row.lane,
        row.kind,
        row.booked_at,
        row.effective_on,
        row.reason,
        row.actor_id,
        JournalId(row.reverses) if row.reverses else None,
    )


async def journals(
    tx: Tx, *, kind: str | None = None, before: UUID | None = None, limit: int = 50
) -> list[JournalHead]:
    """Return journals of all lanes, newest first, older than `before`."""
    rows = await tx.sql(
        # A look-up a lane: the key leads with the lane, so no journal is read in vain.
        "SELECT j.* FROM generate_series(0, :last) AS l(lane) CROSS JOIN LATERAL "
        "(SELECT * FROM journal j WHERE j.lane = l.lane AND j.id < :before "
        "AND (cast(:kind AS text) IS NULL OR j.kind = :kind) "
        "ORDER BY j.id DESC LIMIT :limit) j ORDER BY j.id DESC LIMIT :limit",
        last=LANES - 1,
        before=before or _TOP,
        kind=kind,
        limit=limit,
    )
    return [_head(row) for row in rows]


async def journal(tx: Tx, lane: int, journal_id: JournalId) -> JournalHead | None:
    """Return one journal, None where there is none on that lane."""
    row = (
        await tx.sql(
            "SELECT * FROM journal WHERE lane = :lane AND id = :id",
            lane=lane,
            id=journal_id,
        )
    ).one_or_none()
    return _head(row) if row else None


async def flows(tx: Tx, since: datetime) -> list[Flow]:
    """Return what the operator's accounts moved in CNY since the moment, by account.

    Money from customers shows as a negative amount of a `clearing:` account (it is owed to us
    there), revenue as a positive one of `revenue:`.
    """
    rows = await tx.sql(
        "SELECT o.ledger_account, sum(o.amount)::bigint AS amount, "
        "coalesce(sum(o.amount) FILTER (WHERE o.amount > 0), 0)::bigint AS gained "
        "FROM generate_series(0, :last) AS l(lane) CROSS JOIN LATERAL "
        "(SELECT ledger_account, amount FROM operator_entry o WHERE o.lane = l.lane "
        "AND o.journal_id >= :floor AND o.currency = :currency) o "
        "GROUP BY o.ledger_account ORDER BY o.ledger_account",
        last=LANES - 1,
        floor=floor_of(since),
        currency=CNY,
    )
    return [Flow(row.ledger_account, row.amount, row.gained) for row in rows]
