"""The next version of the prices: compared, announced in time, published by somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domains.catalogue.prices import recorded, shipped_versions
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import queries as audit
from umcloud.domains.catalogue import drafting, errors, queries, rules, service, shipped
from umcloud.domains.catalogue.model import (
    MAINLAND,
    DraftLine,
    DraftState,
    MessageClass,
    PriceDraft,
    PriceDraftId,
    PriceVersion,
    Turn,
)
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act, Actor, ActorKind, Door
from umcloud.kernel.moments import day_begins
from umcloud.kernel.refusals import Refusal
from umcloud.main import wiring

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
NEXT_WEEK = date(2026, 3, 9)
SEALER = Sealer("a secret of the tests, long enough")
VAULT = Vault(SEALER, memory_kib=8, rounds=1)


def tiers(cls: MessageClass, *prices: str) -> list[DraftLine]:
    """Return the shipped bounds with these prices."""
    ends = (*shipped.TIER_STARTS[1:], shipped.LIST_END)
    return [
        DraftLine(cls, MAINLAND, start, end, Decimal(price))
        for start, end, price in zip(shipped.TIER_STARTS, ends, prices, strict=True)
    ]


DEARER = tiers(MessageClass.OTP, "0.052", "0.045", "0.042", "0.041", "0.039")
AS_BEFORE = tiers(MessageClass.NOTICE, "0.050", "0.045", "0.042", "0.041", "0.040")


def test_what_stays_is_left_out_and_what_turns_is_named() -> None:
    versions = shipped_versions(NOW)
    changed = drafting.changing([*AS_BEFORE, *DEARER], versions, NEXT_WEEK)
    assert changed == DEARER
    turns = [one.turn for one in drafting.compare(changed, versions, day_begins(NEXT_WEEK))]
    assert turns == [Turn.DEARER, Turn.SAME, Turn.SAME, Turn.SAME, Turn.CHEAPER]
    with pytest.raises(errors.PriceUnchanged):
        drafting.check_changes(drafting.changing(AS_BEFORE, versions, NEXT_WEEK))


def test_moved_bounds_are_compared_piece_by_piece() -> None:
    versions = shipped_versions(NOW)
    one_tier = [DraftLine(MessageClass.OTP, MAINLAND, 1, 20_000, Decimal("0.045"))]
    seen = [
        (one.tier_from, one.tier_below, one.turn)
        for one in drafting.compare(one_tier, versions, NOW)
    ]
    assert seen == [
        (1, 10_000, Turn.CHEAPER),
        (10_000, 20_000, Turn.SAME),
        (20_000, 100_000, Turn.CLOSED),
        (100_000, 500_000, Turn.CLOSED),
        (500_000, 1_000_000, Turn.CLOSED),
        (1_000_000, 3_000_000, Turn.CLOSED),
    ]


def test_a_destination_can_be_closed_and_opened() -> None:
    versions = shipped_versions(NOW)
    offered = next(v for v in versions if v.destination == "971")
    closed = next(v for v in versions if v.destination and v.unit_price is None)
    lines = [
        DraftLine(MessageClass.INTERNATIONAL, offered.destination, 1, None, None),
        DraftLine(MessageClass.INTERNATIONAL, closed.destination, 1, None, Decimal("0.7")),
    ]
    found = {one.destination: one for one in drafting.compare(lines, versions, NOW)}
    assert found["971"].turn is Turn.CLOSED
    assert found["971"].countries == "AE"
    assert found[closed.destination].turn is Turn.OPENED


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([replace(DEARER[0], tier_from=2)], errors.PriceTiersBroken),
        ([DEARER[0], DEARER[2]], errors.PriceTiersBroken),
        ([DEARER[0], replace(DEARER[1], tier_from=9_999)], errors.PriceTiersBroken),
        ([replace(DEARER[0], tier_below=None), DEARER[1]], errors.PriceTiersBroken),
        ([replace(DEARER[0], unit_price=Decimal("-0.01"))], errors.PriceMalformed),
        (
            [DraftLine(MessageClass.INTERNATIONAL, "999", 1, None, Decimal(1))],
            errors.PriceNotListed,
        ),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    lines: Sequence[DraftLine], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        drafting.check_lines(lines, shipped_versions(NOW))


@pytest.mark.parametrize("hour", [15, 16])
def test_the_earliest_day_is_tomorrow_in_shanghai(hour: int) -> None:
    now = datetime(2026, 3, 2, hour, 30, tzinfo=UTC)
    tomorrow = date(2026, 3, 3 if hour < 16 else 4)
    drafting.check_start(DEARER, [], tomorrow, now)
    for day in (tomorrow - timedelta(days=1), date(2020, 1, 1)):
        with pytest.raises(errors.PriceTooSoon):
            drafting.check_start(DEARER, [], day, now)


def test_no_version_undoes_one_that_is_coming() -> None:
    versions = shipped_versions(NOW)
    coming = replace(versions[0], valid_from=NOW + timedelta(days=30))
    with pytest.raises(errors.PriceBeforeComing):
        drafting.check_start(DEARER, [*versions, coming], NEXT_WEEK, NOW)
    drafting.check_start(AS_BEFORE, [*versions, coming], NEXT_WEEK, NOW)


@given(
    prices=st.lists(st.decimals(0, 1, places=4), min_size=5, max_size=5),
    days=st.integers(1, 400),
)
def test_the_comparison_tells_what_will_hold(prices: list[Decimal], days: int) -> None:
    """What the screen says comes after is what a sender then pays, and before is unchanged."""
    versions = shipped_versions(NOW)
    lines = tiers(MessageClass.OTP, *map(str, prices))
    day = drafting.earliest(NOW) + timedelta(days=days)
    kept = drafting.compare(lines, versions, day_begins(day))
    draft = PriceDraft(
        id=drafting_id(1),
        begins_on=day,
        source="test",
        lines=tuple(lines),
        based_on=2,
        state=DraftState.PREPARED,
        prepared_by=UUID(int=1),
        prepared_at=NOW,
    )
    after = [*versions, *_recorded(draft, versions)]
    for change in kept:
        for moment, expected in (
            (day_begins(day), change.after),
            (day_begins(day) - timedelta(microseconds=1), change.before),
        ):
            tier = rules.tier_for(after, cls=MessageClass.OTP, quantity=change.tier_from, at=moment)
            assert tier.unit_price == expected


def drafting_id(number: int) -> PriceDraftId:
    return PriceDraftId(UUID(int=number))


def _recorded(draft: PriceDraft, versions: Sequence[PriceVersion]) -> list[PriceVersion]:
    return recorded(drafting.as_prices(draft, versions), NOW + timedelta(hours=1), 99)


async def _people(tx: Tx, act: Act) -> tuple[Act, Act]:
    """Return acts of two people of the operator's finance."""
    acts = []
    for name in ("wang", "chen"):
        person = await accounts.create_staff(
            tx,
            act,
            email=f"{name}@umcloud.example",
            name=name,
            roles=frozenset({StaffRole.FINANCE}),
            password="an-office-horse-1",
            vault=VAULT,
        )
        acts.append(replace(act, actor=Actor(ActorKind.STAFF, person.id), door=Door.OFFICE))
    return acts[0], acts[1]


