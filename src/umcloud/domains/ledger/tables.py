"""The tables of the books. Every one leads with `lane`, the unit of distribution (ADR 0022)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from umcloud.infra.db import after, before_all, metadata

wallet = Table(
    "wallet",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("currency", Text, nullable=False),
    Column("posted", BigInteger, nullable=False),
    # What was paid in and may be paid back: `posted` less all buckets. It stands here and not in
    # a bucket of its own because nearly every charge draws on it alone (ADR 0032).
    Column("cash", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("credit_limit", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("lane", "id"),
    UniqueConstraint("lane", "account_id", "currency"),
    CheckConstraint("lane BETWEEN 0 AND 255", name="lane_range"),
    CheckConstraint("cash >= 0", name="i9_not_negative"),
    CheckConstraint("held >= 0", name="held_positive"),
    CheckConstraint("credit_limit >= 0", name="credit_positive"),
    CheckConstraint("posted - held + credit_limit >= 0", name="i4_affordable"),
    postgresql_with={"fillfactor": "50"},
)

bucket = Table(
    "bucket",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("wallet_id", UUID(as_uuid=True), nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("granted", BigInteger, nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("lane", "wallet_id", "id"),
    ForeignKeyConstraint(["lane", "wallet_id"], ["wallet.lane", "wallet.id"]),
    CheckConstraint("kind IN ('package', 'voucher', 'gift', 'credit')", name="kind_known"),
    CheckConstraint("remaining >= 0 OR kind = 'credit'", name="i9_not_negative"),
    postgresql_with={"fillfactor": "50"},
)
# One open-ended bucket a kind: recharges add to it, so a wallet never grows a bucket a recharge.
Index(
    "uq_bucket_open_ended",
    bucket.c.lane,
    bucket.c.wallet_id,
    bucket.c.kind,
    unique=True,
    postgresql_where=text("expires_at IS NULL"),
)

journal = Table(
    "journal",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("booked_at", DateTime(timezone=True), nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor_id", UUID(as_uuid=True)),
    Column("reverses", UUID(as_uuid=True)),
    Column("idempotency_key", Text),
    Column("request_hash", LargeBinary),
    PrimaryKeyConstraint("lane", "id"),
    CheckConstraint("(idempotency_key IS NULL) = (request_hash IS NULL)", name="i10_key_with_hash"),
)
Index(
    "uq_journal_idempotency_key",
    journal.c.lane,
    journal.c.idempotency_key,
    unique=True,
    postgresql_where=text("idempotency_key IS NOT NULL"),
)

entry = Table(
    "entry",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("wallet_id", UUID(as_uuid=True), nullable=False),
    Column("seq", BigInteger, nullable=False),
    # A batch's journal covers wallets of many lanes and stands on one of them (ADR 0026).
    Column("journal_lane", SmallInteger, nullable=False),
    Column("journal_id", UUID(as_uuid=True), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("balance_after", BigInteger, nullable=False),
    PrimaryKeyConstraint("lane", "wallet_id", "seq"),
    UniqueConstraint("journal_id", "journal_lane", "wallet_id"),
    CheckConstraint("amount <> 0", name="moves_something"),
    CheckConstraint("seq > 0", name="i3_from_one"),
)

operator_entry = Table(
    "operator_entry",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("journal_id", UUID(as_uuid=True), nullable=False),
    Column("line", SmallInteger, nullable=False),
    Column("ledger_account", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    PrimaryKeyConstraint("lane", "journal_id", "line"),
    CheckConstraint("amount <> 0", name="moves_something"),
)

hold = Table(
    "hold",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("wallet_id", UUID(as_uuid=True), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    Column("journal_id", UUID(as_uuid=True)),
    PrimaryKeyConstraint("lane", "id"),
    ForeignKeyConstraint(["lane", "wallet_id"], ["wallet.lane", "wallet.id"]),
    CheckConstraint("amount > 0", name="positive"),
    CheckConstraint("state IN ('open', 'posted', 'voided', 'expired')", name="state_known"),
    CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_when_closed"),
)
Index("ix_hold_open", hold.c.expires_at, postgresql_where=text("state = 'open'"))

operator_fold = Table(
    "operator_fold",
    metadata,
    Column("ledger_account", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("upto_block", BigInteger, nullable=False),
    PrimaryKeyConstraint("ledger_account", "currency", "lane"),
)

journal_block = Table(
    "journal_block",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("from_id", UUID(as_uuid=True), nullable=False),
    Column("upto_id", UUID(as_uuid=True), nullable=False),
    Column("journals", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("octet_length(hash) = 32", name="sha256"),
)

# Which block sealed a journal. Blocks are sets, not ranges of ids: a journal that commits late,
# with an id older than the last block's, simply goes into the next one.
journal_seal = Table(
    "journal_seal",
    metadata,
    Column("lane", SmallInteger, nullable=False),
    Column("journal_id", UUID(as_uuid=True), nullable=False),
    Column("block", BigInteger, nullable=False),
    PrimaryKeyConstraint("lane", "journal_id"),
)
Index("ix_journal_seal_block", journal_seal.c.block)

before_all(
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
)
for _table in (journal, entry, operator_entry, journal_block, journal_seal):
    after(
        _table,
        f"CREATE TRIGGER {_table.name}_is_immutable BEFORE UPDATE OR DELETE ON {_table.name} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    )
