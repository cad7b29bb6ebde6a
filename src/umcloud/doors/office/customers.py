"""Customers: search, one customer from all sides, freeze, thaw and close, its latest log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries, rules, service
from umcloud.domains.accounts.model import (
    Account,
    AccountState,
    ApiKey,
    Channel,
    Contact,
    FreezeReason,
    KeyState,
    Member,
    StaffRole,
)
from umcloud.domains.agreements import queries as agreements
from umcloud.domains.audit import queries as audit
from umcloud.domains.flows import close as ending
from umcloud.domains.identity import queries as identity
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger.model import Balance, UnitBalance
from umcloud.domains.messaging import queries as log
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.templates import queries as templates
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Choice, LongText, Option
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.listing import Slice, listing
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact, Stat
from umcloud.doors.kit.table import Column, Empty, Filter, TableSpec
from umcloud.doors.kit.values import Badge, Code, Key, Lines, Link, Tone, named
from umcloud.doors.office.customer_log import actor, address, names_of
from umcloud.doors.office.export import export
from umcloud.doors.office.review.accounts import TONES as IDENTITY_TONES
from umcloud.doors.office.review.changes import TONES as REVIEW_TONES
from umcloud.doors.office.standing import (
    CUSTOMERS,
    MESSAGES,
    STATEMENTS,
    id_in_path,
    may,
    only_staff,
    reachable,
)
from umcloud.doors.office.words import deed_words
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import AccountId, show
from umcloud.kernel.money import Money

STATE_TONES = {
    AccountState.ACTIVE: Tone.GOOD,
    AccountState.FROZEN: Tone.BAD,
    AccountState.CLOSED: Tone.IDLE,
}
KEY_TONES = {
    KeyState.ACTIVE: Tone.GOOD,
    KeyState.SUSPENDED: Tone.ATTENTION,
    KeyState.REVOKED: Tone.IDLE,
}
RESOURCES_SHOWN = 10
LOG_SHOWN = 8
KEY_SHOWN = 12


def state_badge(account: Account) -> Badge:
    """Return an account's state as word and colour."""
    return Badge(Key(f"enum.AccountState.{account.state.name}"), STATE_TONES[account.state])


LIST = TableSpec(
    name="customers",
    columns=(
        Column("name", "office.customers.name", wide=True),
        Column("state", "office.customers.state", value=state_badge),
        Column("created_at", "office.customers.since"),
        Column("id", "office.customers.id", value=lambda row: Code(show("acc", row.id))),
    ),
    filters=(Filter("q", "office.customers.q", placeholder="office.customers.q.hint"),),
    empty=Empty("office.customers.none", "office.customers.none.text", "building"),
    detail=lambda row: address(row.id),
    export="/customers.csv",
)


FREEZE = FormSpec(
    "freeze",
    submit="office.freeze.submit",
    fields=(
        Choice(
            name="reason",
            label="office.freeze.reason",
            options=tuple(
                Option(one.value, Key(f"enum.FreezeReason.{one.name}")) for one in FreezeReason
            ),
        ),
        LongText(name="note", label="office.freeze.note", max_length=500),
    ),
)
THAW = FormSpec(
    "thaw",
    submit="office.thaw.submit",
    fields=(LongText(name="note", label="office.thaw.note", max_length=500),),
)
CLOSE = FormSpec(
    "close",
    submit="office.close.submit",
    fields=(LongText(name="note", label="office.close.note", max_length=500),),
)


@only_staff(*CUSTOMERS)
async def customers(request: Request) -> Response:
    """List customers, newest first, by a part of their name or a whole contact."""
    table = await listing(request, LIST, _fetch)
    return await render(request, "office/customers.html", table=table)


async def _fetch(tx: Tx, asked: Slice) -> Sequence[Account]:
    before = AccountId(asked.after_id) if asked.after_id else None
    return await queries.search_accounts(
        tx, asked.query["q"] or "", before=before, limit=asked.limit
    )


@only_staff(*CUSTOMERS)
async def exported(request: Request) -> Response:
    """Take the same customers out as a file."""
    return await export(request, LIST, _fetch)


@only_staff(*CUSTOMERS)
async def customer(request: Request) -> Response:
    """Show one customer from all sides."""
    return await _customer(request, None)


