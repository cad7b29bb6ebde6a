"""How far a customer's money may go below zero: the limit, its changes and their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries
from umcloud.domains.accounts.model import Account, AccountState, StaffRole
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit.model import AuditRecord
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.errors import InsufficientBalance
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import ONE_MILLION_YUAN, Amount, LongText
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Change, Stat, Step
from umcloud.doors.kit.values import Key, Tone
from umcloud.doors.office.customer_log import address, names_of
from umcloud.doors.office.events import CreditDecided
from umcloud.doors.office.standing import STATEMENTS, id_in_path, may, only_staff
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId
from umcloud.kernel.money import Money

SHOWN = 50
FORM = FormSpec(
    "credit",
    submit="office.credit.submit",
    fields=(
        Amount(
            name="limit",
            label="office.credit.limit",
            help="office.credit.limit.help",
            least=Money(0),
            most=ONE_MILLION_YUAN,
        ),
        LongText(
            name="reason",
            label="office.credit.reason",
            help="office.credit.reason.help",
            max_length=500,
            rows=3,
        ),
    ),
)


async def _account(tx: Tx, request: Request) -> Account:
    found = await queries.account(tx, AccountId(id_in_path(request, "acc")))
    if found is None:
        raise NothingHere
    return found


@only_staff(*STATEMENTS)
async def credit(request: Request) -> Response:
    """Show the limit, what of it is used, and who set it when and why."""
    return await _page(request)


async def _page(request: Request, form: Form | None = None) -> Response:
    context = context_of(request)
    async with context.transaction() as tx:
        account = await _account(tx, request)
        balance = await books.balance(tx, account.id)
        decided = await audit.search(
            tx, account_id=account.id, names=(CreditDecided.name,), limit=SHOWN
        )
        people = await names_of(tx, account.id)
    limit, used = Money(balance.credit_limit), Money(max(0, -balance.posted))
    return await render(
        request,
        "office/credit.html",
        account=account,
        address=address(account.id),
        stats=[
            Stat(Key("office.credit.limit"), limit),
            Stat(
                Key("office.credit.used"),
                used,
                tone=Tone.ATTENTION if balance.posted < 0 else Tone.IDLE,
            ),
            Stat(Key("office.credit.available"), Money(balance.available)),
        ],
        steps=[_step(one, people) for one in decided],
        form=form or blank_form(request, FORM, limit=limit),
        may_set=may(request, StaffRole.FINANCE) and account.state is not AccountState.CLOSED,
    )


def _step(one: AuditRecord, people: Mapping[UUID, str]) -> Step:
    before, after = (Money(int(str(one.facts[name]))) for name in ("before", "after"))
    return Step(
        one.at,
        Key("office.credit.raised" if after > before else "office.credit.lowered"),
        Tone.ATTENTION if after > before else Tone.INFO,
        actor=people.get(one.actor_id, "") if one.actor_id else "",
        note=str(one.facts["reason"]),
        changes=(Change(Key("office.credit.limit"), before, after),),
    )


@only_staff(StaffRole.FINANCE)
async def decide(request: Request) -> Response:
    """Set the limit, for a reason that is kept with it."""
    context, form = context_of(request), await read_form(request, FORM)
    if form.ok:
        with form.keeping_refusals():
            await _set(request, form.money("limit"), form.text("reason"))
        if isinstance(form.refusal, InsufficientBalance):
            # To the customer it would say “top up”; here it is the limit that has to be higher.
            owed = Money.yuan(str(form.refusal.facts["needed"]))
            form.refusal = None
            form.fail("limit", "office.credit.owed", owed=owed)
    if form.ok:
        async with context.transaction() as tx:
            account = await _account(tx, request)
        return redirect_with_flash(request, f"{address(account.id)}/credit", "office.credit.done")
    return await _page(request, form)


async def _set(request: Request, limit: Money, reason: str) -> None:
    context = context_of(request)
    async with context.transaction() as tx:
        account = await _account(tx, request)
        await ledger.open_wallet(tx, context.act, account_id=account.id)
        before = (await books.balance(tx, account.id)).credit_limit
        await ledger.set_credit_limit(tx, context.act, account_id=account.id, micros=limit.micros)
        await tx.announce(context.act, CreditDecided(account.id, before, limit.micros, reason))


ROUTES = [
    Route("/customers/{id}/credit", credit),
    Route("/customers/{id}/credit", decide, methods=["POST"]),
]
