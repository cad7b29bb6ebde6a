"""Publishing prices: the shipped lists, and versions that one prepares and another publishes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from umcloud.domains.catalogue import drafting, errors, rules, shipped, store
from umcloud.domains.catalogue.events import PricePrepared, PriceVersionPublished, PriceWithdrawn
from umcloud.domains.catalogue.model import (
    PRODUCT_SMS,
    DraftLine,
    DraftState,
    NewPrice,
    PriceDraft,
    PriceDraftId,
    PriceVersion,
)
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import PriceId, uuid7


async def publish(
    tx: Tx, act: Act, *, prices: Sequence[NewPrice], list_id: UUID | None = None
) -> list[PriceVersion]:
    """Publish a list as a whole and return its versions.

    Refuses contradictions and prices of the past (`price.overlap`, `price.retroactive`,
    `price.malformed`). A list id that exists is left as it is: nothing is published, nothing
    returned.
    """
    await store.lock(tx)
    chosen = list_id or uuid7(act.now)
    if not prices or await store.list_exists(tx, chosen):
        return []
    published: list[PriceVersion] = []
    for product in sorted({price.product for price in prices}):
        published += await store.of_product(tx, product)
    rules.check_publication(prices, published, now=act.now)
    versions = [_version(price, act, chosen) for price in prices]
    await store.add(tx, versions)
    await tx.announce(
        act,
        PriceVersionPublished(
            list_id=chosen,
            versions=len(versions),
            valid_from=min(version.valid_from for version in versions),
            source=versions[0].source,
        ),
    )
    return versions


async def publish_shipped(tx: Tx, act: Act) -> int:
    """Publish the shipped lists where they are not yet; return how many versions were added."""
    added = 0
    for prices in (shipped.domestic(), shipped.international()):
        added += len(await publish(tx, act, prices=prices, list_id=shipped.list_id(prices)))
    return added


async def prepare(
    tx: Tx, act: Act, *, begins_on: date, source: str, lines: Sequence[DraftLine]
) -> PriceDraft:
    """Keep the next version for a colleague to publish; keys that it does not change are left out.

    Refuses price.too_soon, price.before_coming, price.not_listed, price.tiers_broken,
    price.malformed, price.unchanged.
    """
    versions = await store.of_product(tx, PRODUCT_SMS)
    drafting.check_lines(lines, versions)
    changed = drafting.changing(lines, versions, begins_on)
    drafting.check_start(changed, versions, begins_on, act.now)
    drafting.check_changes(changed)
    draft = PriceDraft(
        id=PriceDraftId(uuid7(act.now)),
        begins_on=begins_on,
        source=source,
        lines=tuple(changed),
        based_on=drafting.lists(versions),
        state=DraftState.PREPARED,
        prepared_by=_person(act),
        prepared_at=act.now,
    )
    await store.add_draft(tx, draft)
    await tx.announce(act, PricePrepared(draft.id, len(changed), begins_on, source))
    return draft


async def publish_draft(tx: Tx, act: Act, *, draft_id: PriceDraftId) -> list[PriceVersion]:
    """Publish what a colleague prepared, as it was compared, and return its versions.

    Refuses price.four_eyes, price.draft_settled, price.too_soon (it lay for too long),
    price.basis_moved (another list was published since).
    """
    await store.lock(tx)
    draft = await _prepared(tx, draft_id)
    if draft.prepared_by == _person(act):
        raise errors.PriceFourEyes
    versions = await store.of_product(tx, PRODUCT_SMS)
    drafting.check_start(draft.lines, versions, draft.begins_on, act.now)
    if drafting.lists(versions) != draft.based_on:
        raise errors.PriceBasisMoved
    await store.decide(tx, draft_id, DraftState.PUBLISHED, _person(act), act.now)
    return await publish(tx, act, prices=drafting.as_prices(draft, versions), list_id=draft.id)


async def withdraw(tx: Tx, act: Act, *, draft_id: PriceDraftId) -> None:
    """Say that a prepared version will not be published; refuses price.draft_settled."""
    await _prepared(tx, draft_id)
    await store.decide(tx, draft_id, DraftState.WITHDRAWN, _person(act), act.now)
    await tx.announce(act, PriceWithdrawn(draft_id))


async def _prepared(tx: Tx, draft_id: PriceDraftId) -> PriceDraft:
    draft = await store.draft(tx, draft_id, hold=True)
    if draft is None:
        raise errors.PriceDraftNotFound
    if draft.state is not DraftState.PREPARED:
        raise errors.PriceDraftSettled(state=draft.state)
    return draft


def _person(act: Act) -> UUID:
    """Return who acts: two people are needed, so the platform itself cannot."""
    if act.actor.id is None:
        raise ValueError("a price version is prepared and published by people")
    return act.actor.id


def _version(price: NewPrice, act: Act, list_id: UUID) -> PriceVersion:
    return PriceVersion(
        id=PriceId(uuid7(act.now)),
        list_id=list_id,
        product=price.product,
        cls=price.cls,
        destination=price.destination,
        countries=price.countries,
        tier_from=price.tier_from,
        tier_below=price.tier_below,
        unit_price=price.unit_price,
        tax_code=price.tax_code,
        charge_on=price.charge_on,
        valid_from=price.valid_from,
        valid_to=price.valid_to,
        recorded_at=act.now,
        source=price.source,
    )
