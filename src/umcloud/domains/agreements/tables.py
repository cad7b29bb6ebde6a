"""Tables of the agreements. Rows are only ever added: triggers refuse a change or a removal."""

from __future__ import annotations

from sqlalchemy import (
    TIMESTAMP,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

from umcloud.infra.db import after, metadata

agreement_version = Table(
    "agreement_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("effective_from", TIMESTAMP(timezone=True), nullable=False),
    Column("published_at", TIMESTAMP(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("kind", "version", "locale"),
    # Two versions that begin at one moment would leave open which of them binds.
    UniqueConstraint("kind", "locale", "effective_from"),
    # The target of consent's composite key: a consent cannot name a hash its version never had.
    UniqueConstraint("id", "kind", "version", "locale", "sha256"),
    CheckConstraint("kind IN ('user-agreement')", name="kind"),
    CheckConstraint("locale IN ('zh_CN', 'en')", name="locale"),
    CheckConstraint("version <> ''", name="version"),
    # What is hashed is what is kept: the database recomputes it.
    CheckConstraint("sha256 = sha256(convert_to(text, 'UTF8'))", name="hash_of_text"),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("member_id", Uuid, ForeignKey("member.id"), nullable=False),
    Column("version_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("emphasised", ARRAY(Text), nullable=False),
    Column("acknowledged", ARRAY(Text), nullable=False),
    Column("seconds_on_page", Integer, nullable=False),
    Column("authority_confirmed", Boolean, nullable=False),
    Column("ip", Text),
    Column("user_agent", Text),
    Column("door", Text, nullable=False),
    Column("at", TIMESTAMP(timezone=True), nullable=False),
    Column("chain_seq", Integer, nullable=False),
    Column("chain_hash", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["version_id", "kind", "version", "locale", "sha256"],
        [f"agreement_version.{column}" for column in ("id", "kind", "version", "locale", "sha256")],
    ),
    UniqueConstraint("account_id", "member_id", "version_id"),
    # The last guard of the chain: two writers can never both be the n-th of one account.
    UniqueConstraint("account_id", "chain_seq"),
    CheckConstraint("acknowledged @> emphasised", name="all_emphasised_acknowledged"),
    CheckConstraint("cardinality(emphasised) > 0", name="something_emphasised"),
    CheckConstraint("authority_confirmed", name="authority"),
    CheckConstraint("seconds_on_page >= 0", name="page_time"),
    CheckConstraint("chain_seq >= 1", name="chain_seq"),
    CheckConstraint("octet_length(chain_hash) = 32", name="chain_hash"),
)

# `refuse_change` is made before any table is, with the books' tables (`ledger/tables.py`).
for _table in (agreement_version, consent):
    after(
        _table,
        f"CREATE TRIGGER {_table.name}_is_immutable BEFORE UPDATE OR DELETE ON {_table.name} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    )
