"""Signatures and the files that prove them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from umcloud.domains.resources.review.columns import review_columns
from umcloud.infra.db import metadata

signature = Table(
    "signature",
    metadata,
    *review_columns(),
    Column("text", Text, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("purpose", SmallInteger, nullable=False),
    Column("certificate_type", SmallInteger, nullable=False),
    Column("description", Text, nullable=False),
    Column("international", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    CheckConstraint("char_length(text) BETWEEN 2 AND 20", name="text_length"),
    CheckConstraint("type BETWEEN 0 AND 5", name="type_known"),
    CheckConstraint("purpose IN (0, 1)", name="purpose_known"),
    CheckConstraint("certificate_type BETWEEN 0 AND 5", name="certificate_type_known"),
    CheckConstraint(
        "NOT is_default OR (state = 2 AND deleted_at IS NULL)", name="default_is_usable"
    ),
)
Index(
    "uq_signature_text_alive",
    signature.c.account_id,
    signature.c.text,
    unique=True,
    postgresql_where=text("deleted_at IS NULL"),
)
Index(
    "uq_signature_default",
    signature.c.account_id,
    unique=True,
    postgresql_where=text("is_default"),
)
Index("ix_signature_account", signature.c.account_id, signature.c.id)
Index(
    "ix_signature_queue",
    signature.c.submitted_at,
    signature.c.id,
    postgresql_where=text("state IN (0, 1) AND deleted_at IS NULL"),
)

signature_evidence = Table(
    "signature_evidence",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("signature_id", UUID(as_uuid=True), ForeignKey("signature.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
    Column("replaced_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('certificate', 'authority')", name="kind_known"),
    CheckConstraint(
        "media_type IN ('image/jpeg', 'image/png', 'application/pdf')", name="media_type_known"
    ),
    CheckConstraint("size = octet_length(content)", name="size_true"),
    CheckConstraint("size <= 4194304", name="at_most_4_mb"),
    CheckConstraint("octet_length(sha256) = 32", name="sha256_length"),
)
Index(
    "uq_signature_evidence_current",
    signature_evidence.c.signature_id,
    signature_evidence.c.kind,
    unique=True,
    postgresql_where=text("replaced_at IS NULL"),
)
