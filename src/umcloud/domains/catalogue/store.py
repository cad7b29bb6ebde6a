"""Prices in and out of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, insert, select

from umcloud.domains.catalogue.model import ChargeOn, MessageClass, PriceVersion
from umcloud.domains.catalogue.tables import price_version
from umcloud.infra.db import Tx
from umcloud.kernel.ids import PriceId


async def add(tx: Tx, versions: Sequence[PriceVersion]) -> None:
    """Write the versions; the table refuses two of one key in a list."""
    await tx.execute(
        insert(price_version),
        [
            {
                "id": version.id,
                "list_id": version.list_id,
                "product": version.product,
                "class": version.cls.value,
                "destination": version.destination,
                "countries": version.countries,
                "tier_from": version.tier_from,
                "tier_below": version.tier_below,
                "unit_price": version.unit_price,
                "tax_code": version.tax_code,
                "charge_on": version.charge_on.value,
                "valid_from": version.valid_from,
                "valid_to": version.valid_to,
                "recorded_at": version.recorded_at,
                "source": version.source,
            }
            for version in versions
        ],
    )


async def list_exists(tx: Tx, list_id: UUID) -> bool:
    """Return whether a list of this id has been published."""
    found = select(exists().where(price_version.c.list_id == list_id))
    return bool((await tx.execute(found)).scalar_one())


async def of_product(tx: Tx, product: str) -> list[PriceVersion]:
    """Return every version of the product, old ones included, in a stable order."""
    columns = price_version.c
    rows = await tx.all(
        select(price_version)
        .where(columns.product == product)
        .order_by(columns["class"], columns.destination, columns.recorded_at, columns.tier_from)
    )
    return [read(row) for row in rows]


async def one(tx: Tx, price_id: PriceId) -> PriceVersion | None:
    """Return the version of that id."""
    row = await tx.one_or_none(select(price_version).where(price_version.c.id == price_id))
    return read(row) if row else None


async def lock(tx: Tx) -> None:
    """Let one transaction publish at a time, so that each list sees the ones before it."""
    await tx.sql("LOCK TABLE price_version IN SHARE ROW EXCLUSIVE MODE")


def read(row: Row[Any]) -> PriceVersion:
    """Return the row as a value."""
    facts = row._mapping  # noqa: SLF001 - `class` is no Python name, so attributes do not reach it
    return PriceVersion(
        id=PriceId(facts["id"]),
        list_id=facts["list_id"],
        product=facts["product"],
        cls=MessageClass(facts["class"]),
        destination=facts["destination"],
        countries=facts["countries"],
        tier_from=facts["tier_from"],
        tier_below=facts["tier_below"],
        unit_price=facts["unit_price"],
        tax_code=facts["tax_code"],
        charge_on=ChargeOn(facts["charge_on"]),
        valid_from=facts["valid_from"],
        valid_to=facts["valid_to"],
        recorded_at=facts["recorded_at"],
        source=facts["source"],
    )