async def _customer(request: Request, form: Form | None, closing: Form | None = None) -> Response:
    context = context_of(request)
    account_id = AccountId(id_in_path(request, "acc"))
    texts = context.texts
    async with context.transaction() as tx:
        account = await queries.account(tx, account_id)
        if account is None:
            raise NothingHere
        names = await names_of(tx, account_id)
        facts: dict[str, Any] = {
            "profile": await _profile(tx, request, account),
            "stats": await _stats(tx, request, account_id),
            "members": _members(texts, await queries.members(tx, account_id)),
            "keys": _keys(await queries.api_keys(tx, account_id, revoked=True)),
            "consents": await _consents(tx, texts, account_id),
            "resources": await _resources(tx, request, account_id),
            "units": _units(texts, await books.units(tx, account_id, context.act.now)),
            "log": [
                [row.at, deed_words(row.name), actor(row, names)]
                for row in await audit.for_account(tx, account_id, limit=LOG_SHOWN)
            ],
        }
    spec = THAW if account.state is AccountState.FROZEN else FREEZE
    return await render(
        request,
        "office/customer.html",
        account=account,
        address=address(account_id),
        state=state_badge(account),
        form=form or blank_form(request, spec),
        closing=closing or blank_form(request, CLOSE),
        may_change=may(request, StaffRole.SUPPORT),
        sees_credit=may(request, *STATEMENTS),
        **facts,
    )


async def _profile(tx: Tx, request: Request, account: Account) -> list[Fact]:
    context = context_of(request)
    subject = await identity.subject(tx, account.id)
    application = await identity.current(tx, account.id)
    review: object = None
    if application is not None:
        badge = Badge(named(application.state), IDENTITY_TONES[application.state])
        path = f"/reviews/accounts/{show('rev', application.id)}"
        reached = reachable(request, path, StaffRole.REVIEWER)
        review = Link(badge, reached) if reached else badge
    level = await identity.level(tx, account.id)
    return [
        Fact(Key("office.customers.state"), state_badge(account)),
        Fact(
            Key("office.freeze.reason"),
            context.texts.say(account.frozen_reason) if account.frozen_reason else None,
        ),
        Fact(Key("office.customer.level"), named(level)),
        Fact(Key("office.case.organisation"), subject.organisation.name if subject else None),
        Fact(Key("office.case.uscc"), Code(subject.organisation.uscc) if subject else None),
        Fact(Key("office.customer.application"), review),
        Fact(Key("office.customers.since"), account.created_at),
        Fact(Key("office.customers.id"), Code(show("acc", account.id))),
    ]


async def _stats(tx: Tx, request: Request, account_id: AccountId) -> list[Stat]:
    context = context_of(request)
    balance: Balance = await books.balance(tx, account_id)
    counts = await log.today(tx, account_id, context.act.now)
    here = show("acc", account_id)
    owed = balance.available < 0

    def sent(query: str) -> str:
        path = f"/messages?account={here}{query}"
        return reachable(request, path, *MESSAGES)

    return [
        Stat(
            Key("office.customer.balance"),
            Money(balance.available),
            reachable(request, f"/ledger/accounts/{here}", *STATEMENTS),
            _held_words(context.texts, balance),
            Tone.BAD if owed else Tone.IDLE,
            "wallet",
        ),
        Stat(Key("office.today.accepted"), counts.accepted, sent("")),
        Stat(
            Key("office.today.delivered"),
            counts.delivered,
            sent("&status=delivered"),
        ),
        Stat(Key("office.today.failed"), counts.failed, sent("&status=failed")),
    ]


def _held_words(texts: Texts, balance: Balance) -> str:
    held = texts.ui("office.customer.held", amount=Money(balance.held))
    if not balance.credit_limit:
        return held
    limit = texts.ui("office.customer.credit", amount=Money(balance.credit_limit))
    return f"{held}{texts.ui('kit.comma')}{limit}"


def _contact(texts: Texts, member: Member) -> str:
    known = ((Channel.EMAIL, member.email), (Channel.PHONE, member.phone))
    shown = [rules.masked(Contact(channel, target)) for channel, target in known if target]
    return texts.ui("kit.comma").join(shown)


