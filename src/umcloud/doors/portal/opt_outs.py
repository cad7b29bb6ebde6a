"""Numbers that want no more marketing: list, enter, take off."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.model import Right
from umcloud.domains.optouts import queries, service
from umcloud.domains.optouts.model import OptOut, OptOutId, Origin
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.listing import Slice, csv_of, listing
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    Query,
    TableSpec,
)
from umcloud.doors.kit.values import Badge, Key, Tone
from umcloud.doors.portal import rights
from umcloud.doors.portal.shown import shown_number
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, read, show
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import parse_destination

HERE = "/opt-outs"
NEW = FormSpec(
    "optout",
    submit="portal.optouts.enter",
    fields=(
        Text(
            name="number",
            label="portal.records.number",
            help="portal.optouts.number.help",
            input_type="tel",
            max_length=30,
        ),
    ),
)


def _origin(one: OptOut) -> Badge:
    return Badge(
        Key(f"portal.optouts.origin.{one.origin.value}"),
        Tone.INFO if one.origin is Origin.REPLY else Tone.IDLE,
    )


TABLE = TableSpec(
    name="optouts",
    columns=(
        Column("at", "portal.at"),
        Column("number", "portal.records.number", value=lambda one: shown_number(one.number)),
        Column("origin", "portal.optouts.origin", value=_origin),
    ),
    filters=(Filter("number", "portal.records.number", placeholder="portal.records.number.hint"),),
    empty=Empty("portal.optouts.none", "portal.optouts.none.text", "circle-check"),
    detail=lambda one: f"{HERE}/{show('opt', one.id)}",
    export=f"{HERE}.csv",
)


async def page(request: Request) -> Response:
    """List the numbers, newest first."""
    return await _page(request, blank_form(request, NEW))


async def _page(request: Request, form: Form) -> Response:
    context = context_of(request)
    table = await listing(request, TABLE, partial(_fetch, context.account_id))
    return await render(
        request,
        "portal/opt_outs.html",
        table=table,
        form=form,
        odd_number=_number(table.query)[1],
        may_change=rights.has(context, Right.SEND),
    )


async def _fetch(account_id: AccountId, tx: Tx, asked: Slice) -> Sequence[OptOut]:
    cursor, (number, odd) = asked.after_id, _number(asked.query)
    if odd:
        return ()
    before = OptOutId(cursor) if cursor else None
    return await queries.search(tx, account_id, number=number, before=before, limit=asked.limit)


async def exported(request: Request) -> Response:
    """Stream the same as CSV; numbers stay masked."""
    fetch = partial(_fetch, context_of(request).account_id)
    return csv_of(request, TABLE, fetch, "opt-outs.csv")


def _number(query: Query) -> tuple[str | None, bool]:
    """Return the digits asked for, and whether they can be nobody's."""
    if query["number"] is None:
        return None, False
    try:
        return parse_destination(query["number"]).e164_digits, False
    except Refusal:
        return None, True


async def enter(request: Request) -> Response:
    """Put a number on the list."""
    context, form = context_of(request), await read_form(request, NEW)
    if form.ok:
        with form.keeping_refusals({"number.malformed": "number", "optout.already": "number"}):
            async with context.transaction() as tx:
                await service.enter(
                    tx, context.act, account_id=context.account_id, number=form.text("number")
                )
            return redirect_with_flash(request, HERE, "portal.optouts.entered")
    return await _page(request, form)


def _id_of(request: Request) -> OptOutId:
    try:
        return OptOutId(read("opt", request.path_params["optout"]))
    except ValueError:
        raise NothingHere from None


async def detail(request: Request) -> Response:
    """Show one number, and what taking it off means."""
    context, wanted = context_of(request), _id_of(request)
    async with context.transaction() as tx:
        one = await queries.one(tx, context.account_id, wanted)
    if one is None:
        raise NothingHere
    facts = [
        Fact(Key("portal.records.number"), shown_number(one.number)),
        Fact(Key("portal.optouts.origin"), _origin(one)),
        Fact(Key("portal.at"), one.at),
    ]
    return await render(
        request,
        "portal/opt_out.html",
        facts=facts,
        here=f"{HERE}/{show('opt', one.id)}",
        may_change=rights.has(context, Right.SEND),
    )


async def remove(request: Request) -> Response:
    """Take the number off the list."""
    context = context_of(request)
    async with context.transaction() as tx:
        await service.remove(
            tx, context.act, account_id=context.account_id, opt_out_id=_id_of(request)
        )
    return redirect_with_flash(request, HERE, "portal.optouts.removed")


ROUTES = [
    Route(HERE, page),
    Route(HERE, enter, methods=["POST"]),
    Route(f"{HERE}.csv", exported),
    Route(f"{HERE}/{{optout}}", detail),
    Route(f"{HERE}/{{optout}}/remove", remove, methods=["POST"]),
]
