"""Packages: what they cost now, buying one, and what is left of each."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts import rules as account_rules
from umcloud.domains.accounts.model import Right
from umcloud.domains.orders import queries
from umcloud.domains.orders import service as orders
from umcloud.domains.orders.model import OrderView, PackageGroup, Quote
from umcloud.domains.orders.rules import MAXIMUM, MINIMUM, STEP
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Check, Choice, Option, Whole
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, posted, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.table import Column, Empty, TableSpec, fill_table, read_query
from umcloud.doors.kit.values import Code, Key, UnitPrice
from umcloud.doors.portal import rights
from umcloud.doors.portal.shown import cursor_id, state_badge
from umcloud.kernel.ids import OrderId

USUAL_QUANTITY = 1_000
BUY = FormSpec(
    "package",
    submit="portal.packages.buy",
    fields=(
        Choice(
            name="group",
            label="portal.packages.group",
            look="cards",
            options=tuple(
                Option(
                    one.value,
                    Key(f"portal.packages.group.{one.value}"),
                    Key(f"portal.packages.group.{one.value}.hint"),
                )
                for one in PackageGroup
            ),
        ),
        Whole(
            name="quantity",
            label="portal.packages.quantity",
            help="portal.packages.quantity.help",
            least=MINIMUM,
            most=MAXIMUM,
            step=STEP,
        ),
        Check(name="agreed", label="portal.packages.agreed", required=False),
    ),
)
TABLE = TableSpec(
    name="orders",
    columns=(
        Column("at", "portal.at", value=lambda v: v.order.placed_at),
        Column("number", "portal.packages.number", value=lambda v: Code(v.order.number)),
        Column(
            "group",
            "portal.packages.group",
            value=lambda v: Key(f"portal.packages.group.{v.order.group.value}"),
        ),
        Column("quantity", "portal.packages.quantity", value=lambda v: v.order.quantity),
        Column("remaining", "portal.packages.remaining"),
        Column("amount", "portal.packages.amount", value=lambda v: v.order.amount),
        Column(
            "unit_price",
            "portal.packages.unit_price",
            value=lambda v: UnitPrice(v.order.unit_price),
            optional=True,
        ),
        Column("expires_at", "portal.packages.expires_at", value=lambda v: v.order.expires_at),
        Column("state", "portal.state", value=lambda v: state_badge(v.state)),
    ),
    empty=Empty("portal.packages.none", "portal.packages.none.text", "package"),
)


async def page(request: Request) -> Response:
    """Show the form with today's price of a usual quantity, and the orders so far."""
    form = blank_form(request, BUY, group=PackageGroup.NOTICE.value, quantity=str(USUAL_QUANTITY))
    return await _page(request, form, PackageGroup.NOTICE, USUAL_QUANTITY)


async def _page(
    request: Request, form: Form, group: PackageGroup | None, quantity: int | None
) -> Response:
    context, query = context_of(request), read_query(request, TABLE)
    before = cursor_id(query)
    offer: Quote | None = None
    found: list[OrderView] = []
    async with context.transaction() as tx:
        if group is not None and quantity is not None:
            offer = await orders.quote(tx, context.act, group=group, quantity=quantity)
        found = await queries.orders_of(
            tx,
            context.account_id,
            now=context.act.now,
            before=OrderId(before) if before else None,
            limit=query.limit + 1,
        )
    table = fill_table(request, TABLE, query, found, lambda v: (v.order.id,))
    facts = _facts(offer) if offer else []
    return await render(
        request,
        "portal/packages.html",
        form=form,
        facts=facts,
        table=table,
        may_buy=rights.has(context, Right.PAY),
    )


def _facts(offer: Quote) -> list[Fact]:
    return [
        Fact(Key("portal.packages.group"), Key(f"portal.packages.group.{offer.group.value}")),
        Fact(Key("portal.packages.quantity"), offer.quantity),
        Fact(Key("portal.packages.unit_price"), UnitPrice(offer.unit_price)),
        Fact(Key("portal.packages.amount"), offer.amount),
        Fact(Key("portal.packages.expires_at"), offer.expires_at),
    ]


async def buy(request: Request) -> Response:
    """Quote, or buy from the wallet: order, money and units at once."""
    context, form = context_of(request), await read_form(request, BUY)
    group = PackageGroup(form.text("group")) if "group" in form.values else None
    quantity = form.whole("quantity") if "quantity" in form.values else None
    if posted(request).get("quote") or not form.ok:
        return await _page(request, form, group, quantity)
    with form.keeping_refusals(
        {"order.quantity": "quantity", "order.agreement_not_ticked": "agreed"}
    ):
        async with context.transaction() as tx:
            owner = await accounts.account(tx, context.account_id)
            if owner is None:
                raise NothingHere
            account_rules.require_active(owner)  # C4.2
            order = await orders.place_and_pay(
                tx,
                context.act,
                account_id=context.account_id,
                group=PackageGroup(form.text("group")),
                quantity=form.whole("quantity"),
                agreed=form.is_ticked("agreed"),
                idempotency_key=form.idempotency_key,
            )
        return redirect_with_flash(
            request, "/costs/packages", "portal.packages.bought", number=order.number
        )
    return await _page(request, form, group, quantity)


ROUTES = [
    Route("/costs/packages", page),
    Route("/costs/packages", buy, methods=["POST"]),
]
