"""Following the log of finals: each follower takes each row once, in one transaction with its work.

A follower stops below the oldest running transaction (`pg_snapshot_xmin`): rows of a lower number
are all there, so a late commit is never skipped. Its cursor row is locked while it works, so a
second worker of the same name waits for nothing and takes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, MessageId, lane_of

_BEGINNING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Final:
    """The end of one message, as the log holds it."""

    xid: int
    lane: int
    id: MessageId
    account_id: AccountId
    cls: str
    segments: int
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


async def take(tx: Tx, follower: str, limit: int) -> list[Final]:
    """Return the next finals for this follower and move its cursor past them.

    [] where there are none, or another worker follows under this name at the moment.
    """
    cursor = await _locked_cursor(tx, follower)
    if cursor is None:
        return []
    xid, lane, last = cursor
    rows = (
        await tx.sql(
            'SELECT xid::text AS xid, lane, id, account_id, "class" AS cls, segments, state '
            "FROM final WHERE (xid, lane, id) > (CAST(:xid AS xid8), :lane, :last) "
            "AND xid < pg_snapshot_xmin(pg_current_snapshot()) "
            "ORDER BY final.xid, lane, id LIMIT :limit",
            xid=xid,
            lane=lane,
            last=last,
            limit=limit,
        )
    ).all()
    if rows:
        await tx.sql(
            "UPDATE log_cursor SET xid = CAST(:xid AS xid8), lane = :lane, id = :last "
            "WHERE follower = :follower",
            xid=rows[-1].xid,
            lane=rows[-1].lane,
            last=rows[-1].id,
            follower=follower,
        )
    return [
        Final(
            int(row.xid),
            row.lane,
            MessageId(row.id),
            AccountId(row.account_id),
            row.cls,
            row.segments,
            row.state,
        )
        for row in rows
    ]


async def _locked_cursor(tx: Tx, follower: str) -> tuple[str, int, UUID] | None:
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
    return (row.xid, row.lane, row.id) if row else None


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
    rows = (
        await tx.sql(
            "SELECT m.id, m.destination, m.client_ref, f.segments, f.state, f.code, f.at "
            "FROM unnest(CAST(:xids AS text[]), CAST(:ids AS uuid[])) "
            "WITH ORDINALITY AS place (xid, id, n) "
            "JOIN final AS f ON f.xid = CAST(place.xid AS xid8) AND f.lane = :lane "
            "AND f.id = place.id "
            "JOIN message AS m ON m.lane = :lane AND m.id = place.id "
            "AND m.account_id = :account ORDER BY place.n",
            xids=[str(xid) for xid, _ in places],
            ids=[message for _, message in places],
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