async def _prepared(tx: Tx, by: Act) -> PriceDraft:
    return await service.prepare(
        tx, by, begins_on=NEXT_WEEK, source="carriers' notice 17", lines=[*AS_BEFORE, *DEARER]
    )


async def test_one_prepares_and_another_publishes(tx: Tx, act: Act) -> None:
    wiring.wire(tx.bus, sealer=SEALER)
    await service.publish_shipped(tx, act)
    one, other = await _people(tx, act)
    sender = "INSERT INTO sender (lane, account_id, version) VALUES (7, :id, 41)"
    await tx.sql(sender, id=one.actor.id)
    draft = await _prepared(tx, one)
    assert draft.lines == tuple(DEARER)
    assert await queries.draft(tx, draft.id) == draft
    with pytest.raises(errors.PriceFourEyes):
        await service.publish_draft(tx, one, draft_id=draft.id)
    published = await service.publish_draft(tx, other, draft_id=draft.id)
    assert {one.list_id for one in published} == {draft.id}
    assert {one.source for one in published} == {"carriers' notice 17"}
    versions = await queries.price_versions(tx)
    begins = day_begins(NEXT_WEEK)
    for moment, price in ((begins - timedelta(seconds=1), "0.05"), (begins, "0.052")):
        held = rules.price_at(versions, cls=MessageClass.OTP, at=moment)
        assert held.unit_price == Decimal(price)
    raised = (await tx.sql("SELECT version FROM sender WHERE lane = 7")).scalar_one()
    assert raised == 42
    with pytest.raises(errors.PriceDraftSettled):
        await service.publish_draft(tx, other, draft_id=draft.id)
    with pytest.raises(errors.PriceDraftSettled):
        await service.withdraw(tx, one, draft_id=draft.id)
    [prepared] = await audit.latest(tx, name="price.prepared")
    every = await audit.latest(tx, name="price.published")
    [told] = [one for one in every if one.facts["list_id"] == str(draft.id)]
    assert (prepared.actor_id, told.actor_id) == (one.actor.id, other.actor.id)


