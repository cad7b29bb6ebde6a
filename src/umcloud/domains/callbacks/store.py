"""SQL in, model out: endpoints, deliveries, attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from umcloud.domains.callbacks.model import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointState,
    Form,
    Kind,
    Outcome,
    Topic,
)
from umcloud.domains.callbacks.tables import (
    callback_delivery,
    callback_endpoint,
)
from umcloud.domains.inbound.model import InboundId
from umcloud.domains.messaging import finals
from umcloud.domains.messaging.finals import Report
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, DeliveryId, EndpointId, lane_of, uuid7_row

_E, _D = callback_endpoint.c, callback_delivery.c
#: All of a delivery but what it tells of, which may be long and is for its body alone.
DELIVERY = tuple(column for column in callback_delivery.c if column.name not in {"ids", "xids"})

# Each end goes to each endpoint that asked for its kind, in the log's order.
_QUEUE_ENDS = f"""
{finals.PAGE}, wanted AS (
    SELECT e.id AS endpoint_id, e.account_id,
        array_agg(p.xid ORDER BY p.xid, p.lane, p.id) AS xids,
        array_agg(p.id ORDER BY p.xid, p.lane, p.id) AS ids
    FROM page AS p JOIN callback_endpoint AS e ON e.account_id = p.account_id
    WHERE e.state <> 'removed' AND e.about = 'receipts' AND p.state = ANY(e.kinds)
    GROUP BY e.id, e.account_id
), batch AS (
    SELECT endpoint_id, account_id, xids[first:first + :batch - 1] AS xids,
        ids[first:first + :batch - 1] AS ids, row_number() OVER () AS n
    FROM wanted CROSS JOIN LATERAL generate_series(1, cardinality(ids), :batch) AS first
), queued AS (
    INSERT INTO callback_delivery (id, endpoint_id, account_id, topic, xids, ids, state, tries,
        attempts, next_at, created_at)
    SELECT CAST(:head || lpad(to_hex(:number + n), 12, '0') AS uuid), endpoint_id, account_id,
        'receipts', xids, ids, 'pending', 0, 0, :now, :now FROM batch
)
SELECT count(*) FROM page
"""  # noqa: S608 - every word is ours
_CLAIM = f"""
WITH due AS (
    SELECT d.id FROM callback_endpoint AS e
    LEFT JOIN unnest(CAST(:busy AS uuid[]), CAST(:calls AS int[])) AS b (id, calls) ON b.id = e.id
    CROSS JOIN LATERAL (
        SELECT id, next_at FROM callback_delivery
        WHERE endpoint_id = e.id AND state = 'pending' AND next_at <= :now
        ORDER BY next_at, id LIMIT greatest(:each - coalesce(b.calls, 0), 0)
        FOR UPDATE SKIP LOCKED
    ) AS d
    WHERE e.state = 'enabled' ORDER BY d.next_at, d.id LIMIT :limit
)
UPDATE callback_delivery AS c SET lease = :lease, next_at = :until
FROM due, callback_endpoint AS e WHERE c.id = due.id AND e.id = c.endpoint_id
RETURNING {", ".join(f"c.{column.name}" for column in DELIVERY)},
    e.url, e.form, e.about, e.kinds, e.state AS endpoint_state, e.secret_sealed,
    e.created_at AS endpoint_created_at,
    (SELECT one FROM unnest(c.ids) AS one ORDER BY one LIMIT 1) AS least,
    (SELECT one FROM unnest(c.ids) AS one ORDER BY one DESC LIMIT 1) AS most
