"""Templates."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from umcloud.infra.db import metadata

template = Table(
    "template",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("public_id", Text, nullable=False, unique=True),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("class", Text, nullable=False, key="cls"),
    Column("name", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("unsubscribe", Text, nullable=False),
    Column("international", Boolean, nullable=False),
    Column("variable_count", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("reviewer_id", UUID(as_uuid=True)),
    Column("taken_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("class IN ('otp', 'notice', 'marketing')", name="class_known"),
    CheckConstraint("char_length(name) BETWEEN 2 AND 32", name="name_length"),
    CheckConstraint("char_length(content || unsubscribe) BETWEEN 1 AND 500", name="content_length"),
    CheckConstraint("unsubscribe = '' OR class = 'marketing'", name="unsubscribe_from_marketing"),
    CheckConstraint("variable_count >= 0", name="variables_counted"),
    CheckConstraint("state BETWEEN 0 AND 4", name="state_known"),
    CheckConstraint("(state IN (3, 4)) = (reason <> '')", name="reason_where_refused"),
    CheckConstraint("(state = 0) = (taken_at IS NULL)", name="taken_unless_waiting"),
    CheckConstraint("(state IN (0, 1)) = (decided_at IS NULL)", name="decided_at_the_end"),
    CheckConstraint("deleted_at IS NULL OR state <> 1", name="not_deleted_in_review"),
    CheckConstraint("revision > 0", name="revision_from_one"),
)
Index("ix_template_account", template.c.account_id, template.c.id)
Index(
    "ix_template_queue",
    template.c.submitted_at,
    template.c.id,
    postgresql_where=text("state IN (0, 1) AND deleted_at IS NULL"),
)
