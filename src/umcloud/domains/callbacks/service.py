"""Use cases: name a URL, change it, test it, try deliveries again."""

from __future__ import annotations

import secrets
from collections.abc import Set as AbstractSet

from umcloud.domains.callbacks import events, rules, store
from umcloud.domains.callbacks.errors import (
    DeliveryNotFound,
    DeliveryUnderWay,
    EndpointNotFound,
    NoSecret,
    NothingAsked,
    TooManyEndpoints,
)
from umcloud.domains.callbacks.model import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointState,
    Form,
    Kind,
    NewEndpoint,
    Topic,
)
from umcloud.domains.callbacks.ports import Guard
from umcloud.infra.db import Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, DeliveryId, EndpointId, uuid7

SEAL = "callback signing secret"
_SECRET_BYTES = 32
ALL_KINDS = frozenset(Kind)


async def add_endpoint(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    url: str,
    form: Form,
    sealer: Sealer,
    guard: Guard,
    about: Topic = Topic.RECEIPTS,
    kinds: AbstractSet[Kind] = ALL_KINDS,
) -> NewEndpoint:
    """Keep a URL to be called from now on; the secret of a signed one is shown this once.

    It is told of ends of messages of these kinds, or of replies (R-RCPT-03).
    Refuses callback.url_malformed, scheme_forbidden, port_forbidden, host_unknown,
    address_forbidden, nothing_asked, too_many_endpoints.
    """
    kinds = kinds if about is Topic.RECEIPTS else frozenset()
    read = await _judged(url, about, kinds, guard)
    if len(await store.lock_endpoints(tx, account_id)) >= rules.ENDPOINTS_MOST:
        raise TooManyEndpoints(limit=rules.ENDPOINTS_MOST)
    endpoint = Endpoint(
        EndpointId(uuid7(act.now)),
        account_id,
        read,
        form,
        about,
        frozenset(kinds),
        EndpointState.ENABLED,
        act.now,
    )
    secret = _new_secret() if form is Form.SIGNED else None
    await store.add_endpoint(tx, endpoint, _sealed(secret, sealer) if secret else None)
    host, _ = rules.host_and_port(read)
    await tx.announce(act, events.EndpointAdded(account_id, endpoint.id, host, form.value))
    return NewEndpoint(endpoint, secret)


async def change_endpoint(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    endpoint_id: EndpointId,
    url: str,
    kinds: AbstractSet[Kind],
    guard: Guard,
) -> None:
    """Call another URL, or about other ends; what waits goes to the new URL. Refuses as adding."""
    about = (await _mine(tx, account_id, endpoint_id)).about
    kinds = kinds if about is Topic.RECEIPTS else frozenset()
    read = await _judged(url, about, kinds, guard)
    await store.change_endpoint(
        tx, endpoint_id, {"url": read, "kinds": sorted(kind.value for kind in kinds)}
    )
    host, _ = rules.host_and_port(read)
    await tx.announce(act, events.EndpointChanged(account_id, endpoint_id, host))


async def pause_endpoint(
    tx: Tx, act: Act, *, account_id: AccountId, endpoint_id: EndpointId
) -> None:
    """Let deliveries wait until `resume_endpoint`; nothing is lost."""
    await _set_state(tx, act, account_id, endpoint_id, EndpointState.PAUSED)


async def resume_endpoint(
    tx: Tx, act: Act, *, account_id: AccountId, endpoint_id: EndpointId
) -> None:
    """Deliver again, what waited first."""
    await _set_state(tx, act, account_id, endpoint_id, EndpointState.ENABLED)


async def remove_endpoint(
    tx: Tx, act: Act, *, account_id: AccountId, endpoint_id: EndpointId
) -> None:
    """Call it no more; what waited for it is given up and stays in the log."""
    await _set_state(tx, act, account_id, endpoint_id, EndpointState.REMOVED)
    await store.bury(tx, endpoint_id, "the endpoint was removed", act.now)


