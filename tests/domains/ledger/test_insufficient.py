"""Whoever lacks money is told in one form, wherever it shows: yuan as text, units as numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domains.ledger.books import ALICE, credit, debit
from umcloud.domains.ledger import holds, service
from umcloud.domains.ledger.errors import InsufficientBalance
from umcloud.domains.ledger.model import (
    CNY,
    UNITS_NOTICE,
    BucketKind,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act

SHORT = {"currency": CNY, "needed": "0.50", "available": "0.4501", "missing": "0.0499"}


@pytest.fixture
async def purse(tx: Tx, act: Act) -> Tx:
    """Return a transaction in which Alice has ¥0.4501."""
    await credit(tx, act, ALICE, 450_100, key="purse")
    return tx


async def test_of_a_journal(purse: Tx, act: Act) -> None:
    with pytest.raises(InsufficientBalance) as refused:
        await debit(purse, act, ALICE, 500_000, key="k")
    assert refused.value.facts == SHORT
    assert "0.4501" in Texts("en").refusal(refused.value)


async def test_of_a_hold(purse: Tx, act: Act) -> None:
    with pytest.raises(InsufficientBalance) as refused:
        await holds.hold(
            purse,
            act,
            account_id=ALICE,
            amount=500_000,
            expires_at=act.now + timedelta(hours=1),
        )
    assert refused.value.facts == SHORT


async def test_of_a_credit_limit_below_what_is_owed(purse: Tx, act: Act) -> None:
    await service.set_credit_limit(purse, act, account_id=ALICE, micros=1_000_000)
    await debit(purse, act, ALICE, 950_100, key="k")
    with pytest.raises(InsufficientBalance) as refused:
        await service.set_credit_limit(purse, act, account_id=ALICE, micros=450_100)
    assert refused.value.facts == SHORT


async def test_of_units(purse: Tx, act: Act) -> None:
    await service.open_wallet(purse, act, account_id=ALICE, currency=UNITS_NOTICE)
    take: list[WalletLine | OperatorLine] = [
        WalletLine(ALICE, UNITS_NOTICE, -3),
        OperatorLine("units:issued", UNITS_NOTICE, 3),
    ]
    with pytest.raises(InsufficientBalance) as refused:
        await service.post(purse, act, NewJournal("package", "k", take, "test"))
    expected = {"currency": UNITS_NOTICE, "needed": "3", "available": "0", "missing": "3"}
    assert refused.value.facts == expected


def test_nothing_available_is_never_less_than_nothing() -> None:
    facts = InsufficientBalance.of(CNY, needed=1, available=-5).facts
    assert facts == {
        "currency": CNY,
        "needed": "0.000001",
        "available": "0.00",
        "missing": "0.000001",
    }


async def test_a_voucher_does_not_hide_what_was_drawn_on_credit(tx: Tx, act: Act) -> None:
    """Else a limit could be set below it, and batches would then charge what `draw` refuses."""
    await service.open_wallet(tx, act, account_id=ALICE)
    await service.set_credit_limit(tx, act, account_id=ALICE, micros=10)
    await debit(tx, act, ALICE, 10, key="on credit")
    ends = act.now + timedelta(days=1)
    await credit(tx, act, ALICE, 8, kind=BucketKind.VOUCHER, key="given", expires_at=ends)
    for later in (act, replace(act, now=ends)):
        with pytest.raises(InsufficientBalance) as refused:
            await service.set_credit_limit(tx, later, account_id=ALICE, micros=9)
        assert refused.value.facts["needed"] == "0.00001"
    await service.set_credit_limit(tx, act, account_id=ALICE, micros=10)
