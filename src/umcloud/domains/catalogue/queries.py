"""Reading the catalogue."""

from __future__ import annotations

from umcloud.domains.catalogue import store
from umcloud.domains.catalogue.model import PRODUCT_SMS, PriceDraft, PriceDraftId, PriceVersion
from umcloud.infra.db import Tx
from umcloud.kernel.ids import PriceId


async def price_versions(tx: Tx, product: str = PRODUCT_SMS) -> list[PriceVersion]:
    """Return every version of the product; hand them to `rules`."""
    return await store.of_product(tx, product)


async def price_version(tx: Tx, price_id: PriceId) -> PriceVersion | None:
    """Return the version that a charge or an order points at."""
    return await store.one(tx, price_id)


async def drafts(tx: Tx) -> list[PriceDraft]:
    """Return every version that was ever prepared, newest first, without its lines."""
    return await store.drafts(tx)


async def draft(tx: Tx, draft_id: PriceDraftId) -> PriceDraft | None:
    """Return a prepared version with its lines, whatever became of it."""
    return await store.draft(tx, draft_id)
