"""What handsets wrote back, with the message that each answers (R-MO-01)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.inbound import queries
from umcloud.domains.inbound.model import InboundId, InboundMessage
from umcloud.domains.inbound.queries import InboundFilter
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.live import csv_response
from umcloud.doors.kit.render import render
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    Query,
    TableSpec,
    csv_heading,
    csv_row,
    fill_table,
    read_query,
)
from umcloud.doors.kit.values import Badge, Body, Code, Key, Link, Tone
from umcloud.doors.portal import opt_outs
from umcloud.doors.portal.shown import cursor_id, shown_number
from umcloud.kernel.ids import show
from umcloud.kernel.moments import day_begins
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import parse_destination

EXPORT_PAGE = 500


def _related(one: InboundMessage) -> object:
    """Return the way to the message that was answered."""
    if one.message_id is None:
        return None
    return Link(Key("portal.replies.related.see"), f"/records/{show('msg', one.message_id)}")


TABLE = TableSpec(
    name="replies",
    columns=(
        Column("at", "portal.at"),
        Column("number", "portal.records.number", value=lambda r: shown_number(r.source)),
        Column("text", "portal.replies.text", value=lambda r: Body(r.text), wide=True),
        Column("related", "portal.replies.related", value=_related),
        Column("reference", "portal.records.reference", value=lambda r: r.client_ref),
        Column("to", "portal.replies.to", value=lambda r: r.destination + r.extend_code),
        Column(
            "whole",
            "portal.replies.whole",
            value=lambda r: (
                Badge(Key("portal.replies.part_missing"), Tone.ATTENTION) if r.missing else None
            ),
            optional=True,
        ),
        Column(
            "id", "portal.id", value=lambda r: Code(show("inb", r.id)), optional=True, wide=True
        ),
    ),
    filters=(
        Filter("number", "portal.records.number", placeholder="portal.records.number.hint"),
        Filter("since", "portal.since", kind="day"),
        Filter("until", "portal.until", kind="day"),
    ),
    empty=Empty("portal.replies.none", "portal.replies.none.text", "messages"),
    export="/replies.csv",
)


def wanted(query: Query) -> InboundFilter | None:
    """Return what the address asks for; None where its number can be nobody's."""
    number, since, until = query["number"], query.day("since"), query.day("until")
    if number is not None:
        try:
            number = parse_destination(number).e164_digits
        except Refusal:
            return None
    return InboundFilter(
        number=number,
        since=day_begins(since) if since else None,
        until=day_begins(until + timedelta(days=1)) if until else None,
    )


async def listed(request: Request) -> Response:
    """List what was written back, newest first."""
    context, query = context_of(request), read_query(request, TABLE)
    asked, cursor = wanted(query), cursor_id(query)
    found: list[InboundMessage] = []
    if asked is not None:
        async with context.transaction() as tx:
            found = await queries.search(
                tx,
                context.account_id,
                asked,
                before=InboundId(cursor) if cursor else None,
                limit=query.limit + 1,
            )
    table = fill_table(request, TABLE, query, found, lambda one: (one.id,))
    return await render(request, "portal/replies.html", table=table, odd_number=asked is None)


async def exported(request: Request) -> Response:
    """Stream the same as CSV; numbers stay masked."""
    context, query = context_of(request), read_query(request, TABLE)
    asked = wanted(query)

    async def rows() -> AsyncIterator[list[str]]:
        before = None
        while asked is not None:
            async with context.transaction() as tx:
                found = await queries.search(
                    tx, context.account_id, asked, before=before, limit=EXPORT_PAGE
                )
            for one in found:
                yield csv_row(context.texts, TABLE, one)
            if len(found) < EXPORT_PAGE:
                return
            before = found[-1].id

    return csv_response("replies.csv", csv_heading(context.texts, TABLE), rows())


ROUTES = [
    Route("/replies", listed),
    Route("/replies.csv", exported),
    *opt_outs.ROUTES,
]
