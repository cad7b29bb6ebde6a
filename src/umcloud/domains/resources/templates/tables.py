"""Templates."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    SmallInteger,
    Table,
    Text,
    text,
)

from umcloud.domains.resources.review.columns import review_columns
from umcloud.infra.db import metadata

template = Table(
    "template",
    metadata,
    *review_columns(),
    Column("class", Text, nullable=False, key="cls"),
    Column("name", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("unsubscribe", Text, nullable=False),
    Column("international", Boolean, nullable=False),
    Column("variable_count", SmallInteger, nullable=False),
    CheckConstraint("class IN ('otp', 'notice', 'marketing')", name="class_known"),
    CheckConstraint("char_length(name) BETWEEN 2 AND 32", name="name_length"),
    CheckConstraint("char_length(content || unsubscribe) BETWEEN 1 AND 500", name="content_length"),
    CheckConstraint("unsubscribe = '' OR class = 'marketing'", name="unsubscribe_from_marketing"),
    CheckConstraint("variable_count >= 0", name="variables_counted"),
)
Index("ix_template_account", template.c.account_id, template.c.id)
Index(
    "ix_template_queue",
    template.c.submitted_at,
    template.c.id,
    postgresql_where=text("state IN (0, 1) AND deleted_at IS NULL"),
)