"""  # noqa: S608 - every word is ours
_REPORTS = f"""
WITH told AS (
    SELECT d.n AS batch, d.lane, c.account_id, c.xids, c.ids
    FROM unnest(CAST(%(ids)s AS uuid[]), CAST(%(lanes)s AS int2[]))
        WITH ORDINALITY AS d (id, lane, n)
    JOIN callback_delivery AS c ON c.id = d.id
) {finals.REPORTS}
"""  # noqa: S608 - every word is ours
# Rows are locked in one order by all who write several, or they would wait for each other.
_RECORD = """
WITH said AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:leases AS uuid[]), CAST(:states AS text[]),
        CAST(:nexts AS timestamptz[]), CAST(:statuses AS int[]), CAST(:errors AS text[]),
        CAST(:spent AS int[])) AS s (id, lease, state, next_at, status, error, milliseconds)
), mine AS MATERIALIZED (
    SELECT d.id FROM callback_delivery AS d JOIN said AS s ON s.id = d.id AND s.lease = d.lease
    ORDER BY d.id FOR UPDATE OF d
), kept AS (
    UPDATE callback_delivery AS d SET lease = NULL, state = s.state, tries = tries + 1,
        attempts = attempts + 1, next_at = s.next_at, last_status = s.status,
        last_error = s.error, ended_at = CASE WHEN s.state = 'pending' THEN NULL ELSE :now END
    FROM mine, said AS s WHERE d.id = mine.id AND s.id = d.id
    RETURNING d.id, d.attempts, s.status, s.error, s.milliseconds
), logged AS (
    INSERT INTO callback_attempt (delivery_id, number, at, status, error, milliseconds)
    SELECT id, attempts, :now, status, error, milliseconds FROM kept
)
SELECT id FROM kept
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to try, and where it goes."""

    delivery: Delivery
    endpoint: Endpoint
    secret_sealed: bytes | None
    lease: UUID
    least: UUID | None = None
    """The smallest of its items' ids, where it has any, and the greatest."""
    most: UUID | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery that was tried, what came of it and what follows."""

    claimed: Claimed
    outcome: Outcome
    state: DeliveryState
    next_at: datetime


def endpoint_of(row: Row[Any]) -> Endpoint:
    """Return the endpoint in a row of its table."""
    return Endpoint(
        EndpointId(row.id),
        AccountId(row.account_id),
        row.url,
        Form(row.form),
        Topic(row.about),
        frozenset(Kind(kind) for kind in row.kinds),
        EndpointState(row.state),
        row.created_at,
    )


def delivery_of(row: Row[Any]) -> Delivery:
    """Return the delivery in a row of its table."""
    return Delivery(
        id=DeliveryId(row.id),
        endpoint_id=EndpointId(row.endpoint_id),
        account_id=AccountId(row.account_id),
        topic=Topic(row.topic),
        size=row.size,
        state=DeliveryState(row.state),
        tries=row.tries,
        attempts=row.attempts,
        next_at=row.next_at,
        last_status=row.last_status,
        last_error=row.last_error,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


async def add_endpoint(tx: Tx, endpoint: Endpoint, secret_sealed: bytes | None) -> None:
    """Keep a new endpoint."""
    await tx.execute(
        insert(callback_endpoint).values(
            id=endpoint.id,
            account_id=endpoint.account_id,
            url=endpoint.url,
            form=endpoint.form.value,
            about=endpoint.about.value,
            secret_sealed=secret_sealed,
            state=endpoint.state.value,
            kinds=sorted(kind.value for kind in endpoint.kinds),
            created_at=endpoint.created_at,
        )
    )


async def lock_endpoints(tx: Tx, account_id: AccountId) -> list[Endpoint]:
    """Return the account's living endpoints; other changes of the account's callbacks wait."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"callbacks {account_id}"))))
    rows = await tx.all(
        select(callback_endpoint)
        .where(_E.account_id == account_id, _E.state != EndpointState.REMOVED.value)
        .order_by(_E.id)
    )
    return [endpoint_of(row) for row in rows]


async def change_endpoint(tx: Tx, endpoint_id: EndpointId, values: Mapping[str, object]) -> None:
    """Set columns of an endpoint."""
    await tx.execute(update(callback_endpoint).where(_E.id == endpoint_id).values(dict(values)))


async def listening(tx: Tx, about: Topic) -> list[Endpoint]:
    """Return all living endpoints for this: a few a customer who has any."""
    rows = await tx.all(
        select(callback_endpoint)
        .where(_E.state != EndpointState.REMOVED.value, _E.about == about.value)
        .order_by(_E.id)
    )
    return [endpoint_of(row) for row in rows]


async def queue_ends(
    tx: Tx, now: datetime, cursor: Mapping[str, object], *, limit: int, batch: int
) -> int:
    """Queue deliveries of up to `batch` ends for the log's next page; return the page's size.

    `cursor` is that of `finals.locked_cursor`; it is moved past the page.
    """
    head, number = uuid7_row(now)
    read = await tx.sql(
        _QUEUE_ENDS, **cursor, limit=limit, batch=batch, head=head, number=number, now=now
    )
    return int(read.scalar_one())


async def add_deliveries(tx: Tx, deliveries: Sequence[tuple[Delivery, Sequence[UUID]]]) -> None:
    """Queue new deliveries, each with the ids of the replies that it tells of."""
    if not deliveries:
        return
    await tx.execute(
        insert(callback_delivery),
        [
            {
                "id": one.id,
                "endpoint_id": one.endpoint_id,
                "account_id": one.account_id,
                "topic": one.topic.value,
                "ids": list(ids),
                "state": one.state.value,
                "tries": one.tries,
                "attempts": one.attempts,
                "next_at": one.next_at,
                "created_at": one.created_at,
            }
            for one, ids in deliveries
        ],
    )


async def claim(
    tx: Tx,
    *,
    now: datetime,
    lease: UUID,
    lasts: timedelta,
    limit: int,
    each: int,
    busy: Mapping[EndpointId, int],
) -> list[Claimed]:
    """Take due deliveries for the lease's time, at most `each` of an endpoint, oldest first.

    Claims at the same moment take different ones. `busy` says how many of an endpoint's places
    are taken already.
    """
    rows = await tx.sql(
        _CLAIM,
        now=now,
        each=each,
        busy=list(busy),
        calls=list(busy.values()),
        limit=limit,
        lease=lease,
        until=now + lasts,
    )
    return [_claimed_of(row, lease) for row in rows]


