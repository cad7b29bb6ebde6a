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
    Item,
    Kind,
    Outcome,
    Topic,
)
from umcloud.domains.callbacks.tables import (
    callback_attempt,
    callback_delivery,
    callback_endpoint,
)
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, DeliveryId, EndpointId

_E, _D = callback_endpoint.c, callback_delivery.c


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to try, and where it goes."""

    delivery: Delivery
    endpoint: Endpoint
    secret_sealed: bytes | None
    lease: UUID


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
        items=tuple(Item(int(xid), UUID(item)) for xid, item in row.items),
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


async def listening(tx: Tx) -> list[Endpoint]:
    """Return all living endpoints: a few a customer who has any."""
    rows = await tx.all(
        select(callback_endpoint).where(_E.state != EndpointState.REMOVED.value).order_by(_E.id)
    )
    return [endpoint_of(row) for row in rows]


async def add_deliveries(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    """Queue new deliveries."""
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
                "items": [[item.xid, str(item.id)] for item in one.items],
                "state": one.state.value,
                "tries": one.tries,
                "attempts": one.attempts,
                "next_at": one.next_at,
                "created_at": one.created_at,
            }
            for one in deliveries
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
    rows = (
        await tx.sql(
            "WITH due AS (SELECT d.id FROM callback_endpoint AS e "
            "LEFT JOIN unnest(CAST(:busy AS uuid[]), CAST(:calls AS int[])) AS b (id, calls) "
            "ON b.id = e.id CROSS JOIN LATERAL ("
            "SELECT id, next_at FROM callback_delivery WHERE endpoint_id = e.id "
            "AND state = 'pending' AND next_at <= :now ORDER BY next_at, id "
            "LIMIT greatest(:each - coalesce(b.calls, 0), 0) FOR UPDATE SKIP LOCKED) AS d "
            "WHERE e.state = 'enabled' "
            "ORDER BY d.next_at, d.id LIMIT :limit) "
            "UPDATE callback_delivery AS c SET lease = :lease, next_at = :until "
            "FROM due, callback_endpoint AS e "
            "WHERE c.id = due.id AND e.id = c.endpoint_id RETURNING c.*, "
            "e.url, e.form, e.about, e.kinds, e.state AS endpoint_state, e.secret_sealed, "
            "e.created_at AS endpoint_created_at",
            now=now,
            each=each,
            busy=list(busy),
            calls=list(busy.values()),
            limit=limit,
            lease=lease,
            until=now + lasts,
        )
    ).all()
    return [
        Claimed(
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
        )
        for row in rows
    ]


async def record(
    tx: Tx,
    claimed: Claimed,
    outcome: Outcome,
    *,
    now: datetime,
    state: DeliveryState,
    next_at: datetime,
) -> bool:
    """Write down a try and what follows; False (nothing written) where the lease was lost."""
    done = await tx.execute(
        update(callback_delivery)
        .where(_D.id == claimed.delivery.id, _D.lease == claimed.lease)
        .values(
            lease=None,
            state=state.value,
            tries=_D.tries + 1,
            attempts=_D.attempts + 1,
            next_at=next_at,
            last_status=outcome.status,
            last_error=outcome.error,
            ended_at=None if state is DeliveryState.PENDING else now,
        )
        .returning(_D.attempts)
    )
    row = done.one_or_none()
    if row is None:
        return False
    await tx.execute(
        insert(callback_attempt).values(
            delivery_id=claimed.delivery.id,
            number=row.attempts,
            at=now,
            status=outcome.status,
            error=outcome.error,
            milliseconds=outcome.milliseconds,
        )
    )
    return True


async def lock_delivery(tx: Tx, account_id: AccountId, delivery_id: DeliveryId) -> Delivery | None:
    """Return the delivery, locked; None where the account has no such one."""
    row = await tx.one_or_none(
        select(callback_delivery)
        .where(_D.id == delivery_id, _D.account_id == account_id)
        .with_for_update()
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
    await tx.execute(
        update(callback_delivery)
        .where(_D.endpoint_id == endpoint_id, _D.state == "pending")
        .values(state="dead", last_error=why, ended_at=now, lease=None)
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
