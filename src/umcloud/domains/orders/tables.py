"""Paid orders of packages."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from umcloud.infra.db import metadata

package_order = Table(
    "package_order",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("package_group", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", Numeric(18, 8), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("price_id", UUID(as_uuid=True), ForeignKey("price_version.id"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("placed_by", UUID(as_uuid=True)),
    Column("bucket_id", UUID(as_uuid=True), nullable=False, unique=True),
    Column("journal_id", UUID(as_uuid=True), nullable=False, unique=True),
    Column("idempotency_key", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("voided_units", Integer),
    Column("void_journal_id", UUID(as_uuid=True)),
    Column("earned_units", Integer, nullable=False, server_default="0"),
    Column("earned", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("account_id", "idempotency_key"),
    CheckConstraint("package_group IN ('notice', 'marketing')", name="group_known"),
    CheckConstraint("number ~ '^[0-9]{23}$'", name="number_shape"),
    CheckConstraint("quantity % 100 = 0 AND quantity >= 100", name="in_hundreds"),
    CheckConstraint("amount = round(unit_price * quantity * 1000000)", name="i13_priced_once"),
    CheckConstraint("expires_at > placed_at", name="valid_for_a_while"),
    CheckConstraint("earned_units BETWEEN 0 AND quantity", name="earns_at_most_all"),
    # Of the whole, not step by step: however often it is booked, all units earn the price.
    CheckConstraint(
        "earned = round(amount::numeric * earned_units / quantity)", name="earned_by_units"
    ),
    CheckConstraint("voided_units BETWEEN 0 AND quantity", name="voids_at_most_all"),
    CheckConstraint(
        "(void_journal_id IS NOT NULL) = (coalesce(voided_units, 0) > 0)", name="void_is_booked"
    ),
)
Index("ix_package_order_account_id_id", package_order.c.account_id, package_order.c.id)
Index(
    "ix_package_order_to_void",
    package_order.c.expires_at,
    postgresql_where=text("voided_units IS NULL"),
)
Index(
    "ix_package_order_to_earn",
    package_order.c.id,
    postgresql_where=text("voided_units IS NULL OR earned_units < quantity"),
)
