"""Search of messages, masked; one message's whole life; unmasking with a reason, written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.ledger.model import CNY
from umcloud.domains.messaging import explain, queries, status_search
from umcloud.domains.messaging.explain import ChargeExplained
from umcloud.domains.messaging.model import LogLine, MessageView, Status
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import LongText, Option
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.listing import Slice
from umcloud.doors.kit.render import render
from umcloud.doors.kit.story import Fact, Step, Why
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    Query,
    TableSpec,
    encode_cursor,
    fill_table,
    read_query,
)
from umcloud.doors.kit.values import (
    Badge,
    Body,
    Code,
    Exact,
    Key,
    Link,
    Phone,
    Tone,
    UnitPrice,
)
from umcloud.doors.office.events import MessageUnmasked
from umcloud.doors.office.export import export
from umcloud.doors.office.standing import (
    CUSTOMERS,
    MESSAGES,
    STATEMENTS,
    id_in_path,
    id_or_none,
    may,
    office_of,
    only_staff,
    reachable,
    uuid_or_none,
)
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import AccountId, MessageId, floor_of, moment_of, show
from umcloud.kernel.moments import day_begins
from umcloud.kernel.money import Money

TONES = {
    Status.ACCEPTED: Tone.WAITING,
    Status.SUBMITTED: Tone.WAITING,
    Status.DELIVERED: Tone.GOOD,
    Status.FAILED: Tone.BAD,
    Status.REJECTED: Tone.BAD,
    Status.UNKNOWN: Tone.ATTENTION,
}
STEP_TONES = {
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
SEARCHED_DAYS = 31
MAINLAND = "86"
MAINLAND_DIGITS = 11


def status_badge(row: MessageView) -> Badge:
    """Return a message's status as word and colour."""
    return Badge(Key(f"office.status.{row.status.value}"), TONES[row.status])


RECORDS = TableSpec(
    name="messages",
    columns=(
        Column("accepted_at", "office.messages.at"),
        Column("destination", "office.messages.to", value=lambda row: Phone(row.destination)),
        Column("status", "office.messages.status", value=status_badge),
        Column("cls", "office.messages.class", value=lambda row: Key(f"office.class.{row.cls}")),
        Column(
            "text", "office.messages.text", value=lambda row: Body(row.text, masked=True), wide=True
        ),
        Column("segments", "office.messages.segments"),
        Column("line", "office.messages.line", optional=True),
        Column("code", "office.messages.code", value=lambda row: row.code or None, optional=True),
        Column(
            "account",
            "office.messages.account",
            value=lambda row: Code(show("acc", row.account_id)),
            optional=True,
        ),
        Column(
            "id", "office.messages.id", value=lambda row: Code(show("msg", row.id)), optional=True
        ),
    ),
    filters=(
        Filter("account", "office.messages.account", placeholder="office.messages.account.hint"),
        Filter(
            "status",
            "office.messages.status",
            kind="choice",
            options=tuple(Option(one.value, Key(f"office.status.{one.value}")) for one in Status),
        ),
        Filter("number", "office.messages.to", placeholder="office.messages.to.hint"),
        Filter("since", "office.messages.since", kind="day"),
        Filter("until", "office.messages.until", kind="day"),
    ),
    empty=Empty("office.messages.none", "office.messages.none.text", "message"),
    detail=lambda row: f"/messages/{show('msg', row.id)}",
    export="/messages.csv",
)

UNMASK = FormSpec(
    "unmask",
    submit="office.unmask.submit",
    fields=(
        LongText(
            name="reason",
            label="office.unmask.reason",
            help="office.unmask.reason.help",
            max_length=300,
        ),
    ),
)


def digits(typed: str | None) -> str | None:
    """Return a number as the log keeps it: digits with the country's; None where none was typed."""
    found = "".join(letter for letter in typed or "" if letter in "0123456789")
    if len(found) == MAINLAND_DIGITS and found.startswith("1"):
        return MAINLAND + found
    return found or None


def wanted(query: Query, now: datetime) -> queries.SearchFilter | None:
    """Return what the address asks for; None where its account is none, so nothing fits."""
    account, status = query["account"], query["status"]
    account_id = id_or_none("acc", account)
    if account is not None and account_id is None:
        return None
    since, until = query.day("since"), query.day("until")
    return queries.SearchFilter(
        account_id=AccountId(account_id) if account_id else None,
        status=Status(status) if status else None,
        destination=digits(query["number"]),
        since=day_begins(since) if since else now - timedelta(days=SEARCHED_DAYS),
        until=day_begins(until + timedelta(days=1)) if until else None,
    )


@only_staff(*MESSAGES)
async def messages(request: Request) -> Response:
    """Search the log; numbers and texts stay masked."""
    context, query = context_of(request), read_query(request, RECORDS)
    asked, rows = wanted(query, context.act.now), list[MessageView]()
    before = uuid_or_none(query.after[0]) if query.after else None
    edge: datetime | None = None
    if asked is not None:
        async with context.transaction() as tx:
            if asked.status is not None and asked.destination is None:
                edge = await _edge(request, tx, asked, before)
                asked = replace(asked, since=edge or asked.since)
            rows = await queries.search(tx, asked, before=before, limit=query.limit + 1)
    table = fill_table(request, RECORDS, query, rows, cursor=lambda row: (row.id,))
    if edge is not None and table.next_cursor is None:
        table = replace(table, next_cursor=encode_cursor((floor_of(edge),)))
    else:
        edge = None
    return await render(request, "office/messages.html", table=table, edge=edge)


