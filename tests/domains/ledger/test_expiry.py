"""What is left of expired vouchers and gifts is void soon, once, never at the cost of a hold."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domains.ledger.books import ALICE, BOB, credit, debit
from umcloud.domains.ledger import expiry, holds, queries
from umcloud.domains.ledger.events import BucketVoided
from umcloud.domains.ledger.invariants import VOIDED_WITHIN, violations
from umcloud.domains.ledger.model import BucketKind
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def at(act: Act, moment: datetime) -> Act:
    return replace(act, now=moment)


async def give(
    tx: Tx,
    act: Act,
    amount: int,
    kind: BucketKind = BucketKind.VOUCHER,
    *,
    to: AccountId = ALICE,
    key: str = "v",
) -> None:
    await credit(tx, act, to, amount, kind=kind, key=key, expires_at=act.now + DAY)


async def left(tx: Tx, account: AccountId = ALICE) -> int:
    return (await queries.balance(tx, account)).posted


async def breakage(tx: Tx) -> dict[str, int]:
    found = await queries.trial_balance(tx)
    return {
        one.ledger_account: one.amount
        for one in found
        if one.ledger_account.startswith("breakage:")
    }


async def test_the_rest_of_a_voucher_and_a_gift_is_void_at_the_end(tx: Tx, act: Act) -> None:
    heard: list[Event] = []

    async def hear(_tx: Tx, _act: Act, event: Event) -> None:
        heard.append(event)

    tx.bus.on_everything(hear)
    await credit(tx, act, ALICE, 500, key="cash")
    await give(tx, act, 100)
    await give(tx, act, 50, BucketKind.GIFT, key="g")
    await debit(tx, act, ALICE, 30, key="used")
    assert await expiry.void_expired(tx, at(act, act.now + DAY - SECOND)) == 0
    over = at(act, act.now + DAY)
    assert await expiry.void_expired(tx, over) == 2
    assert await expiry.void_expired(tx, over) == 0
    assert await left(tx) == 500
    assert await breakage(tx) == {"breakage:gift": 50, "breakage:voucher": 70}
    lines = await queries.statement(tx, ALICE, limit=2)
    assert {(line.kind, line.amount, line.reason) for line in lines} == {
        ("voucher-void", -70, "voucher expired with this much unused"),
        ("gift-void", -50, "gift expired with this much unused"),
    }
    told = [(one.kind, one.amount) for one in heard if isinstance(one, BucketVoided)]
    assert sorted(told) == [("gift", 50), ("voucher", 70)]
    assert await violations(tx, over.now) == []


async def test_what_lasts_or_was_used_up_is_left_alone(tx: Tx, act: Act) -> None:
    await credit(tx, act, ALICE, 40, kind=BucketKind.GIFT, key="open-ended")
    await give(tx, act, 100)
    await debit(tx, act, ALICE, 100, key="all of it")
    assert await expiry.void_expired(tx, at(act, act.now + DAY)) == 0
    assert await left(tx) == 40


async def test_a_hold_is_not_taken_from(tx: Tx, act: Act) -> None:
    await give(tx, act, 100)
    await holds.hold(tx, act, account_id=ALICE, amount=60, expires_at=act.now + 3 * DAY)
    late = at(act, act.now + DAY + VOIDED_WITHIN + SECOND)
    assert await expiry.void_expired(tx, late) == 1
    assert await expiry.void_expired(tx, late) == 0
    assert await left(tx) == 60
    assert await violations(tx, late.now) == []
    end = at(act, act.now + 3 * DAY)
    await holds.expire_holds(tx, end)
    assert await violations(tx, end.now) == []
    assert await expiry.void_expired(tx, end) == 1
    assert await left(tx) == 0
    assert await breakage(tx) == {"breakage:voucher": 100}


@pytest.mark.parametrize("refilled", [10, 100])
async def test_what_a_refund_gives_back_is_void_by_the_next_run(
    tx: Tx, act: Act, refilled: int
) -> None:
    await give(tx, act, 100)
    await debit(tx, act, ALICE, refilled, key="used")
    over = at(act, act.now + DAY)
    await expiry.void_expired(tx, over)
    await tx.sql("UPDATE bucket SET remaining = remaining + :back", back=refilled)
    await tx.sql("UPDATE wallet SET posted = posted + :back", back=refilled)
    assert await expiry.void_expired(tx, over) == 1
    assert await left(tx) == 0
    assert await breakage(tx) == {"breakage:voucher": 100}


async def test_a_bucket_that_nobody_voids_is_found_after_a_day(tx: Tx, act: Act) -> None:
    await give(tx, act, 100)
    late = act.now + DAY + VOIDED_WITHIN
    assert await violations(tx, late) == []
    (found,) = await violations(tx, late + SECOND)
    assert found.startswith("I9: bucket ")
    assert found.endswith("expired over a day ago and still holds 100")


async def test_a_run_is_bounded(tx: Tx, act: Act) -> None:
    for number in range(5):
        await give(tx, act, 10, to=(ALICE, BOB)[number % 2], key=f"v{number}")
    over = at(act, act.now + DAY)
    assert [await expiry.void_expired(tx, over, limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_workers_at_once_void_once_while_money_is_spent(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        for account, name in ((ALICE, "a"), (BOB, "b")):
            await credit(tx, act, account, 1_000, key=f"cash {name}")
            for number in range(3):
                await give(tx, act, 10, to=account, key=f"v{name}{number}")
    over = at(act, act.now + DAY)

    async def void() -> int:
        async with database.transaction() as tx:
            return await expiry.void_expired(tx, over)

    async def spend(number: int) -> None:
        async with database.transaction() as tx:
            await debit(tx, over, (ALICE, BOB)[number % 2], 1, key=f"spent {number}")

    voided = await asyncio.gather(*(void() for _ in range(3)))
    await asyncio.gather(*(spend(number) for number in range(6)), void())
    assert sum(voided) == 6
    async with database.transaction() as tx:
        assert (await left(tx), await left(tx, BOB)) == (997, 997)
        assert await breakage(tx) == {"breakage:voucher": 60}
        assert await violations(tx, over.now) == []
