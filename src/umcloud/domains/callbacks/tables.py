"""Endpoints, deliveries and the log of every call."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from umcloud.infra.db import Xid8, after, metadata

_MOMENT = DateTime(timezone=True)

callback_endpoint = Table(
    "callback_endpoint",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("secret_sealed", LargeBinary),
    Column("state", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    CheckConstraint("form IN ('native', 'signed')", name="form_known"),
    CheckConstraint("state IN ('enabled', 'paused', 'removed')", name="state_known"),
    CheckConstraint("(form = 'signed') = (secret_sealed IS NOT NULL)", name="signed_has_secret"),
    CheckConstraint("length(url) BETWEEN 1 AND 500", name="url_length"),
    CheckConstraint("about IN ('receipts', 'replies')", name="about_known"),
    CheckConstraint("(about = 'receipts') = (cardinality(kinds) > 0)", name="receipts_have_kinds"),
    CheckConstraint(
        "kinds <@ ARRAY['delivered', 'failed', 'rejected', 'unknown']", name="kinds_known"
    ),
)
Index(
    "ix_callback_endpoint_living",
    callback_endpoint.c.account_id,
    postgresql_where=text("state <> 'removed'"),
)

callback_delivery = Table(
    "callback_delivery",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid, ForeignKey("callback_endpoint.id"), nullable=False),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("topic", Text, nullable=False),
    # Places in a log: the messages', and where their ends stand. Numbers and texts stay in the log.
    Column("ids", ARRAY(Uuid), nullable=False),
    Column("xids", ARRAY(Xid8), nullable=False, server_default=text("'{}'")),
    Column("size", Integer, Computed("cardinality(ids)", persisted=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", _MOMENT, nullable=False),
    # Who tries it now; until `next_at` nobody else does, after it the lease is void.
    Column("lease", Uuid),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("created_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    CheckConstraint("topic IN ('receipts', 'replies', 'ping')", name="topic_known"),
    CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="state_known"),
    CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended_says_when"),
    CheckConstraint("tries BETWEEN 0 AND attempts", name="tries_are_attempts"),
    CheckConstraint("(topic = 'ping') = (size = 0) AND size <= 200", name="items_fit"),
    CheckConstraint(
        "cardinality(xids) = CASE topic WHEN 'receipts' THEN size ELSE 0 END", name="ends_have_xids"
    ),
)
# A row is written three times and its ids once: outside of it they are not copied along, and
# random octets are not worth an attempt to compress them.
after(callback_delivery, "ALTER TABLE callback_delivery ALTER COLUMN ids SET STORAGE EXTERNAL")
Index(
    "ix_callback_delivery_due",
    callback_delivery.c.endpoint_id,
    callback_delivery.c.next_at,
    postgresql_where=text("state = 'pending'"),
)
Index("ix_callback_delivery_account_id_id", callback_delivery.c.account_id, callback_delivery.c.id)
Index(
    "ix_callback_delivery_endpoint_id_id", callback_delivery.c.endpoint_id, callback_delivery.c.id
)

callback_attempt = Table(
    "callback_attempt",
    metadata,
    Column("delivery_id", Uuid, ForeignKey("callback_delivery.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("milliseconds", Integer, nullable=False),
    PrimaryKeyConstraint("delivery_id", "number"),
    CheckConstraint("number > 0", name="counted_from_one"),
    CheckConstraint("status IS NOT NULL OR error IS NOT NULL", name="answered_or_not"),
)
