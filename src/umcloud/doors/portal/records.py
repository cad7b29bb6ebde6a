"""Records: every message, its life while it happens, and why it cost what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.catalogue.model import MessageClass
from umcloud.domains.inbound import queries as inbound
from umcloud.domains.ledger.model import CNY
from umcloud.domains.messaging import queries
from umcloud.domains.messaging.explain import ChargeExplained, explain
from umcloud.domains.messaging.model import LogLine, MessageView, Status
from umcloud.domains.messaging.queries import SearchFilter
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.listing import Slice, csv_of, listing
from umcloud.doors.kit.live import Part, sse_response
from umcloud.doors.kit.render import part_text, render
from umcloud.doors.kit.story import Fact, Step, Why
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    Query,
    TableSpec,
)
from umcloud.doors.kit.values import Body, Code, Exact, Key, Link, Tone, UnitPrice
from umcloud.doors.portal import replies
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.shown import class_key, options_of, shown_number, state_badge
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import AccountId, MessageId, read, show
from umcloud.kernel.moments import day_begins
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import parse_destination

LOOK_EVERY_SECONDS = 0.7
FINAL = frozenset({Status.DELIVERED, Status.FAILED, Status.REJECTED, Status.UNKNOWN})
_CLASSES = tuple(Option(one.value, class_key(one.value)) for one in MessageClass)


def charged(view: MessageView) -> object:
    """Return what a message cost: an amount, or units of a package."""
    if view.charge_amount is None:
        return None
    if view.charge_currency == CNY:
        return Exact(Money(view.charge_amount))
    return Key("portal.records.by_package")


TABLE = TableSpec(
    name="records",
    columns=(
        Column("at", "portal.at", value=lambda m: m.accepted_at),
        Column("number", "portal.records.number", value=lambda m: shown_number(m.destination)),
        Column("cls", "portal.records.class", value=lambda m: class_key(m.cls)),
        Column("status", "portal.state", value=lambda m: state_badge(m.status)),
        Column("code", "portal.records.code", value=lambda m: m.code or None),
        Column("segments", "portal.records.segments"),
        Column("cost", "portal.records.cost", value=charged),
        Column("text", "portal.records.text", value=lambda m: Body(m.text, masked=True), wide=True),
        Column(
            "id", "portal.id", value=lambda m: Code(show("msg", m.id)), optional=True, wide=True
        ),
        Column("client_ref", "portal.records.reference", optional=True),
    ),
    filters=(
        Filter("status", "portal.state", kind="choice", options=options_of(Status)),
        Filter("cls", "portal.records.class", kind="choice", options=_CLASSES),
        Filter("number", "portal.records.number", placeholder="portal.records.number.hint"),
        Filter("since", "portal.since", kind="day"),
        Filter("until", "portal.until", kind="day"),
    ),
    empty=Empty(
        "portal.records.none",
        "portal.records.none.text",
        "message",
        "portal.records.first",
        "/send",
    ),
    detail=lambda m: f"/records/{show('msg', m.id)}",
    export="/records.csv",
)


def wanted(account_id: AccountId, query: Query) -> SearchFilter | None:
    """Return what the address asks for; None where its number can be nobody's."""
    status, since, until = query["status"], query.day("since"), query.day("until")
    destination = None
    if query["number"]:
        try:
            destination = parse_destination(query["number"]).e164_digits
        except Refusal:
            return None
    return SearchFilter(
        account_id=account_id,
        status=Status(status) if status else None,
        cls=query["cls"],
        destination=destination,
        since=day_begins(since) if since else None,
        until=day_begins(until + timedelta(days=1)) if until else None,
    )


async def listed(request: Request) -> Response:
    """List the account's messages, newest first."""
    table = await listing(request, TABLE, partial(_fetch, context_of(request).account_id))
    odd = wanted(context_of(request).account_id, table.query) is None
    return await render(request, "portal/records.html", table=table, odd_number=odd)


async def _fetch(account_id: AccountId, tx: Tx, asked: Slice) -> Sequence[MessageView]:
    wish = wanted(account_id, asked.query)
    if wish is None:
        return ()
    return await queries.search(tx, wish, before=asked.after_id, limit=asked.limit)


async def exported(request: Request) -> Response:
    """Stream the same messages as CSV; numbers stay masked."""
    fetch = partial(_fetch, context_of(request).account_id)
    return csv_of(request, TABLE, fetch, "records.csv")


def _id_of(request: Request) -> MessageId:
    try:
        return MessageId(read("msg", request.path_params["message"]))
    except ValueError:
        raise NothingHere from None


async def _story(
    tx: Tx, texts: Texts, account_id: AccountId, message_id: MessageId
) -> dict[str, Any]:
    view = await queries.message(tx, account_id, message_id)
    if view is None:
        raise NothingHere
    life = await queries.life(tx, account_id, message_id)
    return {
        "facts": _facts(view),
        "steps": [_step(texts, line, view.segments) for line in reversed(life)],
        "final": view.status in FINAL,
        "view": view,
    }


