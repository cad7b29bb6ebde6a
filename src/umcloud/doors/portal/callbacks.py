"""Callbacks: URLs that are told how messages ended, and the log of the calls."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.callbacks import queries
from umcloud.domains.callbacks import service as callbacks
from umcloud.domains.callbacks.model import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointCounts,
    EndpointState,
    NewEndpoint,
    Topic,
)
from umcloud.domains.callbacks.model import Form as Shape
from umcloud.domains.callbacks.ports import Guard
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Choice, Option, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, posted, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact, Step, Tab
from umcloud.doors.kit.table import Column, Empty, Filter, TableSpec, fill_table, read_query
from umcloud.doors.kit.values import Badge, Code, Key, Tone
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.shown import cursor_id
from umcloud.infra.outbound import Outbound
from umcloud.kernel.ids import DeliveryId, EndpointId, read, show

_TONES = {
    DeliveryState.PENDING: Tone.WAITING,
    DeliveryState.DELIVERED: Tone.GOOD,
    DeliveryState.DEAD: Tone.BAD,
}
TABS = [
    Tab(Key("portal.keys"), "/developer"),
    Tab(Key("portal.calls"), "/developer/calls"),
    Tab(Key("portal.callbacks"), "/developer/callbacks"),
]
NEW = FormSpec(
    "endpoint",
    submit="portal.callbacks.add",
    fields=(
        Text(
            name="url",
            label="portal.callbacks.url",
            help="portal.callbacks.url.help",
            input_type="url",
            max_length=500,
        ),
        Choice(
            name="about",
            label="portal.callbacks.about",
            look="cards",
            options=tuple(
                Option(
                    one.value,
                    Key(f"portal.topic.{one.value}"),
                    Key(f"portal.callbacks.about.{one.value}.hint"),
                )
                for one in (Topic.RECEIPTS, Topic.REPLIES)
            ),
        ),
        Choice(
            name="form",
            label="portal.callbacks.form",
            look="cards",
            options=tuple(
                Option(
                    one.value,
                    Key(f"portal.callbacks.form.{one.value}"),
                    Key(f"portal.callbacks.form.{one.value}.hint"),
                )
                for one in (Shape.SIGNED, Shape.NATIVE)
            ),
        ),
    ),
)


def delivery_badge(state: DeliveryState) -> Badge:
    """Return a delivery's state as a word in its colour."""
    return Badge(Key(f"portal.delivery.{state.value}"), _TONES[state])


LOG = TableSpec(
    name="deliveries",
    columns=(
        Column("created_at", "portal.at"),
        Column("state", "portal.state", value=lambda d: delivery_badge(d.state)),
        Column(
            "topic", "portal.callbacks.topic", value=lambda d: Key(f"portal.topic.{d.topic.value}")
        ),
        Column("items", "portal.callbacks.items", value=lambda d: len(d.items)),
        Column("attempts", "portal.callbacks.attempts"),
        Column("last", "portal.callbacks.last", value=lambda d: d.last_error or d.last_status),
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
    ),
    empty=Empty("portal.callbacks.log.none", "portal.callbacks.log.none.text", "webhook"),
    detail=lambda d: f"/developer/callbacks/deliveries/{show('dlv', d.id)}",
)


async def page(request: Request) -> Response:
    """List the URLs and the log of the calls."""
    return await _page(request, _blank(request))


def _blank(request: Request) -> Form:
    return blank_form(request, NEW, form=Shape.SIGNED.value, about=Topic.RECEIPTS.value)


async def _page(request: Request, form: Form, made: NewEndpoint | None = None) -> Response:
    context, query = context_of(request), read_query(request, LOG)
    state, before = query["state"], cursor_id(query)
    async with context.transaction() as tx:
        endpoints = await queries.endpoints(tx, context.account_id)
        counts = await queries.counts(tx, context.account_id)
        found = await queries.deliveries(
            tx,
            context.account_id,
            state=DeliveryState(state) if state else None,
            before=DeliveryId(before) if before else None,
            limit=query.limit + 1,
        )
    return await render(
        request,
        "portal/callbacks.html",
        tabs=TABS,
        form=form,
        made=made,
        endpoints=[_shown(one, counts.get(one.id, EndpointCounts())) for one in endpoints],
        table=fill_table(request, LOG, query, found, lambda d: (d.id,)),
    )


