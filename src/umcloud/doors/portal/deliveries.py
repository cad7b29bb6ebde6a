"""The log of calls to the customer's URLs: what was handed over, what came of it, again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.callbacks import queries
from umcloud.domains.callbacks import service as callbacks
from umcloud.domains.callbacks.model import Delivery, DeliveryState, Endpoint
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact, Step
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    Query,
    Table,
    TableSpec,
    fill_table,
    read_query,
)
from umcloud.doors.kit.values import Badge, Code, Key, Link, Tone
from umcloud.doors.portal.shown import cursor_id
from umcloud.infra.db import Tx
from umcloud.kernel.ids import DeliveryId, EndpointId, read, show

_TONES = {
    DeliveryState.PENDING: Tone.WAITING,
    DeliveryState.DELIVERED: Tone.GOOD,
    DeliveryState.DEAD: Tone.BAD,
}
#: What a call came to, in the words in which the dispatcher keeps it.
_TROUBLES = {
    "no answer in time": "portal.callbacks.trouble.late",
    "the answer is too long": "portal.callbacks.trouble.long",
    "the answer is not JSON": "portal.callbacks.trouble.json",
    "the answer's code is not 0": "portal.callbacks.trouble.code",
    "the endpoint was removed": "portal.callbacks.trouble.removed",
    "callback.address_forbidden": "portal.callbacks.trouble.address",
    "callback.host_unknown": "portal.callbacks.trouble.host",
}
_STATUS = re.compile(r"status [0-9]{3}")


def delivery_badge(state: DeliveryState) -> Badge:
    """Return a delivery's state as a word in its colour."""
    return Badge(Key(f"portal.delivery.{state.value}"), _TONES[state])


def trouble(error: str | None) -> str | None:
    """Return why a call was not accepted, in words; None where it was, or its status says it."""
    if error is None or _STATUS.fullmatch(error):
        return None
    return Key(_TROUBLES.get(error, "portal.callbacks.trouble.connection"))


def _last(one: Delivery) -> object:
    words = trouble(one.last_error)
    return words or (f"HTTP {one.last_status}" if one.last_status else None)


LOG = TableSpec(
    name="deliveries",
    columns=(
        Column("created_at", "portal.at"),
        Column("state", "portal.state", value=lambda d: delivery_badge(d.state)),
        Column(
            "topic", "portal.callbacks.topic", value=lambda d: Key(f"portal.topic.{d.topic.value}")
        ),
        Column("size", "portal.callbacks.items"),
        Column("attempts", "portal.callbacks.attempts"),
        Column("last", "portal.callbacks.last", value=_last),
    ),
    filters=(
        Filter(
            "state",
            "portal.state",
            kind="choice",
            options=tuple(
                Option(one.value, Key(f"portal.delivery.{one.value}")) for one in DeliveryState
            ),
        ),
        Filter("endpoint", "portal.callbacks.url", kind="choice"),
    ),
    empty=Empty("portal.callbacks.log.none", "portal.callbacks.log.none.text", "webhook"),
    detail=lambda d: f"/developer/callbacks/deliveries/{show('dlv', d.id)}",
)
#: The log of one URL needs no choice among them.
LOG_OF_ONE = TableSpec(
    name=LOG.name,
    columns=LOG.columns,
    filters=LOG.filters[:1],
    empty=LOG.empty,
    detail=LOG.detail,
)


def log_of(endpoints: Sequence[Endpoint]) -> TableSpec:
    """Return the log with a choice among these URLs."""
    return LOG.with_options(
        "endpoint", tuple(Option(show("end", one.id), one.url) for one in endpoints)
    )


async def log_table(
    request: Request, tx: Tx, spec: TableSpec, endpoint_id: EndpointId | None = None
) -> Table:
    """Return the page of the log that the address asks for; of one URL where it is named."""
    context, query = context_of(request), read_query(request, spec)
    state, before = query["state"], cursor_id(query)
    found = await queries.deliveries(
        tx,
        context.account_id,
        endpoint_id=endpoint_id or _chosen(query),
        state=DeliveryState(state) if state else None,
        before=DeliveryId(before) if before else None,
        limit=query.limit + 1,
    )
    return fill_table(request, spec, query, found, lambda d: (d.id,))


def _chosen(query: Query) -> EndpointId | None:
    chosen = query["endpoint"]
    return EndpointId(read("end", chosen)) if chosen else None


async def _own(request: Request) -> Delivery:
    context = context_of(request)
    try:
        delivery_id = DeliveryId(read("dlv", request.path_params["delivery"]))
    except ValueError:
        raise NothingHere from None
    async with context.transaction() as tx:
        found = await queries.delivery(tx, context.account_id, delivery_id)
    if found is None:
        raise NothingHere
    return found


async def delivery(request: Request) -> Response:
    """Show one delivery and every call made for it."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        tries = await queries.attempts(tx, context.account_id, one.id)
        endpoint = await queries.endpoint(tx, context.account_id, one.endpoint_id)
    pending = one.state is DeliveryState.PENDING
    facts = [
        Fact(Key("portal.state"), delivery_badge(one.state)),
        Fact(Key("portal.callbacks.url"), _url(endpoint)),
        Fact(Key("portal.callbacks.topic"), Key(f"portal.topic.{one.topic.value}")),
        Fact(Key("portal.callbacks.items"), one.size),
        Fact(Key("portal.created_at"), one.created_at),
        Fact(Key("portal.callbacks.next_at"), one.next_at if pending else None),
        Fact(Key("portal.id"), Code(show("dlv", one.id))),
    ]
    steps = [
        Step(
            at=one_try.at,
            title=f"HTTP {one_try.status}" if one_try.status else Key("portal.callbacks.silent"),
            tone=Tone.BAD if one_try.error else Tone.GOOD,
            note=" · ".join(
                part
                for part in (_said(request, one_try.error), f"{one_try.milliseconds} ms")
                if part
            ),
        )
        for one_try in reversed(tries)
    ]
    return await render(
        request,
        "portal/delivery.html",
        shown=show("dlv", one.id),
        facts=facts,
        steps=steps,
        ended=not pending,
    )


def _said(request: Request, error: str | None) -> str:
    words = trouble(error)
    return context_of(request).texts.ui(words) if words else ""


def _url(endpoint: Endpoint | None) -> object:
    if endpoint is None:
        return None
    return Link(Code(endpoint.url), f"/developer/callbacks/{show('end', endpoint.id)}")


async def replay(request: Request) -> Response:
    """Try an ended delivery again."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        await callbacks.replay(tx, context.act, account_id=context.account_id, delivery_id=one.id)
    back = f"/developer/callbacks/deliveries/{show('dlv', one.id)}"
    return redirect_with_flash(request, back, "portal.callbacks.replayed")


ROUTES = [
    Route("/developer/callbacks/deliveries/{delivery}", delivery),
    Route("/developer/callbacks/deliveries/{delivery}/replay", replay, methods=["POST"]),
]
