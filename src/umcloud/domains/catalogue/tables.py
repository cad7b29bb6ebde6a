"""Prices, to which rows are only ever added; and the versions that people prepare."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
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

price_draft = Table(
    "price_draft",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("begins_on", Date, nullable=False),
    Column("source", Text, nullable=False),
    Column("based_on", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("prepared_by", UUID(as_uuid=True), ForeignKey("staff.id"), nullable=False),
    Column("prepared_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", UUID(as_uuid=True), ForeignKey("staff.id")),
    Column("decided_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('PREPARED', 'PUBLISHED', 'WITHDRAWN')", name="state"),
    CheckConstraint("(state = 'PREPARED') = (decided_at IS NULL)", name="decided_says_when"),
    CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_says_who"),
    CheckConstraint("state <> 'PUBLISHED' OR decided_by <> prepared_by", name="four_eyes"),
    CheckConstraint("source <> ''", name="source_given"),
)
price_draft_line = Table(
    "price_draft_line",
    metadata,
    Column("draft_id", UUID(as_uuid=True), ForeignKey("price_draft.id"), primary_key=True),
    Column("class", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("tier_from", Integer, primary_key=True),
    Column("tier_below", Integer),
    Column("unit_price", Numeric(18, 8)),
    CheckConstraint("tier_from >= 1", name="tier_from_one"),
    CheckConstraint("tier_below IS NULL OR tier_below > tier_from", name="tier_not_empty"),
    CheckConstraint("unit_price >= 0", name="price_not_negative"),
)

# `refuse_change` is made with the books' tables (`ledger/tables.py`) before any table is. What a
# colleague compares before publishing is what was prepared, so a draft's lines never change either.
for _fixed in (price_version, price_draft_line):
    event.listen(
        _fixed,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy does not type this constructor
            f"CREATE TRIGGER {_fixed.name}_is_immutable BEFORE UPDATE OR DELETE ON {_fixed.name} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
    )
