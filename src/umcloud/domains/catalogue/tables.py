"""One table, to which rows are only ever added."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects.postgresql import UUID

from umcloud.infra.db import metadata

price_version = Table(
    "price_version",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("list_id", UUID(as_uuid=True), nullable=False),
    Column("product", Text, nullable=False),
    Column("class", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("countries", Text, nullable=False),
    Column("tier_from", Integer, nullable=False),
    Column("tier_below", Integer),
    Column("unit_price", Numeric(18, 8)),
    Column("tax_code", Text, nullable=False),
    Column("charge_on", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_to", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("list_id", "product", "class", "destination", "tier_from", "valid_from"),
    CheckConstraint("class IN ('otp', 'notice', 'marketing', 'international')", name="class_known"),
    CheckConstraint("(class = 'international') = (destination <> '')", name="destination_given"),
    CheckConstraint("tier_from >= 1", name="tier_from_one"),
    CheckConstraint("tier_below IS NULL OR tier_below > tier_from", name="tier_not_empty"),
    CheckConstraint("unit_price >= 0", name="price_not_negative"),
    CheckConstraint("charge_on IN ('submission', 'delivery')", name="charge_on_known"),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity_not_empty"),
    CheckConstraint("source <> ''", name="source_given"),
)
Index("ix_price_version_product", price_version.c.product, price_version.c["class"])

# `refuse_change` is made with the books' tables (`ledger/tables.py`) before any table is.
event.listen(
    price_version,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy does not type this constructor
        "CREATE TRIGGER price_version_is_immutable BEFORE UPDATE OR DELETE ON price_version "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    ),
)
