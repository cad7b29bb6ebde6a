"""The numbers that want no more marketing, by account."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from umcloud.infra.db import metadata

opt_out = Table(
    "opt_out",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("origin", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("account_id", "number"),
    CheckConstraint("number ~ '^[0-9]+$'", name="number_is_digits"),
    CheckConstraint("origin IN ('reply', 'hand')", name="origin_known"),
)
Index("ix_opt_out_account_id_id", opt_out.c.account_id, opt_out.c.id, unique=True)
