"""Following what handsets wrote: each follower takes each message once, with its own work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from umcloud.domains.inbound.model import InboundId
from umcloud.domains.messaging import finals
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId

_PAGE = """
WITH page AS MATERIALIZED (
    SELECT xid, id, account_id FROM inbound_message
    WHERE (xid, id) > (CAST(:xid AS xid8), :last)
        AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, id LIMIT :limit
), moved AS (
    UPDATE log_cursor AS c SET xid = p.xid, id = p.id
    FROM (SELECT xid, id FROM page ORDER BY xid DESC, id DESC LIMIT 1) AS p
    WHERE c.follower = :follower
)
SELECT n, p.xid::text AS xid, id, account_id FROM (SELECT count(*) AS n FROM page) AS read
LEFT JOIN page AS p ON p.account_id = ANY(CAST(:accounts AS uuid[])) ORDER BY p.xid, id
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message of a handset, by its place in the log."""

    xid: int
    id: InboundId
    account_id: AccountId


async def take(
    tx: Tx, follower: str, limit: int, *, accounts: Collection[AccountId]
) -> tuple[int, list[Arrived]]:
    """Read the next messages for this follower and move its cursor past them.

    Returns how many were read, and those of them that are of these accounts.
    """
    cursor = await finals.locked_cursor(tx, follower)
    if cursor is None:
        return 0, []
    del cursor["lane"], cursor["open_from"]
    rows = (await tx.sql(_PAGE, **cursor, limit=limit, accounts=list(accounts))).all()
    found = [
        Arrived(int(row.xid), InboundId(row.id), AccountId(row.account_id))
        for row in rows
        if row.id is not None
    ]
    return rows[0].n, found