async def detail(request: Request) -> Response:
    """Show one message: what it is, its life, its charge."""
    context, message_id = context_of(request), _id_of(request)
    async with context.transaction() as tx:
        story = await _story(tx, context.texts, context.account_id, message_id)
        charge = await explain(tx, context.account_id, message_id)
        answers = await inbound.answers(tx, context.account_id, message_id)
    links = collaborators(request).links
    return await render(
        request,
        "portal/record.html",
        message=show("msg", message_id),
        why=_why(charge) if charge else None,
        heading=[Key("portal.at"), Key("portal.replies.text")],
        answers=[[one.at, Body(one.text)] for one in answers],
        phones=links.get("phones") if collaborators(request).sandbox else None,
        **story,
    )


async def events(request: Request) -> Response:
    """Tell the message's life while it happens."""
    context, message_id = context_of(request), _id_of(request)

    async def parts() -> AsyncIterator[Part]:
        told = ""
        while True:
            async with context.transaction() as tx:
                story = await _story(tx, context.texts, context.account_id, message_id)
            html = part_text(request, "portal/_record.html", **story)
            if html != told:
                told = html
                yield Part("life", html, last=bool(story["final"]))
            if story["final"]:
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    return sse_response(request, parts(), closing=collaborators(request).closing)


def _facts(view: MessageView) -> list[Fact]:
    return [
        Fact(Key("portal.state"), state_badge(view.status)),
        Fact(Key("portal.records.number"), shown_number(view.destination)),
        Fact(Key("portal.records.class"), class_key(view.cls)),
        Fact(Key("portal.records.text"), Body(view.text, masked=True)),
        Fact(Key("portal.records.segments"), view.segments),
        Fact(Key("portal.records.cost"), charged(view)),
        Fact(Key("portal.records.code"), view.code),
        Fact(Key("portal.records.accepted_at"), view.accepted_at),
        Fact(Key("portal.records.ended_at"), view.ended_at),
        Fact(Key("portal.records.reference"), view.client_ref),
        Fact(Key("portal.id"), Code(show("msg", view.id))),
    ]


_STEP_TONES = {
    "accepted": Tone.INFO,
    "submission.submitted": Tone.INFO,
    "submission.rejected": Tone.BAD,
    "submission.unknown": Tone.ATTENTION,
    "receipt.delivered": Tone.GOOD,
    "receipt.failed": Tone.BAD,
    "receipt.unknown": Tone.ATTENTION,
    "charge.settle": Tone.GOOD,
    "charge.refund": Tone.ATTENTION,
    "charge.release": Tone.ATTENTION,
}


def _of_money(line: LogLine) -> bool:
    return line.what.startswith("charge.")


def _step(texts: Texts, line: LogLine, parts: int) -> Step:
    known = line.what in _STEP_TONES
    title = Key(f"portal.step.{line.what}") if known else line.what
    said = []
    if line.part and parts > 1:
        said.append(texts.ui("portal.step.part", n=line.part, parts=parts))
    # Why a charge ended is told by its title; the log's word for it is the books' own.
    if line.detail and not _of_money(line):
        taken = line.what == "submission.submitted"
        said.append(texts.ui("portal.step.id" if taken else "portal.step.code", text=line.detail))
    return Step(
        at=line.at,
        title=title,
        tone=_STEP_TONES.get(line.what, Tone.IDLE),
        note=" · ".join(said),
    )


def _why(charge: ChargeExplained) -> Why:
    amount: object = Exact(Money(charge.amount))
    if charge.paid_by_package:
        amount = charge.amount
    facts = [
        Fact(Key("portal.why.characters"), charge.characters),
        Fact(Key("portal.why.segments"), charge.segments),
        Fact(Key("portal.why.unit_price"), UnitPrice(charge.unit_price)),
        Fact(Key("portal.why.units" if charge.paid_by_package else "portal.why.amount"), amount),
        *(
            Fact(
                Key(f"portal.bucket.{draw.kind.value}"),
                draw.amount if charge.paid_by_package else Exact(Money(draw.amount)),
            )
            for draw in charge.draws
        ),
        Fact(Key("portal.why.booked_at"), charge.booked_at),
        Fact(Key("portal.why.journal"), Code(show("jrn", charge.journal_id))),
        Fact(Key("portal.why.price"), Code(show("prc", charge.price_id))),
        Fact(Key("portal.why.price_from"), charge.price_valid_from),
        Fact(
            Key("portal.why.outcome"),
            Key(f"portal.outcome.{charge.outcome}")
            if charge.outcome
            else Key("portal.outcome.open"),
        ),
    ]
    return Why(
        title=Key("portal.why.title"),
        facts=tuple(facts),
        rule=Key("portal.why.rule_package" if charge.paid_by_package else "portal.why.rule"),
        source=Link(Key("portal.why.price_list"), "/costs/prices"),
        todo=Key("portal.why.todo"),
        action=Link(Key("portal.why.statement"), "/costs/statement"),
    )


ROUTES = [
    Route("/records", listed),
    Route("/records.csv", exported),
    Route("/records/{message}", detail),
    Route("/records/{message}/events", events),
    *replies.ROUTES,
]
