"""What must always be true of accounts; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, lane_of

_CHECKS = {
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
    "has no owner": (
        "SELECT a.id FROM account a WHERE a.state <> 'CLOSED' AND NOT EXISTS (SELECT FROM member m"
        " WHERE m.account_id = a.id AND m.role = 'OWNER' AND m.state = 'ACTIVE')"
    ),
}


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each account in a state that must not be (C4.2, C5.2)."""
    del now
    found = []
    for fault, query in _CHECKS.items():
        found += [f"account {row.id} {fault}" for row in (await tx.sql(query)).all()]
    keyless = await tx.sql(
        "SELECT 1 FROM staff HAVING count(*) > 0 "
        "AND count(*) FILTER (WHERE state = 'ACTIVE' AND 'admin' = ANY(roles)) = 0"
    )
    if keyless.first() is not None:
        found.append("the operator has staff but no admin who can sign in")
    for row in (await tx.sql("SELECT id, lane FROM account")).all():
        if row.lane != lane_of(AccountId(row.id)):
            found.append(f"account {row.id} is on lane {row.lane}, not on its own")
    return found
