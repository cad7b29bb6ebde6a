"""Tables of notifications."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from umcloud.infra.db import metadata

_MOMENT = DateTime(timezone=True)

notification = Table(
    "notification",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("member_id", Uuid, ForeignKey("member.id")),
    Column("event_name", String(80), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("read_at", _MOMENT),
)
Index("ix_notification_account_id_id", notification.c.account_id, notification.c.id)
Index(
    "ix_notification_unread",
    notification.c.account_id,
    postgresql_where=text("read_at IS NULL"),
)

email_outbox = Table(
    "email_outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id")),
    Column("recipient", String(254), nullable=False),
    Column("subject", String(200), nullable=False),
    # The text may hold a one-time code: it rests sealed and is erased once it is out or given up.
    Column("sealed_text", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("due_at", _MOMENT, nullable=False),
    Column("last_error", String(200)),
    Column("created_at", _MOMENT, nullable=False),
    Column("sent_at", _MOMENT),
    CheckConstraint("state IN ('QUEUED', 'SENT', 'DEAD')", name="state"),
    CheckConstraint("(state = 'QUEUED') = (sealed_text IS NOT NULL)", name="text_while_queued"),
    CheckConstraint("(state = 'SENT') = (sent_at IS NOT NULL)", name="sent_says_when"),
)
Index(
    "ix_email_outbox_due",
    email_outbox.c.due_at,
    email_outbox.c.id,
    postgresql_where=text("state = 'QUEUED'"),
)

announcement = Table(
    "announcement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_name", String(80), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("email", Boolean, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    # Accounts are told in the order of their ids; this one was told last.
    Column("after_account_id", Uuid),
    Column("told", BigInteger, nullable=False),
    Column("ended_at", _MOMENT),
    CheckConstraint("told >= 0", name="told_counted"),
    CheckConstraint("ended_at IS NULL OR ended_at >= created_at", name="in_order"),
)
Index(
    "ix_announcement_open",
    announcement.c.id,
    postgresql_where=text("ended_at IS NULL"),
)