async def test_a_withdrawn_version_is_never_published(tx: Tx, act: Act) -> None:
    await service.publish_shipped(tx, act)
    one, other = await _people(tx, act)
    draft = await _prepared(tx, one)
    await service.withdraw(tx, one, draft_id=draft.id)
    with pytest.raises(errors.PriceDraftSettled):
        await service.publish_draft(tx, other, draft_id=draft.id)
    with pytest.raises(errors.PriceDraftNotFound):
        await service.publish_draft(tx, other, draft_id=drafting_id(5))
    [kept] = await queries.drafts(tx)
    assert kept.state is DraftState.WITHDRAWN


async def test_a_version_that_lay_too_long_or_was_overtaken_is_refused(tx: Tx, act: Act) -> None:
    await service.publish_shipped(tx, act)
    one, other = await _people(tx, act)
    first, second = await _prepared(tx, one), await _prepared(tx, one)
    late = replace(other, now=day_begins(NEXT_WEEK))
    with pytest.raises(errors.PriceTooSoon):
        await service.publish_draft(tx, late, draft_id=first.id)
    await service.publish_draft(tx, other, draft_id=first.id)
    with pytest.raises(errors.PriceBasisMoved):
        await service.publish_draft(tx, other, draft_id=second.id)


async def test_two_who_publish_at_once_publish_once(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        await service.publish_shipped(tx, act)
        one, other = await _people(tx, act)
        preparer = replace(act, actor=Actor(ActorKind.STAFF, (await _third(tx, act)).actor.id))
        draft = await _prepared(tx, preparer)

    async def publish(by: Act) -> str:
        try:
            async with database.transaction() as tx:
                return str(len(await service.publish_draft(tx, by, draft_id=draft.id)))
        except Refusal as refusal:
            return refusal.code

    outcomes = await asyncio.gather(publish(one), publish(other))
    assert sorted(outcomes) == ["5", "price.draft_settled"]


async def _third(tx: Tx, act: Act) -> Act:
    person = await accounts.create_staff(
        tx,
        act,
        email="li@umcloud.example",
        name="li",
        roles=frozenset({StaffRole.FINANCE}),
        password="an-office-horse-1",
        vault=VAULT,
    )
    return replace(act, actor=Actor(ActorKind.STAFF, person.id))
