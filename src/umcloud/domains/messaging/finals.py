"""Following the log of finals: each follower takes each row once, in one transaction with its work.

A follower stops below the oldest running transaction (`pg_snapshot_xmin`): rows of a lower number
are all there, so a late commit is never skipped. Its cursor row is locked while it works, so a
second worker of the same name waits for nothing and takes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from umcloud.infra.db import Tx

_BEGINNING = UUID(int=0)


class Report(NamedTuple):
    """What a customer is told of one message's end. A tuple, because one is made for every end."""

    id: str
    """The message's, as PostgreSQL writes a UUID."""
    destination: str
    """Dial code and national number, digits only."""
    client_ref: str | None
    segments: int
    state: str
    """delivered, failed, unknown or rejected."""
    code: str
    at: datetime


#: The next page of the log for a follower, and its cursor moved past it; `page` may be used on.
#: The log lies in a partition a day of acceptance: `open_from` spares the search in closed days.
PAGE = """
WITH page AS MATERIALIZED (
    SELECT xid, lane, id, account_id, "class" AS cls, segments, state FROM final
    WHERE (xid, lane, id) > (CAST(:xid AS xid8), :lane, :last) AND id >= :open_from
        AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, lane, id LIMIT :limit
), moved AS (
    UPDATE log_cursor AS c SET xid = p.xid, lane = p.lane, id = p.id
    FROM (SELECT xid, lane, id FROM page ORDER BY xid DESC, lane DESC, id DESC LIMIT 1) AS p
    WHERE c.follower = :follower
)
"""
#: What to tell of the ends named in `told` (batch, lane, account_id, xids, ids): the batch and a
#: `Report`'s fields, in the order of the arrays. Those of another account, and those no longer
#: kept, are left out. All ids lie between `least` and `most`: that spares searching other days.
#: Ends are found by transaction and lane, for an account's often share one. OFFSET and LIMIT keep
#: the planner, which cannot know how long the arrays are, from reading the logs from end to end.
REPORTS = """
SELECT told.batch, m.id::text, m.destination, m.client_ref, f.segments, f.state, f.code, f.at
FROM told
CROSS JOIN LATERAL (
    SELECT place.n, f.*
    FROM (SELECT DISTINCT one AS xid FROM unnest(told.xids) AS one) AS run
    CROSS JOIN LATERAL (
        SELECT f.xid, f.id, f.segments, f.state, f.code, f.at FROM final AS f
        WHERE f.xid = run.xid AND f.lane = told.lane AND f.id BETWEEN %(least)s AND %(most)s
        OFFSET 0
    ) AS f
    JOIN unnest(told.xids, told.ids) WITH ORDINALITY AS place (xid, id, n)
        ON place.id = f.id AND place.xid = f.xid
    OFFSET 0
) AS f
CROSS JOIN LATERAL (
    SELECT m.id, m.destination, m.client_ref FROM message AS m
    WHERE m.lane = told.lane AND m.id = f.id AND m.id BETWEEN %(least)s AND %(most)s
        AND (m.account_id = told.account_id) IS TRUE LIMIT 1
) AS m
ORDER BY told.batch, f.n
"""


async def locked_cursor(tx: Tx, follower: str) -> dict[str, object] | None:
    """Return the parameters of `PAGE` but its limit; None while another worker holds the cursor."""
    found = await _lock(tx, follower)
    if found is None:  # it never read before, or another worker holds it
        await tx.sql(
            "INSERT INTO log_cursor (follower, xid, lane, id) "
            "SELECT :follower, CAST('0' AS xid8), -1, :beginning "
            "WHERE NOT EXISTS (SELECT 1 FROM log_cursor WHERE follower = :follower) "
            "ON CONFLICT DO NOTHING",
            follower=follower,
            beginning=_BEGINNING,
        )
        found = await _lock(tx, follower)
    return found


async def _lock(tx: Tx, follower: str) -> dict[str, object] | None:
    rows = await tx.sql(
        "SELECT xid::text AS xid, lane, id, open_from FROM log_cursor WHERE follower = :follower "
        "FOR UPDATE SKIP LOCKED",
        follower=follower,
    )
    row = rows.one_or_none()
    if row is None:
        return None
    return {
        "follower": follower,
        "xid": row.xid,
        "lane": row.lane,
        "last": row.id,
        "open_from": row.open_from,
    }


async def behind(tx: Tx, follower: str, limit: int = 100_000) -> int:
    """Return how many finals wait for this follower, counting no further than `limit`."""
    row = (
        await tx.sql(
            "SELECT count(*) AS n FROM (SELECT 1 FROM final "
            "WHERE id >= coalesce((SELECT c.open_from FROM log_cursor AS c "
            "WHERE c.follower = :follower), CAST(:beginning AS uuid)) "
            "AND ((xid, lane, id) > (SELECT c.xid, c.lane, c.id FROM log_cursor AS c "
            "WHERE c.follower = :follower) "
            "OR NOT EXISTS (SELECT 1 FROM log_cursor WHERE follower = :follower)) "
            "LIMIT :limit) AS waiting",
            beginning=_BEGINNING,
            follower=follower,
            limit=limit,
        )
    ).one()
    return int(row.n)
