"""Charges and their outcomes: append-only logs, one partition a day."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from umcloud.infra.db import metadata
from umcloud.infra.partitions import partition_daily

# Keys begin with the id: see `messaging.tables`.
charge = Table(
    "charge",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("wallet_id", UUID(as_uuid=True), nullable=False),
    Column("bucket_id", UUID(as_uuid=True), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price_id", UUID(as_uuid=True), nullable=False),
    Column("tax_code", Text, nullable=False),
    Column("refund_on_failure", Boolean, nullable=False),
    Column("journal_lane", SmallInteger, nullable=False),
    Column("journal_id", UUID(as_uuid=True), nullable=False),
    Column("draws", JSONB),
    PrimaryKeyConstraint("id", "lane"),
    CheckConstraint("amount >= 0", name="not_negative"),
    CheckConstraint("quantity > 0", name="something"),
    postgresql_partition_by="RANGE (id)",
)
partition_daily(charge)

charge_outcome = Table(
    "charge_outcome",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("journal_lane", SmallInteger),
    Column("journal_id", UUID(as_uuid=True)),
    PrimaryKeyConstraint("id", "lane"),
    CheckConstraint("kind IN ('settle', 'refund', 'release')", name="kind_known"),
    CheckConstraint("amount >= 0", name="not_negative"),
    CheckConstraint("(kind = 'refund') = (journal_id IS NOT NULL)", name="refund_is_booked"),
    CheckConstraint("(journal_lane IS NULL) = (journal_id IS NULL)", name="whole_journal"),
    postgresql_partition_by="RANGE (id)",
)
# What a journal gave back is compared with it.
Index(
    "ix_charge_outcome_refund",
    charge_outcome.c.journal_id,
    postgresql_where=text("kind = 'refund'"),
)
partition_daily(charge_outcome)
