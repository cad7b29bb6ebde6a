"""Tables of the audit log."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from umcloud.infra.db import metadata

audit_record = Table(
    "audit_record",
    metadata,
    Column("id", Uuid, primary_key=True),
    # No foreign keys: the log outlives what it speaks of, and lies below every other slice.
    Column("account_id", Uuid),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", Uuid),
    Column("door", String(16), nullable=False),
    Column("name", String(80), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("ip", String(45)),
    Column("user_agent", String(300)),
    Column("request_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("chain_seq", BigInteger),
    Column("chain_hash", LargeBinary),
    UniqueConstraint("chain_seq"),
    CheckConstraint("(chain_seq IS NULL) = (chain_hash IS NULL)", name="sealed_whole"),
    CheckConstraint("octet_length(chain_hash) = 32", name="sha256"),
    CheckConstraint("chain_seq >= 1", name="counted_from_one"),
)

Index("ix_audit_record_account_id_id", audit_record.c.account_id, audit_record.c.id)
Index("ix_audit_record_name_id", audit_record.c.name, audit_record.c.id)
Index(
    "ix_audit_record_actor_id_id",
    audit_record.c.actor_id,
    audit_record.c.id,
    postgresql_where=text("actor_id IS NOT NULL"),
)
Index(
    "ix_audit_record_unsealed",
    audit_record.c.at,
    audit_record.c.id,
    postgresql_where=text("chain_seq IS NULL"),
)

#: Where the chain ends. It makes cutting off the newest links visible, which the links cannot.
audit_head = Table(
    "audit_head",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("single", name="one_row"),
    CheckConstraint("octet_length(hash) = 32", name="sha256"),
)

#: What the checks of all promises (`umcloud audit`, as the worker runs it) found, newest first.
audit_run = Table(
    "audit_run",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("scope", String(8), nullable=False),
    # From when on, and below which transaction nothing, where not everything was looked at.
    Column("since", DateTime(timezone=True)),
    Column("xid", BigInteger),
    Column("checked", Integer, nullable=False),
    Column("violations", JSONB, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    CheckConstraint("jsonb_typeof(violations) = 'array'", name="violations_are_a_list"),
    CheckConstraint("checked >= 0 AND milliseconds >= 0", name="not_negative"),
    CheckConstraint("scope IN ('new', 'all')", name="scope_known"),
    CheckConstraint("(scope = 'new') = (since IS NOT NULL)", name="new_says_since_when"),
)
Index("ix_audit_run_scope_at", audit_run.c.scope, audit_run.c.at)
Index("ix_audit_run_at", audit_run.c.at)

#: How far the check of everything is that is under way. It outlives a stop, and a night.
audit_sweep = Table(
    "audit_sweep",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("question", String(120), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("violations", JSONB, nullable=False),
    CheckConstraint("single", name="one_row"),
)
