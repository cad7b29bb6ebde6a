"""What must always be true of accounts; `umcloud audit` prints each exception."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from umcloud.domains.audit.questions import Lately, Piece, Question, all_of
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, floor_of, lane_of

_STOPPED = {
    "is frozen for theft or closed but has a working key": (
        "SELECT DISTINCT a.id FROM account a JOIN api_key k ON k.account_id = a.id "
        "AND k.state = 'ACTIVE' WHERE a.state = 'CLOSED' OR a.frozen_reason = 'THEFT'"
    ),
    "is frozen for theft or closed but somebody is signed in": (
        "SELECT DISTINCT a.id FROM account a JOIN sign_in_session s ON s.account_id = a.id "
        "AND s.ended_at IS NULL WHERE a.state = 'CLOSED' OR a.frozen_reason = 'THEFT'"
    ),
    "is frozen for theft or closed but somebody could join by an invitation": (
        "SELECT DISTINCT a.id FROM account a JOIN invitation i ON i.account_id = a.id "
        "AND i.state = 'OPEN' WHERE a.state = 'CLOSED' OR a.frozen_reason = 'THEFT'"
    ),
}
_OWNERLESS = {
    "has no owner": (
        "SELECT a.id FROM account a WHERE a.state <> 'CLOSED' AND NOT EXISTS (SELECT FROM member m"
        " WHERE m.account_id = a.id AND m.role = 'OWNER' AND m.state = 'ACTIVE')"
    ),
}


async def _told(tx: Tx, checks: Mapping[str, str]) -> list[str]:
    found = []
    for fault, query in checks.items():
        found += [f"account {row.id} {fault}" for row in (await tx.sql(query)).all()]
    keyless = await tx.sql(
        "SELECT 1 FROM staff HAVING count(*) > 0 "
        "AND count(*) FILTER (WHERE state = 'ACTIVE' AND 'admin' = ANY(roles)) = 0"
    )
    if keyless.first() is not None:
        found.append("the operator has staff but no admin who can sign in")
    return found


async def _on_lanes(tx: Tx, first: UUID) -> list[str]:
    rows = await tx.sql("SELECT id, lane FROM account WHERE id >= :first", first=first)
    return [
        f"account {row.id} is on lane {row.lane}, not on its own"
        for row in rows
        if row.lane != lane_of(AccountId(row.id))
    ]


async def _all(tx: Tx, piece: Piece) -> list[str]:
    """Return a line for each account in a state that must not be (C4.2, C5.2)."""
    del piece
    return await _told(tx, {**_STOPPED, **_OWNERLESS}) + await _on_lanes(tx, UUID(int=0))


async def _new(tx: Tx, lately: Lately) -> list[str]:
    # The stopped are few, and theft does not wait for the night.
    return await _told(tx, _STOPPED) + await _on_lanes(tx, floor_of(lately.since))


QUESTIONS = (Question("", "states", _all, _new),)
violations = all_of(QUESTIONS)