async def renew_secret(
    tx: Tx, act: Act, *, account_id: AccountId, endpoint_id: EndpointId, sealer: Sealer
) -> NewEndpoint:
    """Sign with a new secret from the next call on; it is shown this once. Refuses no_secret."""
    endpoint = await _mine(tx, account_id, endpoint_id)
    if endpoint.form is not Form.SIGNED:
        raise NoSecret
    secret = _new_secret()
    await store.change_endpoint(tx, endpoint_id, {"secret_sealed": _sealed(secret, sealer)})
    await tx.announce(act, events.SigningRenewed(account_id, endpoint_id))
    return NewEndpoint(endpoint, secret)


async def ping(tx: Tx, act: Act, *, account_id: AccountId, endpoint_id: EndpointId) -> Delivery:
    """Queue a test call without any message in it; its log shows what came of it."""
    await _mine(tx, account_id, endpoint_id)
    delivery = new_delivery(act, endpoint_id, account_id)
    await store.add_deliveries(tx, [(delivery, ())])
    await tx.announce(act, events.PingQueued(account_id, endpoint_id, delivery.id))
    return delivery


async def replay(tx: Tx, act: Act, *, account_id: AccountId, delivery_id: DeliveryId) -> None:
    """Try an ended delivery again, from the first pause on, whether it was accepted or is dead.

    Refuses delivery_not_found, delivery_under_way, endpoint_not_found (it was removed).
    """
    delivery = await store.lock_delivery(tx, account_id, delivery_id)
    if delivery is None:
        raise DeliveryNotFound
    if delivery.state is DeliveryState.PENDING:
        raise DeliveryUnderWay
    await _mine(tx, account_id, delivery.endpoint_id)
    await store.again(tx, delivery_id, act.now)
    await tx.announce(act, events.DeliveriesReplayed(account_id, 1))


async def replay_dead(
    tx: Tx, act: Act, *, account_id: AccountId, endpoint_id: EndpointId | None = None
) -> int:
    """Try all dead letters of the account, or of one endpoint, again; return how many."""
    count = await store.again_dead(tx, account_id, endpoint_id, act.now)
    if count:
        await tx.announce(act, events.DeliveriesReplayed(account_id, count))
    return count


def new_delivery(act: Act, endpoint_id: EndpointId, account_id: AccountId) -> Delivery:
    """Return a ping, due at once."""
    return Delivery(
        id=DeliveryId(uuid7(act.now)),
        endpoint_id=endpoint_id,
        account_id=account_id,
        topic=Topic.PING,
        size=0,
        state=DeliveryState.PENDING,
        tries=0,
        attempts=0,
        next_at=act.now,
        last_status=None,
        last_error=None,
        created_at=act.now,
        ended_at=None,
    )


async def _judged(url: str, about: Topic, kinds: AbstractSet[Kind], guard: Guard) -> str:
    if about is Topic.RECEIPTS and not kinds:
        raise NothingAsked
    read = rules.read_url(url)
    await guard.addresses(*rules.host_and_port(read))
    return read


async def _mine(tx: Tx, account_id: AccountId, endpoint_id: EndpointId) -> Endpoint:
    for endpoint in await store.lock_endpoints(tx, account_id):
        if endpoint.id == endpoint_id:
            return endpoint
    raise EndpointNotFound


async def _set_state(
    tx: Tx, act: Act, account_id: AccountId, endpoint_id: EndpointId, state: EndpointState
) -> None:
    await _mine(tx, account_id, endpoint_id)
    await store.change_endpoint(tx, endpoint_id, {"state": state.value})
    await tx.announce(act, events.EndpointStateSet(account_id, endpoint_id, state.value))


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(_SECRET_BYTES)}"


def _sealed(secret: str, sealer: Sealer) -> bytes:
    return sealer.seal(secret.encode(), purpose=SEAL)
