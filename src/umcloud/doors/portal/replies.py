"""What handsets wrote back, with the message that each answers (R-MO-01)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.inbound import queries
from umcloud.domains.inbound.model import InboundId, InboundMessage
from umcloud.domains.inbound.queries import InboundFilter
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.listing import Slice, csv_of, listing
from umcloud.doors.kit.render import render
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    Query,
    TableSpec,
)
from umcloud.doors.kit.values import Badge, Body, Code, Key, Link, Tone
from umcloud.doors.portal import opt_outs
from umcloud.doors.portal.shown import shown_number
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, show
from umcloud.kernel.moments import day_begins
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import parse_destination


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
    table = await listing(request, TABLE, partial(_fetch, context_of(request).account_id))
    odd = wanted(table.query) is None
    return await render(request, "portal/replies.html", table=table, odd_number=odd)


async def _fetch(account_id: AccountId, tx: Tx, asked: Slice) -> Sequence[InboundMessage]:
    wish, cursor = wanted(asked.query), asked.after_id
    if wish is None:
        return ()
    before = InboundId(cursor) if cursor else None
    return await queries.search(tx, account_id, wish, before=before, limit=asked.limit)


async def exported(request: Request) -> Response:
    """Stream the same as CSV; numbers stay masked."""
    fetch = partial(_fetch, context_of(request).account_id)
    return csv_of(request, TABLE, fetch, "replies.csv")


ROUTES = [
    Route("/replies", listed),
    Route("/replies.csv", exported),
    *opt_outs.ROUTES,
]
