"""Costs: what there is, recharging, and the statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger.model import CNY, BucketKind, UnitBalance
from umcloud.domains.ledger.queries import LedgerLine
from umcloud.domains.messaging import queries as messaging
from umcloud.domains.payments import queries as payment_queries
from umcloud.domains.payments import service as payments
from umcloud.domains.payments.model import MAXIMUM, Payment, PaymentState
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Amount, Option
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.listing import Slice, csv_of, listing
from umcloud.doors.kit.render import render
from umcloud.doors.kit.story import Fact, Stat
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    TableSpec,
    fill_table,
    read_query,
)
from umcloud.doors.kit.values import Code, Exact, Key, Link
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.shown import cursor_id, state_badge
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, PaymentId, read, show
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.money import Money

RECHARGE = FormSpec(
    "recharge",
    submit="portal.recharge.act",
    fields=(
        Amount(
            name="amount",
            label="portal.recharge.amount",
            help="portal.recharge.amount.help",
            most=MAXIMUM,
            suggestions=(Money.yuan(50), Money.yuan(100), Money.yuan(500), Money.yuan(2000)),
        ),
    ),
)
PAYMENTS = TableSpec(
    name="payments",
    columns=(
        Column("created_at", "portal.at"),
        Column("number", "portal.recharge.number", value=lambda p: Code(p.number)),
        Column("amount", "portal.recharge.amount"),
        Column("state", "portal.state", value=lambda p: state_badge(p.state)),
        Column("paid_at", "portal.recharge.paid_at"),
    ),
    empty=Empty("portal.recharge.none", "portal.recharge.none.text", "credit-card"),
    detail=lambda p: f"/costs/recharge/{p.number}",
)
_PACKAGES = ("SMS.N", "SMS.M", "SMS.I")


def line_amount(line: LedgerLine, amount: int) -> object:
    """Return a line's number in its currency: yuan with every decimal, or messages."""
    return Exact(Money(amount)) if line.currency == CNY else amount


KNOWN_JOURNALS = frozenset(
    {"charge", "refund", "recharge", "package-order", "package-void", "voucher-void", "gift-void"}
)


def journal_kind(line: LedgerLine) -> object:
    """Return what a journal was for, in words where we have some."""
    return Key(f"portal.journal.{line.kind}") if line.kind in KNOWN_JOURNALS else line.kind


STATEMENT = TableSpec(
    name="statement",
    columns=(
        Column("booked_at", "portal.at"),
        Column("kind", "portal.statement.kind", value=journal_kind),
        Column("amount", "portal.statement.amount", value=lambda j: line_amount(j, j.amount)),
        Column(
            "balance", "portal.statement.balance", value=lambda j: line_amount(j, j.balance_after)
        ),
        Column(
            "journal",
            "portal.statement.journal",
            value=lambda j: Code(show("jrn", j.journal_id)),
            optional=True,
            wide=True,
        ),
        Column("seq", "portal.statement.seq", optional=True),
    ),
    filters=(
        Filter(
            "currency",
            "portal.statement.wallet",
            kind="choice",
            options=tuple(Option(one, Key(f"portal.currency.{one}")) for one in _PACKAGES),
            unset="portal.currency.CNY",
        ),
        Filter("since", "portal.since", kind="day"),
        Filter("until", "portal.until", kind="day"),
    ),
    empty=Empty(
        "portal.statement.none",
        "portal.statement.none.text",
        "receipt",
        "portal.nav.recharge",
        "/costs/recharge",
    ),
    export="/costs/statement.csv",
)


async def overview(request: Request) -> Response:
    """Show balance, packages and today's use."""
    context = context_of(request)
    async with context.transaction() as tx:
        balance = await books.balance(tx, context.account_id)
        units = await books.units(tx, context.account_id, context.act.now)
        today = await messaging.today(tx, context.account_id, context.act.now)
        lines = await books.statement(tx, context.account_id, limit=5)
    stats = [
        Stat(
            Key("portal.costs.available"),
            Money(balance.available),
            "/costs/statement",
            icon="wallet",
        ),
        Stat(
            Key("portal.costs.units"),
            sum(one.remaining for one in units),
            "/costs/packages",
            icon="package",
        ),
        Stat(
            Key("portal.costs.segments"),
            today.segments,
            f"/records?since={shanghai_day(context.act.now).isoformat()}",
            icon="message",
        ),
    ]
    held = [
        *(
            Fact(Key(f"portal.bucket.{kind.value}"), Exact(Money(amount)))
            for kind, amount in balance.by_kind.items()
            if amount or kind is BucketKind.CASH
        ),
        Fact(Key("portal.costs.held"), Exact(Money(balance.held))),
        Fact(Key("portal.costs.credit"), Exact(Money(balance.credit_limit))),
    ]
    return await render(
        request,
        "portal/costs.html",
        stats=stats,
        held=held,
        units=[_unit_row(one) for one in units],
        lines=[[one.booked_at, journal_kind(one), line_amount(one, one.amount)] for one in lines],
    )