def _shown(one: Endpoint, counts: EndpointCounts) -> dict[str, object]:
    paused = one.state is EndpointState.PAUSED
    facts = [
        Fact(
            Key("portal.state"),
            Badge(
                Key("portal.callbacks.paused" if paused else "portal.callbacks.enabled"),
                Tone.ATTENTION if paused else Tone.GOOD,
            ),
        ),
        Fact(Key("portal.callbacks.url"), Code(one.url)),
        Fact(Key("portal.callbacks.about"), Key(f"portal.topic.{one.about.value}")),
        Fact(Key("portal.callbacks.form"), Key(f"portal.callbacks.form.{one.form.value}")),
        Fact(Key("portal.delivery.pending"), counts.pending),
        Fact(Key("portal.delivery.delivered"), counts.delivered),
        Fact(Key("portal.delivery.dead"), counts.dead),
    ]
    return {"id": show("end", one.id), "facts": facts, "paused": paused}


async def add(request: Request) -> Response:
    """Keep a URL; the signing secret is shown this once."""
    context, form = context_of(request), await read_form(request, NEW)
    if not form.ok:
        return await _page(request, form)
    given = collaborators(request)
    guard: Guard = Outbound(loopback=given.sandbox)
    blame = dict.fromkeys(
        (
            "callback.url_malformed",
            "callback.scheme_forbidden",
            "callback.port_forbidden",
            "callback.address_forbidden",
            "callback.host_unknown",
        ),
        "url",
    )
    with form.keeping_refusals(blame):
        async with context.transaction() as tx:
            made = await callbacks.add_endpoint(
                tx,
                context.act,
                account_id=context.account_id,
                url=form.text("url"),
                form=Shape(form.text("form")),
                about=Topic(form.text("about")),
                sealer=given.sealer,
                guard=guard,
            )
        return await _page(request, _blank(request), made)
    return await _page(request, form)


async def change(request: Request) -> Response:
    """Test, pause, resume or remove a URL."""
    context = context_of(request)
    try:
        endpoint_id = EndpointId(read("end", request.path_params["endpoint"]))
    except ValueError:
        raise NothingHere from None
    deed = str(posted(request).get("deed", ""))
    deeds = {
        "ping": callbacks.ping,
        "pause": callbacks.pause_endpoint,
        "resume": callbacks.resume_endpoint,
        "remove": callbacks.remove_endpoint,
    }
    if deed not in deeds:
        raise NothingHere
    async with context.transaction() as tx:
        await deeds[deed](tx, context.act, account_id=context.account_id, endpoint_id=endpoint_id)
    return redirect_with_flash(request, "/developer/callbacks", f"portal.callbacks.did.{deed}")


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
    facts = [
        Fact(Key("portal.state"), delivery_badge(one.state)),
        Fact(Key("portal.id"), Code(show("dlv", one.id))),
        Fact(Key("portal.callbacks.items"), len(one.items)),
        Fact(Key("portal.created_at"), one.created_at),
        Fact(
            Key("portal.callbacks.next_at"),
            one.next_at if one.state is DeliveryState.PENDING else None,
        ),
    ]
    steps = [
        Step(
            at=one_try.at,
            title=f"HTTP {one_try.status}" if one_try.status else Key("portal.callbacks.silent"),
            tone=Tone.BAD if one_try.error else Tone.GOOD,
            note=" · ".join(
                part for part in (one_try.error or "", f"{one_try.milliseconds} ms") if part
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
        ended=one.state is not DeliveryState.PENDING,
    )


async def replay(request: Request) -> Response:
    """Try an ended delivery again."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        await callbacks.replay(tx, context.act, account_id=context.account_id, delivery_id=one.id)
    back = f"/developer/callbacks/deliveries/{show('dlv', one.id)}"
    return redirect_with_flash(request, back, "portal.callbacks.replayed")


ROUTES = [
    Route("/developer/callbacks", page),
    Route("/developer/callbacks", add, methods=["POST"]),
    Route("/developer/callbacks/deliveries/{delivery}", delivery),
    Route("/developer/callbacks/deliveries/{delivery}/replay", replay, methods=["POST"]),
    Route("/developer/callbacks/{endpoint}", change, methods=["POST"]),
]
