"""Charging many events at once, against real PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from umcloud.domains.charging import hot
from umcloud.domains.charging.errors import ChargeConflict
from umcloud.domains.charging.model import Claim, Rate
from umcloud.domains.charging.service import charge_batch
from umcloud.domains.ledger import queries as ledger
from umcloud.domains.ledger import service as books
from umcloud.domains.ledger.model import (
    CNY,
    UNITS_NOTICE,
    BucketKind,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.infra.db import Database
from umcloud.infra.hot import HotConnection
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, lane_of, uuid7

RATE = Rate(UNITS_NOTICE, 1, 50_000, 1, "sms.6", refund_on_failure=False)
ACCOUNT = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0001))


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[HotConnection]:
    opened = await HotConnection.open(database, hot.STATEMENTS)
    yield opened
    await opened.close()


async def grant(
    database: Database, act: Act, currency: str, bucket: NewBucket, *, key: str = "k"
) -> None:
    async with database.transaction() as tx:
        await books.open_wallet(tx, act, account_id=ACCOUNT, currency=currency)
        lines: list[WalletLine | OperatorLine] = [
            WalletLine(ACCOUNT, currency, bucket.amount, bucket),
            OperatorLine("clearing:sandbox", currency, -bucket.amount),
        ]
        await books.post(tx, act, NewJournal("recharge", key, lines, "test"))


def claim(first: int, count: int, *, atomic: bool = False, rate: Rate = RATE) -> Claim:
    ids = list(range(first, first + count))
    return Claim(ACCOUNT.int, lane_of(ACCOUNT), ids, [rate] * count, atomic)


def ids_at(moment: datetime) -> Callable[[], UUID]:
    return lambda: uuid7(moment)


async def test_money_pays_and_the_books_balance(
    database: Database, connection: HotConnection, act: Act
) -> None:
    await grant(database, act, CNY, NewBucket(BucketKind.CASH, 1_000_000))
    decision = await charge_batch(connection, [claim(1, 10)], now=act.now, new_id=ids_at(act.now))
    assert decision.refused == [[]]
    async with database.transaction() as tx:
        assert (await ledger.balance(tx, ACCOUNT)).posted == 500_000
        sums = {(b.ledger_account, b.currency): b.amount for b in await ledger.trial_balance(tx)}
    assert sums == {
        ("customers", CNY): 500_000,
        ("clearing:sandbox", CNY): -1_000_000,
        ("revenue:sms", CNY): 500_000,
    }


async def test_the_exact_prefix_is_paid_when_money_ends(
    database: Database, connection: HotConnection, act: Act
) -> None:
    await grant(database, act, CNY, NewBucket(BucketKind.CASH, 170_000))
    decision = await charge_batch(connection, [claim(1, 5)], now=act.now, new_id=ids_at(act.now))
    assert decision.refused == [[3, 4]]
    async with database.transaction() as tx:
        assert (await ledger.balance(tx, ACCOUNT)).posted == 20_000


async def test_an_atomic_claim_is_paid_whole_or_not_at_all(
    database: Database, connection: HotConnection, act: Act
) -> None:
    await grant(database, act, CNY, NewBucket(BucketKind.CASH, 170_000))
    decision = await charge_batch(
        connection,
        [claim(1, 5, atomic=True), claim(100, 3, atomic=True)],
        now=act.now,
        new_id=ids_at(act.now),
    )
    assert decision.refused == [[0, 1, 2, 3, 4], []]


async def test_packages_pay_before_money_and_money_is_drawn_in_order(
    database: Database, connection: HotConnection, act: Act
) -> None:
    until = act.now + timedelta(days=365)
    await grant(database, act, UNITS_NOTICE, NewBucket(BucketKind.PACKAGE, 3, until), key="a")
    await grant(database, act, CNY, NewBucket(BucketKind.CASH, 100_000), key="b")
    await grant(database, act, CNY, NewBucket(BucketKind.VOUCHER, 70_000, until), key="c")
    double = Rate(UNITS_NOTICE, 2, 100_000, 1, "sms.6", refund_on_failure=False)
    decision = await charge_batch(
        connection, [claim(1, 2, rate=double)], now=act.now, new_id=ids_at(act.now)
    )
    assert decision.refused == [[]]
    assert decision.charged.draws[0] is None
    split = decision.charged.draws[1]
    assert split is not None
    assert ", 70000]" in split
    assert ", 30000]" in split
    async with database.transaction() as tx:
        assert [unit.remaining for unit in await ledger.units(tx, ACCOUNT, act.now)] == [1]
        assert (await ledger.balance(tx, ACCOUNT)).by_kind == {
            BucketKind.CASH: 70_000,
            BucketKind.VOUCHER: 0,
        }


async def test_a_repeat_charges_nothing_and_another_quantity_is_refused(
    database: Database, connection: HotConnection, act: Act
) -> None:
    await grant(database, act, CNY, NewBucket(BucketKind.CASH, 1_000_000))
    for _ in range(2):
        await charge_batch(connection, [claim(1, 4)], now=act.now, new_id=ids_at(act.now))
    double = Rate(UNITS_NOTICE, 2, 100_000, 1, "sms.6", refund_on_failure=False)
    with pytest.raises(ChargeConflict):
        await charge_batch(
            connection, [claim(4, 2, rate=double)], now=act.now, new_id=ids_at(act.now)
        )
    async with database.transaction() as tx:
        assert (await ledger.balance(tx, ACCOUNT)).posted == 800_000


async def test_racing_batches_never_spend_the_same_money_twice(
    database: Database, act: Act
) -> None:
    await grant(database, act, CNY, NewBucket(BucketKind.CASH, 50 * 50_000))
    writers = [await HotConnection.open(database, hot.STATEMENTS) for _ in range(4)]
    firsts = itertools.count(1_000, 1_000)
    decisions = await asyncio.gather(
        *(
            charge_batch(w, [claim(next(firsts), 20)], now=act.now, new_id=ids_at(act.now))
            for w in writers
        )
    )
    for writer in writers:
        await writer.close()
    assert sum(20 - len(d.refused[0]) for d in decisions) == 50
    async with database.transaction() as tx:
        assert (await ledger.balance(tx, ACCOUNT)).posted == 0