def _members(texts: Texts, members: Sequence[Member]) -> list[list[object]]:
    return [
        [Lines(one.name, _contact(texts, one)), named(one.role), named(one.state)]
        for one in members
    ]


def _keys(keys: Sequence[ApiKey]) -> list[list[object]]:
    return [
        [
            Lines(one.name, f"{one.public_key[:KEY_SHOWN]}…"),
            Badge(named(one.state), KEY_TONES[one.state]),
            one.last_used_day,
        ]
        for one in keys
    ]


async def _consents(tx: Tx, texts: Texts, account_id: AccountId) -> list[list[object]]:
    return [
        [
            Link(
                texts.ui("office.agreement.version", version=one.facts.version),
                f"/published/agreements/{show('agr', one.facts.version_id)}",
            ),
            one.facts.at,
            texts.ui("office.customer.acknowledged", n=len(one.facts.acknowledged)),
        ]
        for one in await agreements.consents(tx, account_id)
    ]


async def _resources(tx: Tx, request: Request, account_id: AccountId) -> list[list[object]]:
    texts = context_of(request).texts

    def linked(words: str, path: str) -> object:
        reached = reachable(request, path, StaffRole.REVIEWER)
        return Link(words, reached) if reached else words

    signs = await signatures.search(tx, account_id=account_id, limit=RESOURCES_SHOWN)
    made = await templates.search(tx, account_id=account_id, limit=RESOURCES_SHOWN)
    rows: list[list[object]] = []
    for sign in signs.items:
        badge = Badge(named(sign.state), REVIEW_TONES[sign.state])
        link = linked(f"【{sign.text}】", f"/reviews/signatures/{show('sig', sign.id)}")
        rows.append([link, texts.ui("office.review.signature"), badge])
    for one in made.items:
        badge = Badge(named(one.state), REVIEW_TONES[one.state])
        link = linked(one.name, f"/reviews/templates/{show('tpl', one.id)}")
        rows.append([link, texts.ui("office.review.template"), badge])
    return rows


def _units(texts: Texts, units: Sequence[UnitBalance]) -> list[list[object]]:
    return [
        [
            texts.ui(f"office.unit.{one.currency}"),
            texts.ui("office.units.left", left=one.remaining, granted=one.granted),
            one.expires_at,
        ]
        for one in units
    ]


@only_staff(StaffRole.SUPPORT)
async def freeze(request: Request) -> Response:
    """Freeze the account, for a reason (C4.2)."""
    context, form = context_of(request), await read_form(request, FREEZE)
    account_id = AccountId(id_in_path(request, "acc"))
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                await service.freeze(
                    tx,
                    context.act,
                    account_id=account_id,
                    reason=FreezeReason(form.text("reason")),
                    note=form.text("note"),
                )
            return redirect_with_flash(request, address(account_id), "office.freeze.done")
    return await _customer(request, form)


@only_staff(StaffRole.SUPPORT)
async def thaw(request: Request) -> Response:
    """Let a frozen account work again."""
    context, form = context_of(request), await read_form(request, THAW)
    account_id = AccountId(id_in_path(request, "acc"))
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                await service.thaw(tx, context.act, account_id=account_id, note=form.text("note"))
            return redirect_with_flash(request, address(account_id), "office.thaw.done")
    return await _customer(request, form)


@only_staff(StaffRole.SUPPORT)
async def close(request: Request) -> Response:
    """Close the account for good, once nothing is owed or set aside (C4.2)."""
    context, form = context_of(request), await read_form(request, CLOSE)
    account_id = AccountId(id_in_path(request, "acc"))
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                await ending.close(tx, context.act, account_id=account_id, note=form.text("note"))
            return redirect_with_flash(request, address(account_id), "office.close.done")
    return await _customer(request, None, form)


ROUTES = [
    Route("/customers", customers),
    Route("/customers.csv", exported),
    Route("/customers/{id}", customer),
    Route("/customers/{id}/freeze", freeze, methods=["POST"]),
    Route("/customers/{id}/thaw", thaw, methods=["POST"]),
    Route("/customers/{id}/close", close, methods=["POST"]),
]
