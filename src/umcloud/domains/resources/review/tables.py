"""The decisions."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from umcloud.infra.db import metadata

review_decision = Table(
    "review_decision",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    # No foreign key: it is a row of one of two tables, of which none is ever taken out.
    Column("subject", Text, nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("verdict", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reviewer_id", UUID(as_uuid=True)),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("seen", JSONB, nullable=False),
    # The decision makes a revision of its own, so nothing is decided twice in one revision.
    UniqueConstraint("subject_id", "revision"),
    CheckConstraint("subject IN ('signature', 'template')", name="subject_known"),
    CheckConstraint("verdict IN (2, 3, 4)", name="verdict_known"),
    CheckConstraint("(verdict IN (3, 4)) = (reason <> '')", name="reason_where_refused"),
    CheckConstraint("jsonb_typeof(seen) = 'object'", name="seen_by_field"),
    CheckConstraint("revision > 1", name="after_the_first_revision"),
)
