"""Read models: endpoints with their counts, the delivery log, one delivery's calls."""

from __future__ import annotations

from sqlalchemy import select

from umcloud.domains.callbacks.model import (
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointCounts,
    EndpointState,
)
from umcloud.domains.callbacks.store import DELIVERY, delivery_of, endpoint_of
from umcloud.domains.callbacks.tables import (
    callback_attempt,
    callback_delivery,
    callback_endpoint,
)
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, DeliveryId, EndpointId

_E, _D = callback_endpoint.c, callback_delivery.c


async def endpoints(tx: Tx, account_id: AccountId) -> list[Endpoint]:
    """Return the account's endpoints that are not removed, oldest first."""
    rows = await tx.all(
        select(callback_endpoint)
        .where(_E.account_id == account_id, _E.state != EndpointState.REMOVED.value)
        .order_by(_E.id)
    )
    return [endpoint_of(row) for row in rows]


async def endpoint(tx: Tx, account_id: AccountId, endpoint_id: EndpointId) -> Endpoint | None:
    """Return one endpoint, removed or not; None where the account has no such one."""
    row = await tx.one_or_none(
        select(callback_endpoint).where(_E.id == endpoint_id, _E.account_id == account_id)
    )
    return endpoint_of(row) if row else None


async def counts(tx: Tx, account_id: AccountId) -> dict[EndpointId, EndpointCounts]:
    """Return how many deliveries stand in which state, by endpoint; those without any lack."""
    rows = await tx.sql(
        "SELECT endpoint_id, count(*) FILTER (WHERE state = 'pending') AS pending, "
        "count(*) FILTER (WHERE state = 'delivered') AS delivered, "
        "count(*) FILTER (WHERE state = 'dead') AS dead "
        "FROM callback_delivery WHERE account_id = :account GROUP BY endpoint_id",
        account=account_id,
    )
    return {
        EndpointId(row.endpoint_id): EndpointCounts(row.pending, row.delivered, row.dead)
        for row in rows
    }


async def deliveries(
    tx: Tx,
    account_id: AccountId,
    *,
    endpoint_id: EndpointId | None = None,
    state: DeliveryState | None = None,
    before: DeliveryId | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Return the account's deliveries, newest first, older than `before`."""
    query = select(*DELIVERY).where(_D.account_id == account_id)
    if endpoint_id is not None:
        query = query.where(_D.endpoint_id == endpoint_id)
    if state is not None:
        query = query.where(_D.state == state.value)
    if before is not None:
        query = query.where(_D.id < before)
    rows = await tx.all(query.order_by(_D.id.desc()).limit(limit))
    return [delivery_of(row) for row in rows]


async def delivery(tx: Tx, account_id: AccountId, delivery_id: DeliveryId) -> Delivery | None:
    """Return one delivery; None where the account has no such one."""
    row = await tx.one_or_none(
        select(*DELIVERY).where(_D.id == delivery_id, _D.account_id == account_id)
    )
    return delivery_of(row) if row else None


async def attempts(tx: Tx, account_id: AccountId, delivery_id: DeliveryId) -> list[Attempt]:
    """Return every call made for one of the account's deliveries, oldest first."""
    rows = await tx.all(
        select(callback_attempt)
        .join(callback_delivery, _D.id == callback_attempt.c.delivery_id)
        .where(_D.id == delivery_id, _D.account_id == account_id)
        .order_by(callback_attempt.c.number)
    )
    return [Attempt(row.number, row.at, row.status, row.error, row.milliseconds) for row in rows]
