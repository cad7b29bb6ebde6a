"""Each promise of the books alarms when it is broken, and only that one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from tests.domains.ledger.books import ALICE, BOB, credit, debit
from umcloud.domains.audit.questions import Lately, new_faults
from umcloud.domains.ledger import holds, jobs
from umcloud.domains.ledger.invariants import QUESTIONS, violations
from umcloud.domains.ledger.service import open_wallet
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act

_UNLOCK = [
    f"ALTER TABLE {table} DISABLE TRIGGER {table}_is_immutable"
    for table in ("journal", "entry", "operator_entry", "journal_block", "journal_seal")
]


@dataclass(frozen=True)
class Fault:
    """A way to break the books, and what the audit must say: the beginnings of its lines."""

    deeds: list[str]
    alarms: list[str]
    sealed: bool = False
    lately: list[str] | None = None
    """What is said where only new things are asked, if that is another thing."""


FAULTS = {
    "two journals that are off by as much": Fault(
        [
            "UPDATE operator_entry SET amount = amount + 5 WHERE journal_id = {alice_first}",
            "UPDATE operator_entry SET amount = amount - 5 WHERE journal_id = {bob_first}",
        ],
        ["I1: journal", "I1: journal"],
    ),
    "entries without a journal": Fault(
        ["DELETE FROM journal WHERE id = {alice_first}"], ["I1: entries of journal"]
    ),
    "two wallets that are off by as much": Fault(
        [
            "UPDATE wallet SET posted = posted + 5, cash = cash + 5 WHERE id = {alice}",
            "UPDATE wallet SET posted = posted - 5, cash = cash - 5 WHERE id = {bob}",
        ],
        ["I2: wallet", "I2: wallet"],
    ),
    "a fold that is not the sum": Fault(
        [
            (
                "UPDATE operator_fold SET balance = balance + 1 "
                "WHERE ledger_account = 'revenue:sms' "
                "AND lane = (SELECT lane FROM wallet WHERE id = {alice})"
            )
        ],
        ["I2: fold of revenue:sms CNY"],
        sealed=True,
        lately=["I16: the trial balance in CNY is 1"],
    ),
    "a gap": Fault(
        [
            "UPDATE entry SET seq = 3 WHERE wallet_id = {alice} AND seq = 2",
            "UPDATE wallet SET seq = 3 WHERE id = {alice}",
        ],
        ["I3: wallet"],
    ),
    "a balance that does not follow": Fault(
        ["UPDATE entry SET balance_after = 1 WHERE wallet_id = {alice} AND seq = 2"],
        ["I3: wallet"],
    ),
    "a wallet that counts other entries": Fault(
        ["UPDATE wallet SET seq = seq + 1 WHERE id = {alice}"], ["I3: wallet"]
    ),
    "an overdrawn wallet": Fault(
        [
            "ALTER TABLE wallet DROP CONSTRAINT ck_wallet_i4_affordable",
            "UPDATE hold SET amount = 5000 WHERE wallet_id = {alice}",
            "UPDATE wallet SET held = 5000 WHERE id = {alice}",
        ],
        ["I4: wallet"],
    ),
    "money held for nothing": Fault(
        ["UPDATE wallet SET held = held + 1 WHERE id = {alice}"], ["I5: wallet"]
    ),
    "a hold left open": Fault(
        ["UPDATE hold SET expires_at = '2026-03-01Z' WHERE wallet_id = {alice}"], ["I5: hold"]
    ),
    "buckets of another sum": Fault(
        ["UPDATE wallet SET cash = cash + 1 WHERE id = {alice}"], ["I9: wallet"]
    ),
    "a bucket below zero": Fault(
        [
            "ALTER TABLE bucket DROP CONSTRAINT ck_bucket_i9_not_negative",
            "UPDATE wallet SET cash = cash + 5 WHERE id = {alice}",
            (
                "INSERT INTO bucket (lane, wallet_id, id, kind, priority, remaining, granted) "
                "SELECT lane, id, id, 'gift', 20, -5, 5 FROM wallet WHERE id = {alice}"
            ),
        ],
        ["I9: bucket"],
    ),
    "cash below zero": Fault(
        [
            "ALTER TABLE wallet DROP CONSTRAINT ck_wallet_i9_not_negative",
            (
                "INSERT INTO bucket (lane, wallet_id, id, kind, priority, remaining, granted) "
                "SELECT lane, id, id, 'gift', 20, cash + 5, 5 FROM wallet WHERE id = {alice}"
            ),
            "UPDATE wallet SET cash = -5 WHERE id = {alice}",
        ],
        ["I9: the cash of wallet"],
    ),
    "two journals under one key": Fault(
        [
            "DROP INDEX uq_journal_idempotency_key",
            "UPDATE journal SET idempotency_key = 'a1' WHERE id = {alice_second}",
        ],
        ["I10: journals"],
    ),
    "a key without its request": Fault(
        [
            "ALTER TABLE journal DROP CONSTRAINT ck_journal_i10_key_with_hash",
            "UPDATE journal SET request_hash = NULL WHERE id = {alice_second}",
        ],
        ["I10: journal"],
    ),
    # A trial balance cannot be off while every journal balances and every wallet is its sum.
    "money from nowhere": Fault(
        ["UPDATE operator_entry SET amount = amount + 5 WHERE journal_id = {alice_first}"],
        ["I1: journal", "I16: the trial balance in CNY is 5"],
    ),
    "a journal rewritten after it was sealed": Fault(
        ["UPDATE journal SET reason = 'a gift' WHERE id = {alice_second}"],
        ["I18: block 1"],
        sealed=True,
    ),
    "a seal removed": Fault(
        ["DELETE FROM journal_seal WHERE journal_id = {bob_third}"],
        ["I2: fold of revenue:sms CNY", "I18: block 2"],
        sealed=True,
        lately=["I16: the trial balance in CNY is 1", "I18: block 2"],
    ),
    "the last block cut off": Fault(
        ["DELETE FROM journal_block WHERE number = 2"],
        ["I18: journals are sealed in block 2"],
        sealed=True,
    ),
    "a journal slipped into the past": Fault(
        [
            (
                "INSERT INTO journal (lane, id, kind, booked_at, effective_on, reason) "
                "SELECT lane, '00000000-0000-7000-8000-000000000001', kind, booked_at, "
                "effective_on, reason FROM journal WHERE id = {alice_first}"
            )
        ],
        ["I18: journal 00000000-0000-7000-8000-000000000001 was never sealed"],
        sealed=True,
        lately=[],
    ),
}


async def keep_books(tx: Tx, act: Act, *, sealed: bool) -> dict[str, UUID]:
    """Book a little of everything; return the ids that faults speak of."""
    ids = {
        "alice_first": (await credit(tx, act, ALICE, 1_000, key="a1")).id,
        "alice_second": (await debit(tx, act, ALICE, 300, key="a2")).id,
        "bob_first": (await credit(tx, act, BOB, 1_000, key="b1")).id,
        "bob_second": (await debit(tx, act, BOB, 300, key="b2")).id,
        "alice": await open_wallet(tx, act, account_id=ALICE),
        "bob": await open_wallet(tx, act, account_id=BOB),
    }
    later = dataclasses.replace(act, now=act.now + timedelta(seconds=5))
    await holds.hold(tx, act, account_id=ALICE, amount=100, expires_at=act.now + timedelta(hours=1))
    if sealed:
        assert await jobs.seal(tx, later) == 4
        ids["bob_third"] = (await debit(tx, later, BOB, 1, key="b3")).id
        last = dataclasses.replace(act, now=act.now + timedelta(seconds=10))
        assert await jobs.seal(tx, last) == 1
        assert await jobs.fold_operator(tx) == 2
    return ids


@pytest.mark.parametrize("sealed", [False, True])
async def test_good_books_have_no_violations(tx: Tx, act: Act, *, sealed: bool) -> None:
    await keep_books(tx, act, sealed=sealed)
    assert await violations(tx, act.now) == []


async def planted(tx: Tx, act: Act, name: str) -> Fault:
    """Keep books and break them."""
    fault = FAULTS[name]
    ids = await keep_books(tx, act, sealed=fault.sealed)
    quoted = {word: f"'{identifier}'" for word, identifier in ids.items()}
    for deed in [*_UNLOCK, *fault.deeds]:
        await tx.sql(deed.format(**quoted))
    return fault


def same(found: list[str], alarms: list[str]) -> None:
    """Compare what was found with the beginnings of what had to be."""
    assert len(found) == len(alarms), found
    for line, alarm in zip(found, alarms, strict=True):
        assert line.startswith(alarm)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_alarms(tx: Tx, act: Act, name: str) -> None:
    fault = await planted(tx, act, name)
    same(await violations(tx, act.now), fault.alarms)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_new_fault_alarms_within_the_minute(tx: Tx, act: Act, name: str) -> None:
    fault = await planted(tx, act, name)
    lately = Lately(act.now - timedelta(minutes=1), 0, act.now)
    alarms = fault.alarms if fault.lately is None else fault.lately
    same(await new_faults(tx, QUESTIONS, lately), alarms)


@pytest.mark.parametrize("sealed", [False, True])
async def test_good_books_have_nothing_new_to_alarm(tx: Tx, act: Act, *, sealed: bool) -> None:
    await keep_books(tx, act, sealed=sealed)
    for since in (act.now - timedelta(minutes=1), act.now + timedelta(seconds=7)):
        assert await new_faults(tx, QUESTIONS, Lately(since, 0, act.now)) == []