async def _edge(
    request: Request, tx: Tx, asked: queries.SearchFilter, before: UUID | None
) -> datetime | None:
    """Return how far back one page looks for a status; None where that is the whole period."""
    until = asked.until or context_of(request).act.now + timedelta(seconds=1)
    if before is not None:
        until = min(until, moment_of(before) + timedelta(milliseconds=1))
    if asked.since is None or until <= asked.since:
        return None
    return await status_search.horizon(tx, asked, until=until, looked=office_of(request).looked)


@only_staff(*MESSAGES)
async def exported(request: Request) -> Response:
    """Take the same search out as a file; numbers and texts stay masked."""
    asked = wanted(read_query(request, RECORDS), context_of(request).act.now)

    async def fetch(tx: Tx, part: Slice) -> list[MessageView]:
        if asked is None:
            return []
        return await queries.search(tx, asked, before=part.after_id, limit=part.limit)

    owner = asked.account_id if asked else None
    return await export(request, RECORDS, fetch, account_id=owner)


@only_staff(*MESSAGES)
async def message(request: Request) -> Response:
    """Show a message's life and why it cost what it cost; number and text masked."""
    return await _message(request, blank_form(request, UNMASK), unmasked=False)


@only_staff(StaffRole.SUPPORT)
async def unmask(request: Request) -> Response:
    """Show number and text once, for a reason that is written down (C13.2)."""
    context, form = context_of(request), await read_form(request, UNMASK)
    if form.ok:
        message_id = MessageId(id_in_path(request, "msg"))
        async with context.transaction() as tx:
            known = await queries.message(tx, None, message_id)
            if known is None:
                raise NothingHere
            event = MessageUnmasked(known.account_id, message_id, form.text("reason"))
            await tx.announce(context.act, event)
    return await _message(request, form, unmasked=form.ok)


async def _message(request: Request, form: Form, *, unmasked: bool) -> Response:
    context = context_of(request)
    message_id = MessageId(id_in_path(request, "msg"))
    async with context.transaction() as tx:
        known = await queries.message(tx, None, message_id)
        if known is None:
            raise NothingHere
        life = await queries.life(tx, known.account_id, message_id)
        charge = await explain.explain(tx, known.account_id, message_id)
    return await render(
        request,
        "office/message.html",
        message=known,
        status_badge=status_badge(known),
        facts=_facts(request, known, unmasked=unmasked),
        steps=[_step(context.texts, line, known.segments) for line in reversed(life)],
        why=_why(request, charge) if charge else None,
        form=form,
        unmasked=unmasked,
        may_unmask=may(request, StaffRole.SUPPORT),
        path=f"/messages/{show('msg', message_id)}/unmask",
    )


def _facts(request: Request, row: MessageView, *, unmasked: bool) -> list[Fact]:
    account = show("acc", row.account_id)
    customer = reachable(request, f"/customers/{account}", *CUSTOMERS)
    return [
        Fact(Key("office.messages.status"), status_badge(row)),
        Fact(Key("office.messages.to"), Phone(row.destination, unmasked=unmasked)),
        Fact(Key("office.messages.text"), Body(row.text, masked=not unmasked)),
        Fact(
            Key("office.messages.account"),
            Link(Code(account), customer) if customer else Code(account),
        ),
        Fact(Key("office.messages.class"), Key(f"office.class.{row.cls}")),
        Fact(Key("office.messages.segments"), row.segments),
        Fact(Key("office.messages.line"), row.line),
        Fact(Key("office.messages.code"), row.code or None),
        Fact(Key("office.messages.ref"), row.client_ref),
        Fact(Key("office.messages.at"), row.accepted_at),
        Fact(Key("office.messages.ended"), row.ended_at),
        Fact(Key("office.messages.id"), Code(show("msg", row.id))),
    ]


def _step(texts: Texts, line: LogLine, parts: int) -> Step:
    known = line.what in STEP_TONES
    part = texts.ui("office.life.part", n=line.part) if line.part and parts > 1 else ""
    return Step(
        line.at,
        texts.ui(f"office.life.{line.what}") if known else line.what,
        STEP_TONES.get(line.what, Tone.INFO),
        note=Code(f"{part} {line.detail}".strip()) if part or line.detail else "",
    )


def _why(request: Request, charge: ChargeExplained) -> Why:
    texts = context_of(request).texts
    amount: object = Exact(Money(charge.amount))
    rule = texts.ui("office.why.rule")
    if charge.currency != CNY:
        amount = texts.ui("office.units", n=charge.amount)
        rule = texts.ui("office.why.rule.package")
    price = Link(charge.price_source, "/published/prices")
    path = f"/ledger/journals/{charge.journal_lane}/{show('jrn', charge.journal_id)}"
    journal = reachable(request, path, *STATEMENTS)
    return Why(
        texts.ui("office.why"),
        (
            Fact(Key("office.why.characters"), charge.characters),
            Fact(Key("office.messages.segments"), charge.segments),
            Fact(Key("office.why.unit_price"), UnitPrice(charge.unit_price)),
            Fact(Key("office.why.amount"), amount),
            Fact(Key("office.why.outcome"), Key(f"office.outcome.{charge.outcome or 'open'}")),
            Fact(Key("office.why.booked"), charge.booked_at),
        ),
        rule,
        price,
        action=Link(Key("office.why.journal"), journal) if journal else None,
    )


ROUTES = [
    Route("/messages", messages),
    Route("/messages.csv", exported),
    Route("/messages/{id}", message),
    Route("/messages/{id}/unmask", unmask, methods=["POST"]),
]
