"""Prices in and out of the table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, insert, select, update

from umcloud.domains.catalogue.model import (
    ChargeOn,
    DraftLine,
    DraftState,
    MessageClass,
    PriceDraft,
    PriceDraftId,
    PriceVersion,
)
from umcloud.domains.catalogue.tables import price_draft, price_draft_line, price_version
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


async def add_draft(tx: Tx, draft: PriceDraft) -> None:
    """Write a prepared version with its lines."""
    await tx.execute(
        insert(price_draft).values(
            id=draft.id,
            begins_on=draft.begins_on,
            source=draft.source,
            based_on=draft.based_on,
            state=draft.state.value,
            prepared_by=draft.prepared_by,
            prepared_at=draft.prepared_at,
        )
    )
    await tx.execute(
        insert(price_draft_line),
        [
            {
                "draft_id": draft.id,
                "class": line.cls.value,
                "destination": line.destination,
                "tier_from": line.tier_from,
                "tier_below": line.tier_below,
                "unit_price": line.unit_price,
            }
            for line in draft.lines
        ],
    )


async def draft(tx: Tx, draft_id: PriceDraftId, *, hold: bool = False) -> PriceDraft | None:
    """Return the prepared version, held until the transaction ends where asked; or None."""
    wanted = select(price_draft).where(price_draft.c.id == draft_id)
    row = await tx.one_or_none(wanted.with_for_update() if hold else wanted)
    return _draft(row, await _lines(tx, draft_id)) if row else None


async def drafts(tx: Tx) -> list[PriceDraft]:
    """Return every version that was ever prepared, newest first, without its lines."""
    rows = await tx.all(select(price_draft).order_by(price_draft.c.id.desc()))
    return [_draft(row, ()) for row in rows]


async def _lines(tx: Tx, draft_id: PriceDraftId) -> tuple[DraftLine, ...]:
    columns = price_draft_line.c
    rows = await tx.all(
        select(price_draft_line)
        .where(columns.draft_id == draft_id)
        .order_by(columns["class"], columns.destination, columns.tier_from)
    )
    return tuple(
        DraftLine(
            cls=MessageClass(facts["class"]),
            destination=facts["destination"],
            tier_from=facts["tier_from"],
            tier_below=facts["tier_below"],
            unit_price=facts["unit_price"],
        )
        for facts in (row._mapping for row in rows)  # noqa: SLF001 - as in `read`
    )


def _draft(row: Row[Any], lines: tuple[DraftLine, ...]) -> PriceDraft:
    return PriceDraft(
        id=PriceDraftId(row.id),
        begins_on=row.begins_on,
        source=row.source,
        lines=lines,
        based_on=row.based_on,
        state=DraftState(row.state),
        prepared_by=row.prepared_by,
        prepared_at=row.prepared_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


async def decide(tx: Tx, draft_id: PriceDraftId, state: DraftState, by: UUID, at: datetime) -> None:
    """Write who published or withdrew it, and when."""
    await tx.execute(
        update(price_draft)
        .where(price_draft.c.id == draft_id)
        .values(state=state.value, decided_by=by, decided_at=at)
    )
