"""What packages earn: by use, whole at the end, and never more than was paid."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from tests.domains.orders.test_service import at, buy, operator, prepare, use
from umcloud.domains.ledger import explorer
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.invariants import violations as ledger_violations
from umcloud.domains.ledger.model import CNY, NewJournal, OperatorLine
from umcloud.domains.orders import invariants, jobs, rules, service
from umcloud.domains.orders.model import DEFERRED, EARNED
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import uuid7
from umcloud.kernel.money import Money

BEFORE = timedelta(seconds=1)


async def earned(tx: Tx) -> tuple[str, str]:
    """Return what is deferred and what is earned, in yuan."""
    accounts = await operator(tx)
    deferred, revenue = (Money(accounts.get((one, CNY), 0)) for one in (DEFERRED, EARNED))
    return deferred.plain(), revenue.plain()


@pytest.mark.clause("C9.2")
async def test_used_units_earn_their_share_once(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    await buy(tx, act)
    assert await jobs.recognise(tx, act) == 0
    await use(tx, act, 3_333)
    assert await earned(tx) == ("450.00", "0.00")
    assert await jobs.recognise(tx, act) == 1
    assert await earned(tx) == ("300.015", "149.985")
    assert await jobs.recognise(tx, act) == 0
    # What the day's page says was sold is not less for having been used the same day.
    flows = {flow.ledger_account: flow for flow in await explorer.flows(tx, act.now - BEFORE)}
    assert flows[DEFERRED].gained == Money.yuan("450").micros
    assert await invariants.violations(tx, act.now) == []
    assert await ledger_violations(tx, act.now) == []


async def test_a_unit_given_back_is_not_earned_any_more(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    order = await buy(tx, act, 100)
    await use(tx, act, 60)
    await jobs.recognise(tx, act)
    await tx.sql("UPDATE bucket SET remaining = remaining + 20 WHERE id = :id", id=order.bucket_id)
    assert await jobs.recognise(tx, act) == 1
    assert await earned(tx) == ("3.00", "2.00")
    assert await invariants.violations(tx, act.now) == []


async def test_the_end_of_the_validity_earns_the_rest(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    order = await buy(tx, act, 100)
    await use(tx, act, 1)
    over = at(act, order.expires_at + timedelta(hours=1))
    # The units are gone for the customer, and for the books once they are void.
    await jobs.recognise(tx, over)
    assert await earned(tx) == ("4.95", "0.05")
    await service.void_expired(tx, over)
    assert await jobs.recognise(tx, over) == 1
    assert await earned(tx) == ("0.00", "5.00")
    assert await jobs.recognise(tx, over) == 0
    assert await invariants.violations(tx, over.now) == []


async def test_workers_at_once_book_it_once(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        await prepare(tx, act)
        for number in range(4):
            await buy(tx, act, 100, key=f"k{number}")
        await use(tx, act, 250)

    async def go() -> int:
        async with database.transaction() as tx:
            return await service.recognise(tx, act, limit=2)

    seen = 0
    async with asyncio.timeout(10):
        while seen < 3:
            seen += sum(await asyncio.gather(*(go() for _ in range(3))))
    async with database.transaction() as tx:
        assert seen == 3
        assert await earned(tx) == ("7.50", "12.50")
        assert await invariants.violations(tx, act.now) == []


async def test_a_package_s_money_that_went_elsewhere_is_found(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    order = await buy(tx, act, 100)
    lines = [OperatorLine(DEFERRED, CNY, -1), OperatorLine(EARNED, CNY, 1)]
    await ledger.post(tx, act, NewJournal("package-earned", "by hand", lines, "a fault"))
    assert len(await invariants.violations(tx, act.now)) == 2
    with pytest.raises(IntegrityError, match="earned_by_units"):
        await tx.sql("UPDATE package_order SET earned = 1 WHERE id = :id", id=order.id)


@given(
    amount=st.integers(0, 10**13),
    hundreds=st.integers(1, 30_000),
    share=st.integers(0, 10**6),
)
def test_all_units_earn_the_price_and_none_earns_nothing(
    amount: int, hundreds: int, share: int
) -> None:
    quantity = hundreds * 100
    units = share % (quantity + 1)
    price = Money(amount)
    part = rules.earned(price, units=units, quantity=quantity)
    assert rules.earned(price, units=0, quantity=quantity) == Money(0)
    assert rules.earned(price, units=quantity, quantity=quantity) == price
    assert abs(part.micros * quantity - amount * units) * 2 <= quantity
    more = rules.earned(price, units=min(quantity, units + 1), quantity=quantity)
    assert Money(0) <= part <= more <= price


async def test_units_given_back_to_a_void_package_are_void_by_the_next_run(
    tx: Tx, act: Act
) -> None:
    await prepare(tx, act)
    order = await buy(tx, act, 100)
    await use(tx, act, 60)
    over = at(act, order.expires_at)
    assert await jobs.void_expired(tx, over) == 1
    await jobs.recognise(tx, over)
    for back in (7, 5):
        await _give_back(tx, over, order.bucket_id, back)
        assert await jobs.void_expired(tx, over) == 1
        assert await jobs.void_expired(tx, over) == 0
    kept = (await tx.sql("SELECT voided_units, void_journal_id FROM package_order")).one()
    assert kept.voided_units == 52
    assert kept.void_journal_id is not None
    accounts = await operator(tx)
    assert accounts["units:issued:SMS.N", "SMS.N"] == -100 + 52
    assert await earned(tx) == ("0.00", "5.00")
    late = over.now + timedelta(days=2)
    assert await ledger_violations(tx, late) == []
    assert await invariants.violations(tx, late) == []


async def test_a_package_used_up_that_gets_units_back_is_voided_too(tx: Tx, act: Act) -> None:
    await prepare(tx, act)
    order = await buy(tx, act, 100)
    await use(tx, act, 100)
    over = at(act, order.expires_at)
    assert await jobs.void_expired(tx, over) == 1
    await _give_back(tx, over, order.bucket_id, 3)
    assert await jobs.void_expired(tx, over) == 1
    kept = (await tx.sql("SELECT voided_units, void_journal_id FROM package_order")).one()
    assert kept.voided_units == 3
    assert kept.void_journal_id is not None
    assert await ledger_violations(tx, over.now + timedelta(days=2)) == []


async def _give_back(tx: Tx, act: Act, bucket_id: UUID, units: int) -> None:
    """Refund units to the bucket that paid them, as the end of a message does."""
    journal = uuid7(act.now)
    await tx.sql("UPDATE bucket SET remaining = remaining + :n WHERE id = :id",
                 n=units, id=bucket_id)  # fmt: skip
    await tx.sql(
        "INSERT INTO journal (lane, id, kind, booked_at, effective_on, reason) "
        "SELECT lane, :journal, 'refund', :at, :day, 'for the test' FROM wallet "
        "WHERE currency = 'SMS.N'",
        journal=journal,
        at=act.now,
        day=act.now.date(),
    )
    await tx.sql(
        "WITH moved AS (UPDATE wallet SET posted = posted + :n, seq = seq + 1 "
        "WHERE currency = 'SMS.N' RETURNING *), own AS (INSERT INTO operator_entry "
        "SELECT lane, :journal, 0, 'units:used:SMS.N', 'SMS.N', -:n FROM moved) "
        "INSERT INTO entry SELECT lane, id, seq, lane, :journal, :n, posted FROM moved",
        n=units,
        journal=journal,
    )
