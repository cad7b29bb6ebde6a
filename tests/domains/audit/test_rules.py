from __future__ import annotations

from dataclasses import dataclass, make_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.audit.model import AuditRecord
from umcloud.domains.audit.rules import GENESIS, ForbiddenFactError, facts_of, link_hash
from umcloud.infra.bus import Event
from umcloud.kernel.act import ActorKind, Door
from umcloud.kernel.ids import AccountId
from umcloud.kernel.money import Money

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
SOMEONE = AccountId(UUID(int=7))


@dataclass(frozen=True, slots=True)
class WalletToppedUp(Event):
    name: ClassVar[str] = "wallet.topped_up"
    account_id: AccountId
    amount: Money
    door: Door
    at: datetime
    rate: Decimal
    scopes: frozenset[str]
    note: str
    masked_phone: str


RECORD = AuditRecord(
    id=UUID(int=1),
    account_id=SOMEONE,
    actor_kind=ActorKind.MEMBER,
    actor_id=UUID(int=2),
    door=Door.PORTAL,
    name="wallet.topped_up",
    facts={"amount": "1.00"},
    ip="203.0.113.5",
    user_agent="browser",
    request_id=UUID(int=3),
    at=NOON,
)


def test_facts_are_plain_values_without_the_account() -> None:
    event = WalletToppedUp(
        account_id=SOMEONE,
        amount=Money.yuan("1.5"),
        door=Door.API,
        at=NOON,
        rate=Decimal("0.045"),
        scopes=frozenset({"send", "read"}),
        note="ring +8613800138000 or 13912345678",
        masked_phone="138****8000",
    )
    assert facts_of(event) == {
        "amount": "1.50",
        "door": "api",
        "at": "2026-03-02T04:00:00+00:00",
        "rate": "0.045",
        "scopes": ["read", "send"],
        "note": "ring 138****8000 or 139****5678",
        "masked_phone": "138****8000",
    }


@pytest.mark.clause("C13.2")
@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "secret", "api_secret", "token", "body", "phone", "to_phone"],
)
def test_a_fact_named_like_a_secret_is_refused(name: str) -> None:
    leaky = make_dataclass("Leaky", [(name, str)])
    with pytest.raises(ForbiddenFactError):
        facts_of(leaky("x"))
    nested = make_dataclass("Nested", [("change", dict)])
    with pytest.raises(ForbiddenFactError):
        facts_of(nested({"before": {name: "x"}}))


def test_long_numbers_that_are_no_phones_stay() -> None:
    order = make_dataclass("Order", [("order", str)])
    assert facts_of(order("2013800138000991")) == {"order": "2013800138000991"}


def test_floats_are_no_facts() -> None:
    amount = make_dataclass("Amount", [("amount", float)])
    with pytest.raises(TypeError):
        facts_of(amount(0.1))


@given(st.text())
def test_any_text_becomes_storable(text: str) -> None:
    event = make_dataclass("Said", [("note", str)])(text)
    note = facts_of(event)["note"]
    assert isinstance(note, str)
    assert "\x00" not in note
    note.encode()


CHANGES: list[dict[str, object]] = [
    {"id": UUID(int=9)},
    {"account_id": None},
    {"actor_kind": ActorKind.STAFF},
    {"actor_id": None},
    {"door": Door.OFFICE},
    {"name": "wallet.emptied"},
    {"facts": {"amount": "2.00"}},
    {"ip": None},
    {"user_agent": "other"},
    {"request_id": UUID(int=9)},
    {"at": NOON.replace(microsecond=1)},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_column_is_under_the_hash(change: dict[str, object]) -> None:
    changed = replace(RECORD, **change)  # type: ignore[arg-type]  # one column at a time
    assert link_hash(GENESIS, 1, changed) != link_hash(GENESIS, 1, RECORD)


def test_the_hash_binds_place_and_past() -> None:
    first = link_hash(GENESIS, 1, RECORD)
    assert link_hash(GENESIS, 2, RECORD) != first
    assert link_hash(first, 1, RECORD) != first
