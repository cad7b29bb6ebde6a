"""The books: trial balance, journals with both their sides, a customer's statement."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.ledger import explorer, queries
from umcloud.domains.ledger.model import CNY, UNITS_INTERNATIONAL, UNITS_MARKETING, UNITS_NOTICE
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.listing import Slice, listing
from umcloud.doors.kit.render import render
from umcloud.doors.kit.story import Fact, Tab
from umcloud.doors.kit.table import Column, Empty, Filter, TableSpec
from umcloud.doors.kit.values import Badge, Code, Exact, Key, Link, Tone
from umcloud.doors.office.export import export
from umcloud.doors.office.standing import BOOKS, STATEMENTS, id_in_path, only_staff
from umcloud.doors.office.words import journal_name, journal_words
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import AccountId, JournalId, show
from umcloud.kernel.money import Money

CURRENCIES = (CNY, UNITS_NOTICE, UNITS_MARKETING, UNITS_INTERNATIONAL)
KINDS = (
    "charge",
    "refund",
    "recharge",
    "package-order",
    "package-void",
    "package-earned",
    "voucher-void",
    "gift-void",
    "payment-suspense",
)
TABS = [
    Tab(Key("office.ledger.trial"), "/ledger"),
    Tab(Key("office.ledger.journals"), "/ledger/journals"),
]


def amount_of(texts: Texts, currency: str, amount: int) -> object:
    """Return an amount as its currency is written: exact yuan, or units."""
    return Exact(Money(amount)) if currency == CNY else texts.count(amount)


def journal_path(lane: int, journal_id: JournalId) -> str:
    """Return where a journal's page is."""
    return f"/ledger/journals/{lane}/{show('jrn', journal_id)}"


def _reason(row: Any) -> str | None:
    """Return why it was booked, where that says more than its kind does."""
    return None if row.reason == row.kind else row.reason


JOURNALS = TableSpec(
    name="journals",
    columns=(
        Column("booked_at", "office.ledger.booked"),
        Column("kind", "office.ledger.kind", value=lambda row: journal_words(row.kind)),
        Column("reason", "office.ledger.reason", value=_reason, wide=True),
        Column("lane", "office.ledger.lane", optional=True, numeric=True),
        Column(
            "id", "office.ledger.id", value=lambda row: Code(show("jrn", row.id)), optional=True
        ),
    ),
    filters=(
        Filter(
            "kind",
            "office.ledger.kind",
            kind="choice",
            options=tuple(Option(kind, journal_name(kind)) for kind in KINDS),
        ),
    ),
    empty=Empty("office.ledger.none", "office.ledger.none.text", "book"),
    detail=lambda row: journal_path(row.lane, row.id),
    export="/ledger/journals.csv",
)
STATEMENT = TableSpec(
    name="statement",
    columns=(
        Column("booked_at", "office.ledger.booked"),
        Column("kind", "office.ledger.kind", value=lambda row: journal_words(row.kind)),
        Column("reason", "office.ledger.reason", value=_reason, wide=True),
        Column(
            "currency",
            "office.ledger.currency",
            value=lambda row: Key(f"office.unit.{row.currency}"),
            optional=True,
        ),
        Column("amount", "office.ledger.amount", value=lambda row: _line(row, row.amount)),
        Column(
            "balance_after",
            "office.ledger.after",
            value=lambda row: _line(row, row.balance_after),
        ),
        Column(
            "journal_id",
            "office.ledger.id",
            value=lambda row: Code(show("jrn", row.journal_id)),
            optional=True,
        ),
    ),
    filters=(
        Filter(
            "currency",
            "office.ledger.currency",
            kind="choice",
            options=tuple(Option(one, Key(f"office.unit.{one}")) for one in CURRENCIES),
        ),
    ),
    empty=Empty("office.ledger.none", "office.ledger.none.text", "book"),
)


def _line(row: queries.LedgerLine, amount: int) -> object:
    return Exact(Money(amount)) if row.currency == CNY else amount


@only_staff(*BOOKS)
async def trial(request: Request) -> Response:
    """Show all accounts of the books; each currency sums to zero."""
    context = context_of(request)
    async with context.transaction() as tx:
        lines = await queries.trial_balance(tx)
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount
    texts = context.texts
    return await render(
        request,
        "office/trial.html",
        tabs=TABS,
        rows=[
            [
                Code(line.ledger_account),
                Key(f"office.unit.{line.currency}")
                if line.currency in CURRENCIES
                else line.currency,
                amount_of(texts, line.currency, line.amount),
            ]
            for line in lines
        ],
        sums=[
            (
                f"office.unit.{currency}" if currency in CURRENCIES else None,
                currency,
                amount_of(texts, currency, total),
                total == 0,
            )
            for currency, total in sums.items()
        ],
    )


