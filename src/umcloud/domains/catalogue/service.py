"""Publishing prices."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from umcloud.domains.catalogue import rules, shipped, store
from umcloud.domains.catalogue.events import PriceVersionPublished
from umcloud.domains.catalogue.model import NewPrice, PriceVersion
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
