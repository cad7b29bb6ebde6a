"""Holding money, and two who end the same hold at once."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.domains.ledger.books import ALICE, BOB, credit, debit
from umcloud.domains.ledger import holds, queries
from umcloud.domains.ledger.errors import (
    HoldExceeded,
    HoldSettled,
    HoldUnknown,
    InsufficientBalance,
    NoWallet,
)
from umcloud.domains.ledger.holds import HoldId
from umcloud.domains.ledger.invariants import violations
from umcloud.domains.ledger.model import BucketKind, Journal
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act


def at(act: Act, **later: float) -> Act:
    return dataclasses.replace(act, now=act.now + timedelta(**later))


async def held(tx: Tx, act: Act, amount: int = 600) -> HoldId:
    await credit(tx, act, ALICE, 1_000, key="r")
    return await holds.hold(tx, act, account_id=ALICE, amount=amount, expires_at=soon(act))


def soon(act: Act) -> datetime:
    return act.now + timedelta(minutes=10)


async def post(tx: Tx, act: Act, hold_id: HoldId, amount: int) -> Journal:
    return await holds.post_hold(
        tx,
        act,
        account_id=ALICE,
        hold_id=hold_id,
        amount=amount,
        ledger_account="revenue:sms",
        reason="call",
    )


async def sums(tx: Tx) -> tuple[int, int]:
    balance = await queries.balance(tx, ALICE)
    return balance.posted, balance.held


async def test_a_hold_is_not_spendable(tx: Tx, act: Act) -> None:
    await held(tx, act)
    assert await sums(tx) == (1_000, 600)
    with pytest.raises(InsufficientBalance) as refused:
        await debit(tx, act, ALICE, 401, key="d")
    assert refused.value.facts["available"] == "0.0004"
    await debit(tx, act, ALICE, 400, key="e")
    assert await sums(tx) == (600, 600)
    assert await violations(tx, act.now) == []


async def test_posting_takes_a_part_and_frees_the_rest(tx: Tx, act: Act) -> None:
    hold_id = await held(tx, act)
    await post(tx, act, hold_id, 250)
    assert await sums(tx) == (750, 0)
    with pytest.raises(HoldSettled):
        await post(tx, act, hold_id, 250)
    assert await violations(tx, act.now) == []


async def test_no_more_is_posted_than_is_held(tx: Tx, act: Act) -> None:
    hold_id = await held(tx, act)
    with pytest.raises(HoldExceeded) as refused:
        await post(tx, act, hold_id, 601)
    assert refused.value.facts == {"held": "0.0006", "asked": "0.000601"}


async def test_voiding_frees_all(tx: Tx, act: Act) -> None:
    hold_id = await held(tx, act)
    await holds.void_hold(tx, act, account_id=ALICE, hold_id=hold_id)
    assert await sums(tx) == (1_000, 0)
    with pytest.raises(HoldSettled):
        await holds.void_hold(tx, act, account_id=ALICE, hold_id=hold_id)


async def test_a_hold_needs_a_wallet_with_the_money_live(tx: Tx, act: Act) -> None:
    with pytest.raises(NoWallet):
        await holds.hold(tx, act, account_id=ALICE, amount=1, expires_at=soon(act))
    await credit(
        tx, act, ALICE, 500, kind=BucketKind.VOUCHER, key="v", expires_at=at(act, days=1).now
    )
    later = at(act, days=2)
    with pytest.raises(InsufficientBalance):
        await holds.hold(tx, later, account_id=ALICE, amount=1, expires_at=soon(later))


async def test_a_hold_of_another_account_is_unknown(tx: Tx, act: Act) -> None:
    hold_id = await held(tx, act)
    await credit(tx, act, BOB, 1, key="b")
    for account, identifier in ((BOB, hold_id), (ALICE, HoldId(UUID(int=9)))):
        with pytest.raises(HoldUnknown):
            await holds.void_hold(tx, act, account_id=account, hold_id=identifier)


async def test_expired_holds_are_freed_once(tx: Tx, act: Act) -> None:
    await held(tx, act, 300)
    await holds.hold(tx, act, account_id=ALICE, amount=50, expires_at=soon(act))
    await holds.hold(tx, act, account_id=ALICE, amount=7, expires_at=at(act, hours=9).now)
    assert await holds.expire_holds(tx, act) == 0
    later = at(act, minutes=10)
    assert [await holds.expire_holds(tx, later) for _ in range(2)] == [2, 0]
    assert await sums(tx) == (1_000, 7)
    assert await violations(tx, later.now) == []


@pytest.mark.parametrize("turn", range(3))
async def test_of_a_post_and_a_void_at_once_one_wins(
    database: Database, act: Act, turn: int
) -> None:
    async with database.transaction() as tx:
        hold_id = await held(tx, act)

    async def posting() -> str:
        async with database.transaction() as tx:
            await post(tx, act, hold_id, 250)
        return "posted"

    async def voiding() -> str:
        async with database.transaction() as tx:
            await holds.void_hold(tx, act, account_id=ALICE, hold_id=hold_id)
        return "voided"

    async def expiring() -> str:
        later = at(act, hours=1)
        async with database.transaction() as tx:
            return "expired" if await holds.expire_holds(tx, later) else "nothing"

    rivals = [posting(), voiding(), expiring()]
    ends = await asyncio.gather(*rivals[turn:], *rivals[:turn], return_exceptions=True)
    won = [end for end in ends if end in {"posted", "voided", "expired"}]
    assert len(won) == 1
    assert all(end in {won[0], "nothing"} or isinstance(end, HoldSettled) for end in ends)
    async with database.transaction() as tx:
        assert await sums(tx) == ((750 if won == ["posted"] else 1_000), 0)
        assert await violations(tx, act.now) == []
