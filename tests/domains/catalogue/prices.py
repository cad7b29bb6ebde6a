"""Shipped prices as versions, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from umcloud.domains.catalogue import shipped
from umcloud.domains.catalogue.model import NewPrice, PriceVersion
from umcloud.kernel.ids import PriceId, uuid7


def recorded(prices: Sequence[NewPrice], at: datetime, list_id: int = 1) -> list[PriceVersion]:
    """Return the prices as if they had been published at the moment."""
    return [
        PriceVersion(
            id=PriceId(uuid7(at)),
            list_id=UUID(int=list_id),
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
            recorded_at=at,
            source=price.source,
        )
        for price in prices
    ]


def shipped_versions(at: datetime) -> list[PriceVersion]:
    """Return every shipped price, recorded at the moment."""
    return recorded(shipped.domestic() + shipped.international(), at)
