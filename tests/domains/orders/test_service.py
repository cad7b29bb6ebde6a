"""Buying a package against the books."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from umcloud.domains.audit.questions import Lately, new_faults
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.errors import IdempotencyConflict
from umcloud.domains.ledger.model import (
    CNY,
    BucketKind,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.domains.orders import invariants, jobs, queries, service
from umcloud.domains.orders.errors import (
    AgreementNotTicked,
    OrderUnaffordable,
    OrderUnknown,
    QuantityNotSold,
)
from umcloud.domains.orders.events import OrderPaid, PackageVoided
from umcloud.domains.orders.model import Order, OrderState, PackageGroup
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, uuid7
from umcloud.kernel.money import Money

ACCOUNT = AccountId(UUID("01900000-0000-7000-8000-000000000002"))


async def prepare(tx: Tx, act: Act, yuan: str = "1000") -> None:
    """Publish prices and put cash into the wallet."""
    await catalogue.publish_shipped(tx, act)
    micros = Money.yuan(yuan).micros
    await ledger.open_wallet(tx, act, account_id=ACCOUNT)
    grant = NewBucket(BucketKind.CASH, micros)
    lines: list[WalletLine | OperatorLine] = [
        WalletLine(ACCOUNT, CNY, micros, grant),
        OperatorLine("clearing:test", CNY, -micros),
    ]
    await ledger.post(tx, act, NewJournal("recharge", "first", lines, "for the test"))


async def use(tx: Tx, act: Act, units: int, currency: str = "SMS.N") -> None:
    """Spend units as sending does."""
    lines: list[WalletLine | OperatorLine] = [
        WalletLine(ACCOUNT, currency, -units),
        OperatorLine(f"units:used:{currency}", currency, units),
    ]
    key = str(uuid7(act.now))
    await ledger.post(tx, act, NewJournal("use", key, lines, "for the test"))


async def buy(
    tx: Tx,
    act: Act,
    quantity: int = 10_000,
    *,
    key: str = "k",
    group: PackageGroup = PackageGroup.NOTICE,
    agreed: bool = True,
) -> Order:
    return await service.place_and_pay(
        tx,
        act,
        account_id=ACCOUNT,
        group=group,
        quantity=quantity,
        agreed=agreed,
        idempotency_key=key,
    )


async def posted(tx: Tx) -> Money:
    return Money((await books.balance(tx, ACCOUNT)).posted)


async def operator(tx: Tx) -> dict[tuple[str, str], int]:
    found = await books.trial_balance(tx)
    return {(line.ledger_account, line.currency): line.amount for line in found}


def at(act: Act, moment: datetime) -> Act:
    return replace(act, now=moment)


@pytest.mark.clause("C9.1")
async def test_a_package_is_paid_and_usable_at_once(tx: Tx, act: Act) -> None:
    heard: list[Event] = []

    async def hear(_tx: Tx, _act: Act, event: Event) -> None:
        heard.append(event)

    tx.bus.on_everything(hear)
    await prepare(tx, act)
    order = await buy(tx, act)
    assert (order.amount, order.unit_price) == (Money.yuan("450"), Decimal("0.045"))
    assert await posted(tx) == Money.yuan("550")
    (units,) = await books.units(tx, ACCOUNT, act.now)
    assert (units.currency, units.remaining, units.granted) == ("SMS.N", 10_000, 10_000)
    assert (units.bucket_id, units.expires_at) == (order.bucket_id, order.expires_at)
    accounts = await operator(tx)
    assert accounts["deferred:packages", "CNY"] == Money.yuan("450").micros
    assert accounts["units:issued:SMS.N", "SMS.N"] == -10_000
    view = await queries.order_of(tx, ACCOUNT, order.id, now=act.now)
    assert (view.order, view.remaining, view.state) == (order, 10_000, OrderState.VALID)
    assert [type(e) for e in heard if e.name.startswith("order.")] == [OrderPaid]
    assert await invariants.violations(tx, act.now) == []


async def test_marketing_units_are_a_pool_of_their_own(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    order = await buy(tx, act, 200, group=PackageGroup.MARKETING)
    assert order.amount == Money.yuan("11")
    (units,) = await books.units(tx, ACCOUNT, act.now)
    assert (units.currency, units.remaining) == ("SMS.M", 200)


async def test_too_little_money_is_refused_with_what_is_missing(
    database: Database, act: Act
) -> None:
    async with database.transaction() as tx:
        await prepare(tx, act, "449.999")
    with pytest.raises(OrderUnaffordable) as caught:
        async with database.transaction() as tx:
            await buy(tx, act)
    assert caught.value.facts == {"needed": "450.00", "available": "449.999", "missing": "0.01"}
    async with database.transaction() as tx:
        assert await posted(tx) == Money.yuan("449.999")
        assert await books.units(tx, ACCOUNT, act.now) == []
        assert await queries.orders_of(tx, ACCOUNT, now=act.now) == []


async def test_what_must_be_given_first(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    with pytest.raises(AgreementNotTicked):
        await buy(tx, act, agreed=False)
    with pytest.raises(QuantityNotSold):
        await buy(tx, act, 150)
    order = await buy(tx, act)
    with pytest.raises(OrderUnknown):
        await queries.order_of(tx, AccountId(uuid7(act.now)), order.id, now=act.now)


async def test_the_same_request_gives_the_stored_order(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    order = await buy(tx, act)
    assert await buy(tx, at(act, act.now + timedelta(minutes=1))) == order
    with pytest.raises(IdempotencyConflict):
        await buy(tx, act, 20_000)
    assert await posted(tx) == Money.yuan("550")


async def test_orders_at_the_same_moment_are_one_order(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        await prepare(tx, act)

    async def go() -> Order:
        async with database.transaction() as tx:
            return await buy(tx, act)

    orders = await asyncio.gather(*(go() for _ in range(6)))
    assert len({order.id for order in orders}) == 1
    async with database.transaction() as tx:
        assert await posted(tx) == Money.yuan("550")
        assert sum(unit.remaining for unit in await books.units(tx, ACCOUNT, act.now)) == 10_000


async def test_two_orders_cannot_spend_the_same_money(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        await prepare(tx, act, "1000")

    async def go(key: str) -> Order:
        async with database.transaction() as tx:
            return await buy(tx, act, key=key)

    results = await asyncio.gather(*(go(f"k{n}") for n in range(4)), return_exceptions=True)
    assert sum(isinstance(result, Order) for result in results) == 2
    assert sum(isinstance(result, OrderUnaffordable) for result in results) == 2
    async with database.transaction() as tx:
        assert await posted(tx) == Money.yuan("100")


async def test_states_follow_use_and_time_and_the_rest_is_voided_once(tx: Tx, act: Act) -> None:
    heard: list[Event] = []

    async def hear(_tx: Tx, _act: Act, event: Event) -> None:
        heard.append(event)

    tx.bus.on_everything(hear)
    await prepare(tx, act)
    used = await buy(tx, act, 100)
    left = await buy(tx, at(act, act.now + timedelta(seconds=1)), 200, key="k2")
    await use(tx, act, 150)
    views = await queries.orders_of(tx, ACCOUNT, now=act.now)
    assert [(view.order.id, view.remaining, view.state) for view in views] == [
        (left.id, 150, OrderState.VALID),
        (used.id, 0, OrderState.USED_UP),
    ]
    end = at(act, left.expires_at)
    assert await jobs.void_expired(tx, at(act, left.expires_at - timedelta(seconds=1))) == 0
    before = await queries.orders_of(tx, ACCOUNT, now=end.now)
    assert await jobs.void_expired(tx, end) == 2
    assert await jobs.void_expired(tx, end) == 0
    after = await queries.orders_of(tx, ACCOUNT, now=end.now)
    assert [view.state for view in before] == [view.state for view in after]
    assert [view.state for view in after] == [OrderState.EXPIRED, OrderState.USED_UP]
    voided = [event for event in heard if isinstance(event, PackageVoided)]
    assert [event.units for event in voided] == [150]
    issued = (await operator(tx))["units:issued:SMS.N", "SMS.N"]
    assert issued == -300 + 150
    wallet = await tx.sql("SELECT posted FROM wallet WHERE currency = 'SMS.N'")
    assert wallet.scalar_one() == 0


async def test_orders_are_paged_by_their_ids(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    for n in range(5):
        await buy(tx, at(act, act.now + timedelta(seconds=n)), 100, key=f"k{n}")
    first = await queries.orders_of(tx, ACCOUNT, now=act.now, limit=3)
    rest = await queries.orders_of(tx, ACCOUNT, now=act.now, before=first[-1].order.id, limit=3)
    numbers = [view.order.number for view in first + rest]
    assert len(numbers) == 5
    assert numbers == sorted(numbers, reverse=True)


async def test_an_order_that_does_not_follow_from_its_price_is_found(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    order = await buy(tx, act)
    await tx.sql(
        "UPDATE package_order SET unit_price = 0.05, amount = 500000000 WHERE id = :id",
        id=order.id,
    )
    deferred, priced = await invariants.violations(tx, act.now)
    assert deferred.startswith("orders say")
    assert priced.startswith("I13")
    lately = Lately(act.now - timedelta(minutes=1), 0, act.now)
    assert await new_faults(tx, invariants.QUESTIONS, lately) == [priced]
    await tx.sql(
        "UPDATE package_order SET unit_price = 0.045, quantity = 100, amount = 4500000, "
        "package_group = 'marketing' WHERE id = :id",
        id=order.id,
    )
    found = await invariants.violations(tx, act.now)
    assert sum(line.startswith("I13") for line in found) == 2


async def test_the_table_refuses_an_amount_that_is_not_price_times_quantity(
    tx: Tx, act: Act
) -> None:
    await prepare(tx, act)
    await buy(tx, act)
    with pytest.raises(IntegrityError, match="i13_priced_once"):
        await tx.sql("UPDATE package_order SET amount = amount - 1")
