"""Callbacks: URLs that are told how messages ended, and the log of the calls."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.callbacks import queries
from umcloud.domains.callbacks import service as callbacks
from umcloud.domains.callbacks.model import EndpointCounts, NewEndpoint, Topic
from umcloud.domains.callbacks.model import Form as Shape
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.fields import Choice, Option
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import render
from umcloud.doors.kit.story import Tab
from umcloud.doors.kit.values import Key
from umcloud.doors.portal import deliveries, endpoint
from umcloud.doors.portal.collaborators import collaborators

TABS = [
    Tab(Key("portal.keys"), "/developer"),
    Tab(Key("portal.calls"), "/developer/calls"),
    Tab(Key("portal.callbacks"), "/developer/callbacks"),
]
NEW = FormSpec(
    "endpoint",
    submit="portal.callbacks.add",
    fields=(
        endpoint.URL,
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


async def page(request: Request) -> Response:
    """List the URLs and the log of the calls."""
    return await _page(request, _blank(request))


def _blank(request: Request) -> Form:
    return blank_form(request, NEW, form=Shape.SIGNED.value, about=Topic.RECEIPTS.value)


async def _page(request: Request, form: Form, made: NewEndpoint | None = None) -> Response:
    context = context_of(request)
    async with context.transaction() as tx:
        endpoints = await queries.endpoints(tx, context.account_id)
        counts = await queries.counts(tx, context.account_id)
        table = await deliveries.log_table(request, tx, deliveries.log_of(endpoints))
    return await render(
        request,
        "portal/callbacks.html",
        tabs=TABS,
        form=form,
        made=made,
        endpoints=[
            {
                "path": endpoint.path_of(one),
                "facts": endpoint.endpoint_facts(one),
                "stats": endpoint.stats_of(one, counts.get(one.id, EndpointCounts())),
            }
            for one in endpoints
        ],
        table=table,
    )


async def add(request: Request) -> Response:
    """Keep a URL; the signing secret is shown this once."""
    context, form = context_of(request), await read_form(request, NEW)
    if not form.ok:
        return await _page(request, form)
    with form.keeping_refusals(endpoint.BLAME):
        async with context.transaction() as tx:
            made = await callbacks.add_endpoint(
                tx,
                context.act,
                account_id=context.account_id,
                url=form.text("url"),
                form=Shape(form.text("form")),
                about=Topic(form.text("about")),
                sealer=collaborators(request).sealer,
                guard=endpoint.guard_of(request),
            )
        return await _page(request, _blank(request), made)
    return await _page(request, form)


ROUTES = [
    Route("/developer/callbacks", page),
    Route("/developer/callbacks", add, methods=["POST"]),
    *deliveries.ROUTES,
    *endpoint.ROUTES,
]