def _unit_row(one: UnitBalance) -> list[object]:
    return [Key(f"portal.currency.{one.currency}"), one.remaining, one.granted, one.expires_at]


async def recharge(request: Request) -> Response:
    """Ask for an amount; list earlier recharges. Who comes back from the channel sees that one."""
    if number := request.query_params.get("number"):
        return RedirectResponse(f"/costs/recharge/{quote(number, safe='')}?paying=1", 303)
    return await _recharge_page(request, blank_form(request, RECHARGE))


async def _recharge_page(request: Request, form: Form) -> Response:
    context, query = context_of(request), read_query(request, PAYMENTS)
    before = cursor_id(query)
    async with context.transaction() as tx:
        found = await payment_queries.payments_of(
            tx,
            context.account_id,
            before=PaymentId(before) if before else None,
            limit=query.limit + 1,
        )
    table = fill_table(request, PAYMENTS, query, found, lambda p: (p.id,))
    return await render(request, "portal/recharge.html", form=form, table=table)


async def start_recharge(request: Request) -> Response:
    """Make a payment and lead to the channel's page; a frozen account may pay what it owes."""
    context, form = context_of(request), await read_form(request, RECHARGE)
    if form.ok:
        with form.keeping_refusals({"payment.amount": "amount"}):
            async with context.transaction() as tx:
                payment = await payments.start(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    amount=form.money("amount"),
                    channel=collaborators(request).channel,
                    idempotency_key=form.idempotency_key,
                )
            return RedirectResponse(payment.pay_url, 303)
    return await _recharge_page(request, form)


async def payment(request: Request) -> Response:
    """Show what became of one recharge."""
    context = context_of(request)
    try:
        payment_id = PaymentId(read("pay", request.path_params["number"]))
    except ValueError:
        raise NothingHere from None
    async with context.transaction() as tx:
        one = await payment_queries.payment_of(tx, context.account_id, payment_id)
    waiting = one.state is PaymentState.CREATED
    page = await render(
        request, "portal/payment.html", one=one, facts=_payment_facts(one), waiting=waiting
    )
    if waiting and "paying" in request.query_params:
        page.headers["refresh"] = "2"  # The channel's notice comes by another way than the payer.
    return page


def _payment_facts(one: Payment) -> list[Fact]:
    return [
        Fact(Key("portal.state"), state_badge(one.state)),
        Fact(Key("portal.recharge.amount"), one.amount),
        Fact(Key("portal.recharge.number"), Code(one.number)),
        Fact(Key("portal.created_at"), one.created_at),
        Fact(Key("portal.recharge.expires_at"), one.expires_at),
        Fact(Key("portal.recharge.paid_at"), one.paid_at),
        Fact(Key("portal.recharge.payer"), one.payer.name if one.payer else None),
        Fact(Key("portal.recharge.trade"), Code(one.trade_number) if one.trade_number else None),
        Fact(
            Key("portal.statement.journal"),
            Link(Code(show("jrn", one.journal_id)), "/costs/statement") if one.journal_id else None,
        ),
    ]


async def statement(request: Request) -> Response:
    """List every line of a wallet."""
    fetch = partial(_lines, context_of(request).account_id)
    table = await listing(request, STATEMENT, fetch, _by_seq)
    return await render(request, "portal/statement.html", table=table)


def _by_seq(line: LedgerLine) -> tuple[int]:
    return (line.seq,)


async def _lines(account_id: AccountId, tx: Tx, asked: Slice) -> Sequence[LedgerLine]:
    return await books.statement(
        tx,
        account_id,
        currency=asked.query["currency"] or CNY,
        before_seq=asked.after_number,
        since=asked.since(),
        until=asked.until(),
        limit=asked.limit,
    )


async def exported(request: Request) -> Response:
    """Stream the same lines as CSV."""
    fetch = partial(_lines, context_of(request).account_id)
    return csv_of(request, STATEMENT, fetch, "statement.csv", _by_seq)


ROUTES = [
    Route("/costs", overview),
    Route("/costs/recharge", recharge),
    Route("/costs/recharge", start_recharge, methods=["POST"]),
    Route("/costs/recharge/{number}", payment),
    Route("/costs/statement", statement),
    Route("/costs/statement.csv", exported),
]
