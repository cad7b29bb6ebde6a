"""Prices: what a segment costs now, and what it will cost once a published change begins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.catalogue import places
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.catalogue.model import MessageClass, Turn
from umcloud.domains.catalogue.outlook import Outlook, outlook
from umcloud.domains.catalogue.rules import CHINA, reaches
from umcloud.doors.kit.context import RequestContext, context_of
from umcloud.doors.kit.fields import Option
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
    fill_listed,
    read_query,
)
from umcloud.doors.kit.values import Badge, Code, Key, Tone, UnitPrice
from umcloud.doors.portal.shown import class_key
from umcloud.infra.i18n import Texts
from umcloud.kernel.moments import shanghai_day

HERE = "/costs/prices"
CHANGING = "changing"
_TONES = {
    Turn.DEARER: Tone.ATTENTION,
    Turn.CHEAPER: Tone.GOOD,
    Turn.OPENED: Tone.INFO,
    Turn.CLOSED: Tone.BAD,
}


class _Shown:
    """A tier and its prices, in the reader's words."""

    def __init__(self, one: Outlook, texts: Texts) -> None:
        row = one.change
        self.cls = class_key(row.cls.value)
        self.place = texts.say(tuple(places.names_of(row.countries, texts.locale)))
        self.dial = Code(f"+{(row.destination or CHINA).partition('-')[0]}")
        last = "" if row.tier_below is None else f"{row.tier_below - 1:,}"
        self.tier = f"{row.tier_from:,} – {last}" if last else f"{row.tier_from:,}+"
        self.now = _price(row.before)
        self.next = _price(row.after) if one.begins else None
        self.begins = shanghai_day(one.begins) if one.begins else None
        turn = row.turn if one.begins else Turn.SAME
        self.turn = (
            None if turn is Turn.SAME else Badge(Key(f"portal.prices.{turn.value}"), _TONES[turn])
        )


def _price(amount: Decimal | None) -> object:
    return Badge(Key("portal.prices.not_offered")) if amount is None else UnitPrice(amount)


TABLE = TableSpec(
    name="prices",
    columns=(
        Column("cls", "portal.prices.class"),
        Column("place", "portal.prices.place", wide=True),
        Column("dial", "portal.prices.dial"),
        Column("tier", "portal.prices.tier"),
        Column("now", "portal.prices.now", numeric=True),
        Column("next", "portal.prices.next", numeric=True),
        Column("begins", "portal.prices.begins", numeric=True),
        Column("turn", "portal.prices.turn"),
    ),
    filters=(
        Filter(
            "cls",
            "portal.prices.class",
            kind="choice",
            options=tuple(Option(one.value, class_key(one.value)) for one in MessageClass),
        ),
        Filter("text", "portal.prices.place", placeholder="portal.prices.place.hint"),
        Filter(
            "when",
            "portal.prices.turn",
            kind="choice",
            options=(Option(CHANGING, Key("portal.prices.changing")),),
        ),
    ),
    empty=Empty("portal.prices.none", "portal.prices.none.text", "tag"),
    page_size=50,
    export=f"{HERE}.csv",
)

#: The same where nothing is announced: every dash of the next prices would say so again.
QUIET = replace(TABLE, columns=TABLE.columns[:-3], filters=TABLE.filters[:-1])


def _fits(one: Outlook, query: Query, everywhere: frozenset[str]) -> bool:
    row, text = one.change, query["text"]
    if query["cls"] not in (None, row.cls.value) or (query["when"] and one.begins is None):
        return False
    if text is None:
        return True
    digits = text.strip().removeprefix("+").removeprefix("00").replace(" ", "")
    if digits.isascii() and digits.isdigit():
        return row.destination == reaches(digits, everywhere)
    return places.means(row.countries, text)


async def _found(context: RequestContext, query: Query) -> tuple[list[Outlook], list[Outlook]]:
    """Return what the filters leave, and what is about to change."""
    async with context.transaction() as tx:
        every = outlook(await catalogue.price_versions(tx), context.act.now)
    everywhere = frozenset(one.change.destination for one in every)
    left = [one for one in every if _fits(one, query, everywhere)]
    return left, [one for one in every if one.begins]


async def listed(request: Request) -> Response:
    """List every price, the next one beside it where a change is published (R-BILL-02)."""
    context, query = context_of(request), read_query(request, TABLE)
    left, coming = await _found(context, query)
    spec = TABLE if coming else QUIET
    table = fill_listed(request, spec, query, [_Shown(one, context.texts) for one in left])
    return await render(
        request,
        "portal/prices.html",
        table=table,
        coming=len(coming),
        begins=min((one.begins for one in coming if one.begins), default=None),
    )


async def exported(request: Request) -> Response:
    """Stream the same as CSV."""
    context, query = context_of(request), read_query(request, TABLE)
    left, _ = await _found(context, query)

    async def rows() -> AsyncIterator[list[str]]:
        for one in left:
            yield csv_row(context.texts, TABLE, _Shown(one, context.texts))

    return csv_response("prices.csv", csv_heading(context.texts, TABLE), rows())


ROUTES = [Route(HERE, listed), Route(f"{HERE}.csv", exported)]
