"""Following the log of finals: each follower takes each row once, in one transaction with its work.

A follower stops below the oldest running transaction (`pg_snapshot_xmin`): rows of a lower number
are all there, so a late commit is never skipped. Its cursor row is locked while it works, so a
second worker of the same name waits for nothing and takes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from umcloud.infra.db import Tx
from umcloud.infra.hot import read_uuid
from umcloud.kernel.ids import AccountId, MessageId, lane_of

_BEGINNING = UUID(int=0)


class End(NamedTuple):
    """The end of one message: its place in the log, and how it was."""

    xid: int
    id: MessageId
    state: str
    """delivered, failed, unknown or rejected."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a customer is told of one message's end."""

    id: MessageId
    destination: str
    """Dial code and national number, digits only."""
    client_ref: str | None
    segments: int
    state: str
    code: str
    at: datetime


#: The next page of the log for a follower, and its cursor moved past it; `page` may be used on.
PAGE = """
WITH page AS MATERIALIZED (
    SELECT xid, lane, id, account_id, "class" AS cls, segments, state FROM final
    WHERE (xid, lane, id) > (CAST(:xid AS xid8), :lane, :last)
        AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, lane, id LIMIT :limit
), moved AS (
    UPDATE log_cursor AS c SET xid = p.xid, lane = p.lane, id = p.id
    FROM (SELECT xid, lane, id FROM page ORDER BY xid DESC, lane DESC, id DESC LIMIT 1) AS p
    WHERE c.follower = :follower
)
"""
# One text an account: thousands of ends a second cost less to take apart than rows of columns.
_PAGE_OF_ACCOUNTS = f"""
{PAGE} SELECT n, account_id, ends FROM (SELECT count(*) AS n FROM page) AS read
LEFT JOIN (
    SELECT account_id,
        string_agg(xid::text || ' ' || id || ' ' || state, ',' ORDER BY xid, lane, id) AS ends
    FROM page WHERE account_id = ANY(CAST(:accounts AS uuid[])) GROUP BY account_id
) AS told ON true
"""  # noqa: S608 - every word is ours


async def take(
    tx: Tx, follower: str, limit: int, *, accounts: Collection[AccountId]
) -> tuple[int, dict[AccountId, list[End]]]:
    """Read the next finals for this follower and move its cursor past them.

    Returns how many were read, and those of these accounts, each account's in the log's order. 0
    where there are none, or another worker follows under this name at the moment.
    """
    cursor = await locked_cursor(tx, follower)
    if cursor is None:
        return 0, {}
    rows = (await tx.sql(_PAGE_OF_ACCOUNTS, **cursor, limit=limit, accounts=list(accounts))).all()
    return rows[0].n, {
        AccountId(row.account_id): [_end(piece) for piece in row.ends.split(",")]
        for row in rows
        if row.ends
    }


def _end(written: str) -> End:
    xid, id_, state = written.split(" ")
    return End(int(xid), MessageId(UUID(int=read_uuid(id_))), state)


async def locked_cursor(tx: Tx, follower: str) -> dict[str, object] | None:
    """Return the parameters of `PAGE` but its limit; None while another worker holds the cursor."""
    await tx.sql(
        "INSERT INTO log_cursor (follower, xid, lane, id) "
        "SELECT :follower, CAST('0' AS xid8), -1, :beginning "
        "WHERE NOT EXISTS (SELECT 1 FROM log_cursor WHERE follower = :follower) "
        "ON CONFLICT DO NOTHING",
        follower=follower,
        beginning=_BEGINNING,
    )
    row = (
        await tx.sql(
            "SELECT xid::text AS xid, lane, id FROM log_cursor WHERE follower = :follower "
            "FOR UPDATE SKIP LOCKED",
            follower=follower,
        )
    ).one_or_none()
    if row is None:
        return None
    return {"follower": follower, "xid": row.xid, "lane": row.lane, "last": row.id}


async def behind(tx: Tx, follower: str, limit: int = 100_000) -> int:
    """Return how many finals wait for this follower, counting no further than `limit`."""
    row = (
        await tx.sql(
            "SELECT count(*) AS n FROM (SELECT 1 FROM final "
            "WHERE (xid, lane, id) > (SELECT c.xid, c.lane, c.id FROM log_cursor AS c "
            "WHERE c.follower = :follower) "
            "OR NOT EXISTS (SELECT 1 FROM log_cursor WHERE follower = :follower) "
            "LIMIT :limit) AS waiting",
            follower=follower,
            limit=limit,
        )
    ).one()
    return int(row.n)


async def reports(
    tx: Tx, account_id: AccountId, places: Sequence[tuple[int, MessageId]]
) -> list[Report]:
    """Return what to tell of these finals (xid and message), in the order of `places`.

    Those of another account, and those no longer kept, are left out.
    """
    if not places:
        return []
    ids = [message for _, message in places]
    rows = (
        await tx.sql(
            "SELECT m.id, m.destination, m.client_ref, f.segments, f.state, f.code, f.at "
            "FROM unnest(CAST(:xids AS text[]), CAST(:ids AS uuid[])) "
            "WITH ORDINALITY AS place (xid, id, n) "
            "JOIN final AS f ON f.xid = CAST(place.xid AS xid8) AND f.lane = :lane "
            "AND f.id = place.id AND f.id BETWEEN :least AND :most "
            "JOIN message AS m ON m.lane = :lane AND m.id = place.id "
            "AND m.id BETWEEN :least AND :most AND m.account_id = :account ORDER BY place.n",
            xids=[str(xid) for xid, _ in places],
            ids=ids,
            least=min(ids),  # the bounds spare the search in other days' partitions
            most=max(ids),
            lane=lane_of(account_id),
            account=account_id,
        )
    ).all()
    return [
        Report(
            MessageId(row.id),
            row.destination,
            row.client_ref,
            row.segments,
            row.state,
            row.code,
            row.at,
        )
        for row in rows
    ]