def _claimed_of(row: Row[Any], lease: UUID) -> Claimed:
    return Claimed(
        delivery_of(row),
        Endpoint(
            EndpointId(row.endpoint_id),
            AccountId(row.account_id),
            row.url,
            Form(row.form),
            Topic(row.about),
            frozenset(Kind(kind) for kind in row.kinds),
            EndpointState(row.endpoint_state),
            row.endpoint_created_at,
        ),
        bytes(row.secret_sealed) if row.secret_sealed is not None else None,
        lease,
        row.least,
        row.most,
    )


async def reports(tx: Tx, claimed: Sequence[Claimed]) -> list[list[Report]]:
    """Return what to tell in each of these deliveries of ends."""
    if not claimed:
        return []
    connection = await tx.raw()  # thousands of rows: as they come, and octets rather than text
    rows = await connection.cursor(binary=True).execute(
        _REPORTS,
        {
            "ids": [one.delivery.id for one in claimed],
            "lanes": [lane_of(one.delivery.account_id) for one in claimed],
            "least": min(one.least for one in claimed if one.least),
            "most": max(one.most for one in claimed if one.most),
        },
    )
    found: list[list[Report]] = [[] for _ in claimed]
    for batch, *report in await rows.fetchall():
        found[batch - 1].append(Report._make(report))
    return found


async def reply_ids(tx: Tx, delivery_id: DeliveryId) -> list[InboundId]:
    """Return which replies the delivery tells of."""
    found = await tx.one_or_none(select(_D.ids).where(_D.id == delivery_id))
    return [InboundId(one) for one in found.ids] if found else []


async def record(tx: Tx, tried: Sequence[Tried], now: datetime) -> set[DeliveryId]:
    """Write down tries and what follows; return those written, not those that lost the lease."""
    rows = await tx.sql(
        _RECORD,
        ids=[one.claimed.delivery.id for one in tried],
        leases=[one.claimed.lease for one in tried],
        states=[one.state.value for one in tried],
        nexts=[one.next_at for one in tried],
        statuses=[one.outcome.status for one in tried],
        errors=[one.outcome.error for one in tried],
        spent=[one.outcome.milliseconds for one in tried],
        now=now,
    )
    return {DeliveryId(row.id) for row in rows}


async def lock_delivery(tx: Tx, account_id: AccountId, delivery_id: DeliveryId) -> Delivery | None:
    """Return the delivery, locked; None where the account has no such one."""
    row = await tx.one_or_none(
        select(*DELIVERY).where(_D.id == delivery_id, _D.account_id == account_id).with_for_update()
    )
    return delivery_of(row) if row else None


async def again(tx: Tx, delivery_id: DeliveryId, now: datetime) -> None:
    """Begin a new round of tries."""
    await tx.execute(
        update(callback_delivery)
        .where(_D.id == delivery_id)
        .values(state="pending", tries=0, next_at=now, ended_at=None, lease=None)
    )


async def again_dead(
    tx: Tx, account_id: AccountId, endpoint_id: EndpointId | None, now: datetime
) -> int:
    """Begin a new round for dead deliveries to living endpoints; return how many."""
    living = select(_E.id).where(
        _E.account_id == account_id, _E.state != EndpointState.REMOVED.value
    )
    statement = (
        update(callback_delivery)
        .where(_D.account_id == account_id, _D.state == "dead", _D.endpoint_id.in_(living))
        .values(state="pending", tries=0, next_at=now, ended_at=None, lease=None)
    )
    if endpoint_id is not None:
        statement = statement.where(_D.endpoint_id == endpoint_id)
    return (await tx.execute(statement)).rowcount


async def bury(tx: Tx, endpoint_id: EndpointId, why: str, now: datetime) -> None:
    """Give up what still waits for an endpoint."""
    await tx.sql(
        "WITH waiting AS MATERIALIZED (SELECT id FROM callback_delivery "
        "WHERE endpoint_id = :endpoint AND state = 'pending' ORDER BY id FOR UPDATE) "
        "UPDATE callback_delivery AS d SET state = 'dead', last_error = :why, ended_at = :now, "
        "lease = NULL FROM waiting WHERE d.id = waiting.id",
        endpoint=endpoint_id,
        why=why,
        now=now,
    )


async def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Delete deliveries that ended before the moment, with their attempts; return how many."""
    found = await tx.sql(
        "WITH old AS (SELECT id FROM callback_delivery WHERE ended_at < :before "
        "ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED), "
        "tries AS (DELETE FROM callback_attempt WHERE delivery_id IN (SELECT id FROM old)) "
        "SELECT id FROM old",
        before=before,
        limit=limit,
    )
    ids = [row.id for row in found]
    if ids:
        await tx.sql("DELETE FROM callback_delivery WHERE id = ANY(:ids)", ids=ids)
    return len(ids)
