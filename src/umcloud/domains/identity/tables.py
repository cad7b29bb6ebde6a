"""Tables of real-name verification."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from umcloud.infra.db import metadata

_MOMENT = DateTime(timezone=True)

legal_subject = Table(
    "legal_subject",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("number", String(18), nullable=False),
    Column("name", String(100), nullable=False),
    Column("legal_person", String(64), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    UniqueConstraint("kind", "number"),
    CheckConstraint("kind IN ('ORGANISATION')", name="kind"),
)

# C6.1: the primary key lets an account have one subject only; a subject may have many accounts.
account_subject = Table(
    "account_subject",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("subject_id", Uuid, ForeignKey("legal_subject.id"), nullable=False),
    Column("since", _MOMENT, nullable=False),
)
Index("ix_account_subject_subject_id", account_subject.c.subject_id)

identity_application = Table(
    "identity_application",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("uscc", String(18), nullable=False),
    Column("legal_person", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("submitted_at", _MOMENT),
    Column("decided_at", _MOMENT),
    Column("decided_by", Uuid, ForeignKey("staff.id")),
    Column("reason", String(500)),
    CheckConstraint("state IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'REFUSED')", name="state"),
    CheckConstraint("(state = 'DRAFT') = (submitted_at IS NULL)", name="submitted_says_when"),
    CheckConstraint(
        "(state IN ('APPROVED', 'REFUSED')) = (decided_at IS NOT NULL)", name="decided_says_when"
    ),
    CheckConstraint("(state = 'REFUSED') = (reason IS NOT NULL)", name="refused_says_why"),
)
Index(
    "ix_identity_application_account_id_id",
    identity_application.c.account_id,
    identity_application.c.id,
)
Index(
    "uq_identity_application_living",
    identity_application.c.account_id,
    unique=True,
    postgresql_where=text("state <> 'REFUSED'"),
)
Index(
    "ix_identity_application_queue",
    identity_application.c.submitted_at,
    identity_application.c.id,
    postgresql_where=text("state = 'SUBMITTED'"),
)

identity_document = Table(
    "identity_document",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("identity_application.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("media_type", String(32), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("uploaded_at", _MOMENT, nullable=False),
    # A second upload of a kind replaces the first.
    UniqueConstraint("application_id", "kind"),
    CheckConstraint("kind IN ('LICENCE', 'AUTHORISATION')", name="kind"),
    CheckConstraint("size BETWEEN 1 AND 4194304", name="size"),
)
