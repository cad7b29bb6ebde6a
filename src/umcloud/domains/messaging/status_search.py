"""How far back a search by status looks at once, since a status is known only by folding."""

from __future__ import annotations

from datetime import datetime, timedelta

from umcloud.domains.messaging.queries import SearchFilter
from umcloud.infra.db import Tx
from umcloud.kernel.ids import LANES, floor_of, lane_of

LOOKED = 50_000
"""So many messages are folded for one page, about 0.2 s; more only within one minute."""
_FIRST = timedelta(minutes=1)
_WIDER = 4

_EVERYBODY = (
    "SELECT count(*) FROM (SELECT 1 FROM generate_series(0, :last) AS l(lane) CROSS JOIN LATERAL "
    "(SELECT 1 FROM message m WHERE m.lane = l.lane AND m.id >= :since AND m.id < :until) f "
    "LIMIT :most) c"
)
_ONE = (
    "SELECT count(*) FROM (SELECT 1 FROM message m WHERE m.lane = :last "
    "AND m.account_id = :account AND m.id >= :since AND m.id < :until LIMIT :most) c"
)


async def horizon(
    tx: Tx, wanted: SearchFilter, *, until: datetime, looked: int = LOOKED
) -> datetime | None:
    """Return the moment back to which about `looked` messages before `until` reach.

    None where the whole period of the search holds no more, so all of it may be searched at once.
    `wanted.since` must be given.
    """
    if wanted.since is None:
        raise ValueError("since when?")
    account = wanted.account_id
    span, reached = _FIRST, until - _FIRST
    while True:
        begins = max(until - span, wanted.since)
        facts: dict[str, object] = {"account": account} if account else {}
        count: int = (
            await tx.sql(
                _ONE if account else _EVERYBODY,
                last=lane_of(account) if account else LANES - 1,
                since=floor_of(begins),
                until=floor_of(until),
                most=looked + 1,
                **facts,
            )
        ).scalar_one()
        if count > looked:
            return max(reached, wanted.since)
        if begins == wanted.since:
            return None
        reached, span = begins, span * _WIDER
