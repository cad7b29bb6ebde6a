"""Each promise of charges alarms when it is broken, and only that one."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.domains.ledger.books import ALICE, BOB, credit
from umcloud.domains.audit.questions import Lately, Piece, new_faults
from umcloud.domains.catalogue.model import ChargeOn, MessageClass, NewPrice
from umcloud.domains.catalogue.service import publish
from umcloud.domains.charging import hot
from umcloud.domains.charging.invariants import QUESTIONS, violations
from umcloud.domains.charging.model import Claim, Rate
from umcloud.domains.charging.service import charge_batch
from umcloud.domains.ledger import invariants as books
from umcloud.domains.ledger.model import UNITS_NOTICE, BucketKind
from umcloud.infra.db import Database, Tx
from umcloud.infra.hot import BEGIN, COMMIT, HotConnection
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, floor_of, lane_of, moment_of, uuid7
from umcloud.kernel.moments import unix_ms


@dataclass(frozen=True)
class Fault:
    """A way to break the charges, and what the audit must say: the beginnings of its lines."""

    deeds: list[str]
    alarms: list[str]


#: Alice's charges are 1 to 3 (the second split over two buckets, the third given back), Bob's 11.
_ID = "'00000000-0000-0000-0000-{:012x}'"
_IDS = {
    word: _ID.format(number)
    for word, number in {"one": 1, "two": 2, "three": 3, "bob": 11, "none": 99}.items()
}
FAULTS = {
    "charges that sum to another amount": Fault(
        [
            "UPDATE charge SET amount = amount + 5 WHERE id = {one}",
            "UPDATE charge SET quantity = 1 WHERE id = {one}",
        ],
        ["I6: journal", "I13: charge"],
    ),
    "a charge lost": Fault(["DELETE FROM charge WHERE id = {bob}"], ["I6: journal"]),
    "a split of another sum": Fault(
        ["UPDATE charge SET draws = jsonb_set(draws, '{{0,1}}', '1') WHERE id = {two}"],
        [f"I6: charge {_ID.format(2)[1:-1]}"],
    ),
    "refunds that sum to another amount": Fault(
        ["UPDATE charge_outcome SET amount = amount - 1 WHERE id = {three}"],
        ["I6: journal"],
    ),
    "a charge that ends twice": Fault(
        [
            "ALTER TABLE charge_outcome DROP CONSTRAINT pk_charge_outcome",
            (
                "INSERT INTO charge_outcome (lane, id, kind, amount, reason, at) "
                "SELECT lane, id, 'settle', 0, reason, at FROM charge_outcome "
                "WHERE id = {three}"
            ),
        ],
        [f"I8: charge {_ID.format(3)[1:-1]} has ended 2 times"],
    ),
    "the end of nothing": Fault(
        [
            (
                "INSERT INTO charge_outcome (lane, id, kind, amount, reason, at) "
                "SELECT lane, {none}, 'settle', 0, reason, at FROM charge_outcome "
                "WHERE kind = 'refund'"
            )
        ],
        [f"I8: outcome of charge {_ID.format(99)[1:-1]}"],
    ),
    "more given back than taken": Fault(
        [
            (
                "INSERT INTO charge_outcome (lane, id, kind, amount, reason, at) "
                "SELECT lane, id, 'settle', amount + 1, 'x', '2026-03-02Z' FROM charge "
                "WHERE id = {one}"
            )
        ],
        [f"I8: charge {_ID.format(1)[1:-1]} gave back more"],
    ),
    "a refund that was not booked": Fault(
        [
            (
                "INSERT INTO charge_outcome "
                "(lane, id, kind, amount, reason, at, journal_lane, journal_id) "
                "SELECT lane, id, 'refund', 0, 'x', '2026-03-02Z', lane, id FROM charge "
                "WHERE id = {one}"
            )
        ],
        [f"I8: refund of charge {_ID.format(1)[1:-1]}"],
    ),
    "another quantity": Fault(
        ["UPDATE charge SET quantity = quantity + 1 WHERE id = {one}"],
        ["I13: charge"],
    ),
    "another price": Fault(
        ["UPDATE charge SET price_id = id WHERE id = {one}"],
        ["I13: charge"],
    ),
    "another tax code": Fault(
        ["UPDATE charge SET tax_code = 'voice.9' WHERE id = {one}"],
        ["I13: charge"],
    ),
    "another due moment": Fault(
        ["UPDATE charge SET refund_on_failure = false WHERE id = {one}"],
        ["I13: charge"],
    ),
}


def claim(account: AccountId, ids: list[int], rate: Rate) -> Claim:
    return Claim(account.int, lane_of(account), ids, [rate] * len(ids), atomic=False)


async def published(tx: Tx, act: Act) -> Rate:
    price = NewPrice(
        cls=MessageClass.NOTICE,
        destination="",
        countries="",
        tier_from=1,
        tier_below=None,
        unit_price=Decimal("0.0333333"),
        valid_from=act.now,
        valid_to=None,
        source="test",
        charge_on=ChargeOn.DELIVERY,
    )
    (version,) = await publish(tx, act, prices=[price])
    return Rate(UNITS_NOTICE, 2, 66_667, version.id.int, version.tax_code, refund_on_failure=True)


async def give_back(connection: HotConnection, act: Act, lane: int, event: int) -> None:
    read = hot.READ_CHARGES.call([lane], [event])
    results = await connection.run([BEGIN, read])
    calls = hot.refund_calls(
        hot.read_charges(results[1]), (lane, uuid7(act.now).int), act.now, "failed"
    )
    await connection.run([*calls, COMMIT])


@pytest.fixture
async def charged(database: Database, act: Act) -> AsyncIterator[Tx]:
    """Return a transaction that sees charges of both accounts; the test may break anything."""
    async with database.transaction() as tx:
        rate = await published(tx, act)
        until = act.now + timedelta(days=1)
        voucher = BucketKind.VOUCHER
        await credit(tx, act, ALICE, 100_000, kind=voucher, key="v", expires_at=until)
        await credit(tx, act, ALICE, 900_000, key="a")
        await credit(tx, act, BOB, 900_000, key="b")
    connection = await HotConnection.open(database, hot.STATEMENTS)
    later = dataclasses.replace(act, now=act.now + timedelta(seconds=1))
    claims = [claim(ALICE, [1, 2, 3], rate), claim(BOB, [11], rate)]
    await charge_batch(connection, claims, now=later.now, new_id=lambda: uuid7(later.now))
    await give_back(connection, later, lane_of(ALICE), 3)
    await connection.close()
    async with database.engine.connect() as raw:
        yield Tx(raw, database.bus)
        await raw.rollback()


async def test_good_charges_have_no_violations(charged: Tx, act: Act) -> None:
    assert await violations(charged, act.now) == []
    assert await books.violations(charged, act.now) == []


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_alarms(charged: Tx, act: Act, name: str) -> None:
    fault = FAULTS[name]
    for deed in fault.deeds:
        await charged.sql(deed.format(**_IDS))
    everything = Lately(datetime(1970, 1, 1, tzinfo=UTC), 0, act.now)
    for found in (
        await violations(charged, act.now),
        await new_faults(charged, QUESTIONS, everything),
    ):
        assert len(found) == len(fault.alarms), found
        for line, alarm in zip(found, fault.alarms, strict=True):
            assert line.startswith(alarm)


async def test_a_journal_whose_charges_are_hours_away_is_no_alarm(charged: Tx, act: Act) -> None:
    """A machine's clock was set while ids were counted on: looked at again, they are found."""
    (lane, wallet), journal = await one_charge(charged, act.now)
    hours = floor_of(act.now + timedelta(hours=3))
    await charged.sql("UPDATE charge SET id = :hours WHERE lane = :lane", hours=hours, lane=lane)
    first, last = unix_ms(moment_of(journal)), unix_ms(moment_of(journal)) + 1
    booked = QUESTIONS[0]
    assert booked.key == "booked"
    assert await booked.ask(charged, Piece(first, last, act.now)) == []
    days = floor_of(act.now + timedelta(days=3))
    await charged.sql("UPDATE charge SET id = :days WHERE lane = :lane", days=days, lane=lane)
    (found,) = await booked.ask(charged, Piece(first, last, act.now))
    assert str(wallet) in found


async def one_charge(tx: Tx, now: datetime) -> tuple[tuple[int, UUID], UUID]:
    """Leave Bob's charge alone in a journal of its own; return lane and wallet, and the journal."""
    lane, journal = lane_of(BOB), uuid7(now)
    await tx.sql("DELETE FROM charge WHERE lane <> :lane", lane=lane)
    await tx.sql("DELETE FROM charge_outcome")
    await tx.sql(
        "INSERT INTO journal (lane, id, kind, booked_at, effective_on, reason) "
        "VALUES (:lane, :journal, 'charge', :now, '2026-03-02', 'x')",
        lane=lane,
        journal=journal,
        now=now,
    )
    await tx.sql("UPDATE charge SET journal_lane = lane, journal_id = :journal", journal=journal)
    row = (await tx.sql("SELECT wallet_id, amount FROM charge")).one()
    await tx.sql(
        "INSERT INTO entry (lane, wallet_id, seq, journal_lane, journal_id, amount, balance_after) "
        "VALUES (:lane, :wallet, 99, :lane, :journal, :amount, 0)",
        lane=lane,
        wallet=row.wallet_id,
        journal=journal,
        amount=-row.amount,
    )
    return (lane, row.wallet_id), journal
