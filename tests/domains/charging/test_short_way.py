"""The short way of charging pays exactly what the exact way would, and never waits in a circle."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from umcloud.domains.charging import hot, rules
from umcloud.domains.charging.model import Claim, Rate, Wallets
from umcloud.domains.charging.service import charge_batch
from umcloud.domains.ledger import invariants, queries, service, store
from umcloud.domains.ledger.model import (
    CNY,
    UNITS_NOTICE,
    BucketKind,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.infra.db import Database, Tx
from umcloud.infra.hot import BEGIN, ROLLBACK, SETTINGS, HotConnection
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, lane_of, uuid7

ALICE = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_000A))
BOB = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_000B))
PRICE = 50_000
RATE = Rate(UNITS_NOTICE, 1, PRICE, 1, "sms.6", refund_on_failure=False)
FREE = Rate(UNITS_NOTICE, 1, 0, 1, "sms.6", refund_on_failure=False)
LONG = timedelta(days=365)


@dataclass(frozen=True)
class Purse:
    """What a wallet holds before it is charged, in prices of one event."""

    cash: int = 0
    voucher: int = 0
    gone: int = 0
    """In a voucher that has expired and was not voided yet."""
    limit: int = 0
    drawn: int = 0
    """Of the credit limit."""
    held: int = 0
    units: int = 0


PURSES = {
    "nothing": Purse(),
    "just cash": Purse(cash=9),
    "cash, to the last": Purse(cash=4),
    "too little cash": Purse(cash=3),
    "cash that is held": Purse(cash=6, held=3),
    "cash, some of it held": Purse(cash=9, held=5),
    "a voucher first": Purse(cash=9, voucher=2),
    "an expired voucher": Purse(cash=9, gone=2),
    "cash and credit": Purse(cash=3, limit=5),
    "cash beside credit that is not drawn": Purse(cash=9, limit=5),
    "cash beside drawn credit": Purse(cash=9, limit=5, drawn=2),
    # Voucher and drawn credit hide each other in the sum: cash is what was posted.
    "a voucher of as much as is drawn": Purse(cash=9, limit=5, drawn=2, voucher=2),
    "units first": Purse(cash=9, units=2),
    "a package used up": Purse(cash=9, units=0),
}


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[HotConnection]:
    opened = await HotConnection.open(database, hot.STATEMENTS)
    yield opened
    await opened.close()


async def fill(tx: Tx, act: Act, account_id: AccountId, purse: Purse) -> None:
    async def post(currency: str, amount: int, bucket: NewBucket | None) -> None:
        await service.open_wallet(tx, act, account_id=account_id, currency=currency)
        lines: list[WalletLine | OperatorLine] = [
            WalletLine(account_id, currency, amount, bucket),
            OperatorLine("clearing:sandbox", currency, -amount),
        ]
        await service.post(tx, act, NewJournal("test", str(uuid7(act.now)), lines, "test"))

    async def give(kind: BucketKind, prices: int, until: timedelta | None = None) -> None:
        if prices:
            expires = act.now + until if until else None
            await post(CNY, prices * PRICE, NewBucket(kind, prices * PRICE, expires))

    await service.open_wallet(tx, act, account_id=account_id)
    if purse.limit:
        await service.set_credit_limit(tx, act, account_id=account_id, micros=purse.limit * PRICE)
    if purse.drawn:
        await post(CNY, -purse.drawn * PRICE, None)
        # A refund gives cash back beside drawn credit; a payment would repay it first.
        await tx.sql(
            "UPDATE wallet SET cash = :cash, posted = posted + :cash WHERE account_id = :account",
            cash=purse.cash * PRICE,
            account=account_id,
        )
    else:
        await give(BucketKind.CASH, purse.cash)
    await give(BucketKind.VOUCHER, purse.voucher, LONG)
    await give(BucketKind.GIFT, purse.gone, timedelta(microseconds=-1))
    if purse.units:
        units = NewBucket(BucketKind.PACKAGE, purse.units, act.now + LONG)
        await post(UNITS_NOTICE, purse.units, units)
    else:
        await service.open_wallet(tx, act, account_id=account_id, currency=UNITS_NOTICE)
    await tx.sql(
        "UPDATE wallet SET held = :held WHERE account_id = :account AND currency = 'CNY'",
        held=purse.held * PRICE,
        account=account_id,
    )


async def wallets_of(tx: Tx, act: Act, account_id: AccountId) -> Wallets:
    found = await store.wallets_for_update(
        tx,
        lane=lane_of(account_id),
        account_id=account_id,
        currencies=[CNY, UNITS_NOTICE],
        now=act.now,
    )
    return {(account_id.int, currency): wallet for currency, wallet in found.items()}


def claim(account_id: AccountId, first: int, rates: list[Rate], *, atomic: bool = False) -> Claim:
    ids = list(range(first, first + len(rates)))
    return Claim(account_id.int, lane_of(account_id), ids, rates, atomic)


@pytest.mark.parametrize("atomic", [True, False], ids=["atomic", "one by one"])
@pytest.mark.parametrize("name", PURSES)
async def test_it_pays_as_the_exact_way_does(
    database: Database, connection: HotConnection, act: Act, name: str, *, atomic: bool
) -> None:
    async with database.transaction() as tx:
        await fill(tx, act, ALICE, PURSES[name])
        expected = await wallets_of(tx, act, ALICE)
    claims = [claim(ALICE, 1, [RATE, RATE, FREE], atomic=atomic), claim(ALICE, 11, [RATE, RATE])]
    exact = rules.decide(claims, expected)
    decided = await charge_batch(connection, claims, now=act.now, new_id=lambda: uuid7(act.now))
    assert decided.refused == exact.refused
    assert decided.charged.ids == exact.charged.ids
    assert decided.charged.draws == exact.charged.draws
    assert decided.charged.amounts == exact.charged.amounts
    async with database.transaction() as tx:
        for key, wallet in (await wallets_of(tx, act, ALICE)).items():
            left = {b.id: b.remaining for b in wallet.buckets if b.remaining}
            assert left == {b.id: b.remaining for b in expected[key].buckets if b.remaining}
            assert wallet.posted == expected[key].posted


async def test_of_many_some_go_the_short_way_and_the_books_hold(
    database: Database, connection: HotConnection, act: Act
) -> None:
    async with database.transaction() as tx:
        await fill(tx, act, ALICE, Purse(cash=9))
        await fill(tx, act, BOB, Purse(cash=1, voucher=1))
    claims = [claim(BOB, 1, [RATE] * 3), claim(ALICE, 11, [RATE] * 3)]
    decided = await charge_batch(connection, claims, now=act.now, new_id=lambda: uuid7(act.now))
    assert decided.refused == [[2], []]
    async with database.transaction() as tx:
        assert (await queries.balance(tx, ALICE)).posted == 6 * PRICE
        assert (await queries.balance(tx, BOB)).posted == 0
        assert await invariants.violations(tx, act.now) == []


async def test_who_has_moved_wallets_waits_for_no_other(
    database: Database, connection: HotConnection, act: Act
) -> None:
    """Alice pays at once; Bob's wallet, which needs a look, is in another's hands meanwhile."""
    async with database.transaction() as tx:
        await fill(tx, act, ALICE, Purse(cash=9))
        await fill(tx, act, BOB, Purse(cash=9, voucher=9))
    claims = [claim(BOB, 1, [RATE]), claim(ALICE, 11, [RATE])]
    other = await HotConnection.open(database, hot.STATEMENTS)
    lock_bob = hot.LOCK_WALLETS.call([lane_of(BOB)], [BOB.int])
    await other.run([BEGIN, lock_bob])
    charging = asyncio.create_task(
        charge_batch(connection, claims, now=act.now, new_id=lambda: uuid7(act.now))
    )
    await waits_for_a_lock(database)
    # The other now wants the wallet that the batch moved first: the batch must have let go of it.
    first, second = sorted([(lane_of(ALICE), ALICE.int), (lane_of(BOB), BOB.int)])
    if first[1] == BOB.int:
        await other.run([hot.LOCK_WALLETS.call([second[0]], [second[1]])])
    await other.run([ROLLBACK])
    assert (await charging).refused == [[], []]
    await other.close()
    async with database.transaction() as tx:
        assert (await queries.balance(tx, ALICE)).posted == 8 * PRICE
        assert (await queries.balance(tx, BOB)).posted == 17 * PRICE


async def waits_for_a_lock(database: Database) -> None:
    async with asyncio.timeout(20):
        while True:
            async with database.transaction() as tx:
                waiting = await tx.sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if waiting.scalar_one():
                    return
            await asyncio.sleep(0.02)


async def test_a_look_at_once_raises_rather_than_waits(
    database: Database, connection: HotConnection, act: Act
) -> None:
    async with database.transaction() as tx:
        await fill(tx, act, BOB, Purse(cash=1))
    other = await HotConnection.open(database, hot.STATEMENTS)
    await other.run([BEGIN, hot.LOCK_WALLETS.call([lane_of(BOB)], [BOB.int])])
    pairs = [(lane_of(BOB), BOB.int)]
    with pytest.raises(psycopg.errors.LockNotAvailable):
        await connection.run([BEGIN, *hot.lock_calls(pairs, act.now, at_once=True)])
    await connection.rollback()
    await other.close()


async def test_it_looks_at_the_wallets_that_pay_and_at_no_other(database: Database) -> None:
    """A plan is made while the tables are empty and kept when they hold thousands."""
    connection = await database.raw_connection()
    await connection.execute(SETTINGS)
    await connection.execute(
        f"PREPARE short ({hot.MOVE_CASH.types}) AS {hot.MOVE_CASH.sql}".encode()
    )
    arrays = "'{1}', '{00000000-0000-0000-0000-000000000001}', '{CNY}', '{5}', 1"
    cursor = await connection.execute(
        f"EXPLAIN EXECUTE short({arrays}, '00000000-0000-0000-0000-000000000001')".encode()
    )
    plan = [row[0].strip() for row in await cursor.fetchall()]
    await connection.close()
    searches = [
        condition
        for scan, condition in itertools.pairwise(plan)
        if " on wallet " in scan and "Scan" in scan
    ]
    assert len(searches) == 2, plan
    assert all("lane = d.lane) AND (account_id = d.account_id)" in one for one in searches), plan