@only_staff(*BOOKS)
async def journals(request: Request) -> Response:
    """List journals of all lanes, newest first."""
    table = await listing(request, JOURNALS, _journals)
    return await render(request, "office/journals.html", tabs=TABS, table=table)


async def _journals(tx: Tx, asked: Slice) -> list[explorer.JournalHead]:
    return await explorer.journals(
        tx, kind=asked.query["kind"], before=asked.after_id, limit=asked.limit
    )


@only_staff(*BOOKS)
async def journals_exported(request: Request) -> Response:
    """Take the same journals out as a file."""
    return await export(request, JOURNALS, _journals)


@only_staff(*STATEMENTS)
async def journal(request: Request) -> Response:
    """Show a journal with both its sides."""
    context = context_of(request)
    lane, journal_id = request.path_params["lane"], JournalId(id_in_path(request, "jrn"))
    async with context.transaction() as tx:
        head = await explorer.journal(tx, lane, journal_id)
        if head is None:
            raise NothingHere
        rows, sums = await _sides(tx, context.texts, head)
    reverses = (
        Link(Code(show("jrn", head.reverses)), journal_path(lane, head.reverses))
        if (head.reverses)
        else None
    )
    facts = [
        Fact(Key("office.ledger.kind"), journal_words(head.kind)),
        Fact(Key("office.ledger.reason"), _reason(head)),
        Fact(Key("office.ledger.booked"), head.booked_at),
        Fact(Key("office.ledger.effective"), head.effective_on),
        Fact(Key("office.ledger.reverses"), reverses),
        Fact(Key("office.ledger.lane"), head.lane),
        Fact(Key("office.ledger.id"), Code(show("jrn", head.id))),
    ]
    return await render(
        request,
        "office/journal.html",
        facts=facts,
        rows=rows,
        balanced=not any(sums.values()),
        head=head,
    )


async def _sides(
    tx: Tx, texts: Texts, head: explorer.JournalHead
) -> tuple[list[list[object]], dict[str, int]]:
    rows: list[list[object]] = []
    sums: dict[str, int] = {}
    for line in await queries.journal_lines(tx, head.lane, head.id):
        side: object = Code(line.ledger_account or "")
        if line.account_id is not None:
            owner = await accounts.account(tx, line.account_id)
            name = owner.name if owner else show("acc", line.account_id)
            side = Link(name, f"/ledger/accounts/{show('acc', line.account_id)}")
        after = line.balance_after
        rows.append(
            [
                side,
                Badge(Key(f"office.unit.{line.currency}"), Tone.IDLE),
                amount_of(texts, line.currency, line.amount),
                None if after is None else amount_of(texts, line.currency, after),
            ]
        )
        sums[line.currency] = sums.get(line.currency, 0) + line.amount
    return rows, sums


@only_staff(*STATEMENTS)
async def statement(request: Request) -> Response:
    """Show a customer's wallet line by line, newest first."""
    context, account_id = context_of(request), AccountId(id_in_path(request, "acc"))
    async with context.transaction() as tx:
        account = await accounts.account(tx, account_id)
        if account is None:
            raise NothingHere
        balance = await queries.balance(tx, account_id)
    table = await listing(
        request, _leading_to(account_id), partial(_lines, account_id), cursor=_by_seq
    )
    return await render(
        request,
        "office/statement.html",
        table=table,
        account=account,
        address=f"/customers/{show('acc', account_id)}",
        balance=balance,
        available=Money(balance.available),
    )


@only_staff(*STATEMENTS)
async def statement_exported(request: Request) -> Response:
    """Take the same lines of a customer's wallet out as a file."""
    account_id = AccountId(id_in_path(request, "acc"))
    fetch = partial(_lines, account_id)
    return await export(request, STATEMENT, fetch, _by_seq, account_id=account_id)


def _by_seq(line: queries.LedgerLine) -> tuple[int]:
    return (line.seq,)


async def _lines(account_id: AccountId, tx: Tx, asked: Slice) -> list[queries.LedgerLine]:
    return await queries.statement(
        tx,
        account_id,
        currency=asked.query["currency"] or CNY,
        before_seq=asked.after_number,
        limit=asked.limit,
    )


def _leading_to(account_id: AccountId) -> TableSpec:
    return replace(
        STATEMENT,
        detail=lambda row: journal_path(row.journal_lane, row.journal_id),
        export=f"/ledger/accounts/{show('acc', account_id)}/lines.csv",
    )


ROUTES = [
    Route("/ledger", trial),
    Route("/ledger/journals", journals),
    Route("/ledger/journals.csv", journals_exported),
    Route("/ledger/journals/{lane:int}/{id}", journal),
    Route("/ledger/accounts/{id}", statement),
    Route("/ledger/accounts/{id}/lines.csv", statement_exported),
]
