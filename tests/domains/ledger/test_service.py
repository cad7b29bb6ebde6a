"""Booking: balanced, once, in full, and from the bucket that was named."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from tests.domains.ledger.books import ALICE, BOB, credit, debit
from umcloud.domains.ledger import queries, service
from umcloud.domains.ledger.errors import IdempotencyConflict, NoWallet, UnbalancedError
from umcloud.domains.ledger.events import JournalPosted
from umcloud.domains.ledger.model import (
    CNY,
    UNITS_NOTICE,
    BucketKind,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import BucketId


@pytest.mark.parametrize(
    "lines",
    [
        [WalletLine(ALICE, CNY, -5), OperatorLine("revenue:sms", CNY, 4)],
        [WalletLine(ALICE, CNY, -5), OperatorLine("revenue:sms", UNITS_NOTICE, 5)],
        [WalletLine(ALICE, CNY, -5)],
        [OperatorLine("revenue:sms", CNY, 0)],
    ],
)
async def test_what_does_not_balance_is_never_booked(
    tx: Tx, act: Act, lines: list[WalletLine | OperatorLine]
) -> None:
    with pytest.raises(UnbalancedError):
        await service.post(tx, act, NewJournal("service", "k", lines, "test"))


async def test_the_same_command_returns_the_stored_journal(tx: Tx, act: Act) -> None:
    first = await credit(tx, act, ALICE, 100, key="k")
    again = await credit(tx, act, ALICE, 100, key="k")
    assert (again.id, again.replayed, first.replayed) == (first.id, True, False)


async def test_another_command_under_the_same_key_is_refused(tx: Tx, act: Act) -> None:
    await credit(tx, act, ALICE, 100, key="k")
    with pytest.raises(IdempotencyConflict):
        await credit(tx, act, ALICE, 101, key="k")


async def test_twins_at_once_book_one_journal(database: Database, act: Act) -> None:
    async def recharge() -> UUID:
        async with database.transaction() as tx:
            return (await credit(tx, act, ALICE, 100, key="k")).id

    ids = await asyncio.gather(*(recharge() for _ in range(4)))
    assert len(set(ids)) == 1
    async with database.transaction() as tx:
        assert (await queries.balance(tx, ALICE)).posted == 100


async def test_an_account_without_a_wallet_is_refused(tx: Tx, act: Act) -> None:
    with pytest.raises(NoWallet):
        await debit(tx, act, ALICE, 1, key="k")


async def test_a_debit_may_name_its_bucket_even_an_expired_one(tx: Tx, act: Act) -> None:
    bucket_id = BucketId(UUID(int=77))
    await service.open_wallet(tx, act, account_id=ALICE, currency=UNITS_NOTICE)
    over = act.now - timedelta(days=1)
    grant = NewBucket(BucketKind.PACKAGE, 9, over, id=bucket_id)
    give: list[WalletLine | OperatorLine] = [
        WalletLine(ALICE, UNITS_NOTICE, 9, grant),
        OperatorLine("units:issued", UNITS_NOTICE, -9),
    ]
    await service.post(tx, act, NewJournal("package", "a", give, "test"))
    void: list[WalletLine | OperatorLine] = [
        WalletLine(ALICE, UNITS_NOTICE, -9, bucket=bucket_id),
        OperatorLine("units:issued", UNITS_NOTICE, 9),
    ]
    await service.post(tx, act, NewJournal("void", "b", void, "test"))
    left = await queries.bucket(tx, ALICE, bucket_id)
    assert left is not None
    assert left.remaining == 0


async def test_a_journal_speaks_of_one_account_and_a_wallet_once(tx: Tx, act: Act) -> None:
    both = [WalletLine(ALICE, CNY, 1), WalletLine(BOB, CNY, -1)]
    twice = [WalletLine(ALICE, CNY, 1), WalletLine(ALICE, CNY, -1)]
    for lines in (both, twice):
        with pytest.raises(ValueError, match="one account"):
            await service.post(tx, act, NewJournal("service", "k", lines, "test"))


@pytest.mark.parametrize("table", ["journal", "entry", "operator_entry"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "UPDATE {} SET lane = lane"])
async def test_what_is_booked_is_never_changed(tx: Tx, act: Act, table: str, verb: str) -> None:
    await credit(tx, act, ALICE, 100, key="k")
    with pytest.raises(IntegrityError, match="never changed"):
        await tx.sql(verb.format(table))


async def test_booking_is_announced_once(tx: Tx, act: Act) -> None:
    heard: list[Event] = []

    async def hear(tx: Tx, act: Act, event: Event) -> None:
        del tx, act
        heard.append(event)

    tx.bus.on(JournalPosted, hear)
    journal = await credit(tx, act, ALICE, 100, key="k")
    await credit(tx, act, ALICE, 100, key="k")
    assert heard == [JournalPosted(account_id=ALICE, journal_id=journal.id, kind="recharge")]
