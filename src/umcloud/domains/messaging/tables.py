"""The message log and what steers it. All log tables are append-only and partitioned by day."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from umcloud.infra.db import Xid8, after, metadata
from umcloud.infra.partitions import partition_daily

lane_log = Table(
    "lane_log",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("last_id", UUID(as_uuid=True), nullable=False),
    CheckConstraint("lane BETWEEN 0 AND 255", name="lane_range"),
    postgresql_with={"fillfactor": "20"},
)
after(
    lane_log,
    "INSERT INTO lane_log SELECT n, '00000000-0000-0000-0000-000000000000' "
    "FROM generate_series(0, 255) AS n",
)

sender = Table(
    "sender",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("lane", "account_id"),
)

carrier_line = Table(
    "carrier_line",
    metadata,
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("system_id", Text, nullable=False),
    Column("password_sealed", LargeBinary, nullable=False),
    Column("source", Text, nullable=False),
    Column("window", Integer, nullable=False),
    Column("per_second", Integer),
    Column("state", Text, nullable=False),
    Column("carries", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    CheckConstraint("number BETWEEN 1 AND 999", name="number_range"),
    CheckConstraint("port BETWEEN 1 AND 65535", name="port_range"),
    CheckConstraint('"window" BETWEEN 1 AND 10000', name="window_range"),
    CheckConstraint("per_second > 0", name="some_speed"),
    CheckConstraint("state IN ('enabled', 'draining', 'disabled')", name="state_known"),
    CheckConstraint("carries IN ('domestic', 'international', 'all')", name="carries_known"),
)

message = Table(
    "message",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("line", SmallInteger, nullable=False),
    Column("class", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("parts", SmallInteger, nullable=False),
    Column("segments", SmallInteger, nullable=False),
    Column("template_id", UUID(as_uuid=True), nullable=False),
    Column("signature_id", UUID(as_uuid=True)),
    Column("client_ref", Text),
    PrimaryKeyConstraint("lane", "id"),
    CheckConstraint("class IN ('otp', 'notice', 'marketing')", name="class_known"),
    CheckConstraint("parts > 0", name="has_parts"),
    CheckConstraint("segments > 0", name="has_segments"),
    postgresql_partition_by="RANGE (id)",
)
Index("ix_message_account_id", message.c.account_id, message.c.id)
partition_daily(message)

# The keys of what is only ever looked up by its whole key begin with the id, which grows with time:
# new rows then go to one end of the index, and not to as many places as there are lanes (ADR 0033).
submission = Table(
    "submission",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("line", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("carrier_id", Text),
    Column("error", Integer),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id", "lane", "part", "attempt"),
    CheckConstraint("state IN ('submitted', 'rejected', 'unknown')", name="state_known"),
    CheckConstraint("(state = 'submitted') = (carrier_id IS NOT NULL)", name="carrier_names_it"),
    postgresql_partition_by="RANGE (id)",
)
Index("ix_submission_carrier_id", submission.c.carrier_id)
partition_daily(submission)

receipt = Table(
    "receipt",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("carrier_at", DateTime(timezone=True)),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id", "lane", "part"),
    CheckConstraint("state IN ('delivered', 'failed', 'unknown')", name="state_known"),
    postgresql_partition_by="RANGE (id)",
)
partition_daily(receipt)

final = Table(
    "final",
    metadata,
    # The transaction's number: rows of a lower one than any still running are all there, so a
    # follower that stops below `pg_snapshot_xmin` never skips a late commit.
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("class", Text, nullable=False),
    Column("segments", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("xid", "lane", "id"),
    CheckConstraint("state IN ('delivered', 'failed', 'unknown', 'rejected')", name="state_known"),
    postgresql_partition_by="RANGE (id)",
)
partition_daily(final)

idempotency = Table(
    "idempotency",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("session_id", UUID(as_uuid=True), nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("lane", "account_id", "key"),
    CheckConstraint("length(key) BETWEEN 1 AND 255", name="key_length"),
)
Index("ix_idempotency_at", idempotency.c.at)

orphan_receipt = Table(
    "orphan_receipt",
    metadata,
    Column("line", SmallInteger, nullable=False),
    Column("carrier_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("carrier_at", DateTime(timezone=True)),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("line", "carrier_id"),
)

line_cursor = Table(
    "line_cursor",
    metadata,
    Column("line", SmallInteger, ForeignKey("carrier_line.number"), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    PrimaryKeyConstraint("line", "lane"),
)

# What the process of the lines says about each, every second: a glance, no history.
line_pulse = Table(
    "line_pulse",
    metadata,
    Column("line", SmallInteger, ForeignKey("carrier_line.number"), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("is_bound", Boolean, nullable=False),
    Column("in_flight", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("submitted_per_second", Integer, nullable=False),
    Column("receipts_per_second", Integer, nullable=False),
    Column("trouble", Text),
    Column("trouble_detail", Text),
    Column("trouble_at", DateTime(timezone=True)),
    CheckConstraint("in_flight >= 0 AND waiting >= 0", name="not_negative"),
    CheckConstraint("(trouble IS NULL) = (trouble_at IS NULL)", name="trouble_has_moment"),
)

daily_count = Table(
    "daily_count",
    metadata,
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("day", Date, nullable=False),
    Column("class", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("segments", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "day", "class", "state"),
)
Index("ix_daily_count_day", daily_count.c.day)

# How far each lane's messages are in `daily_count`.
accepted_cursor = Table(
    "accepted_cursor",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    CheckConstraint("lane BETWEEN 0 AND 255", name="lane_range"),
)
after(
    accepted_cursor,
    "INSERT INTO accepted_cursor SELECT n, '00000000-0000-0000-0000-000000000000' "
    "FROM generate_series(0, 255) AS n",
)

log_cursor = Table(
    "log_cursor",
    metadata,
    Column("follower", Text, nullable=False),
    Column("xid", Xid8, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    # No end of a message with a lower id is still to come (`jobs.close_days`).
    Column(
        "open_from",
        UUID(as_uuid=True),
        nullable=False,
        server_default="00000000-0000-0000-0000-000000000000",
    ),
    PrimaryKeyConstraint("follower"),
)
after(
    log_cursor,
    "INSERT INTO log_cursor (follower, xid, lane, id) VALUES "
    "('daily_count', '0', -1, '00000000-0000-0000-0000-000000000000')",
)
