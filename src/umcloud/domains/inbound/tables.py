"""Parts as they came, whole messages, and who wrote to whom last."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from umcloud.infra.db import Xid8, metadata

_MOMENT = DateTime(timezone=True)

inbound_message = Table(
    "inbound_message",
    metadata,
    Column("id", Uuid, primary_key=True),
    # A follower that stops below `pg_snapshot_xmin` never skips a late commit.
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("account_id", Uuid, ForeignKey("account.id")),
    Column("line", SmallInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("extend_code", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("parts", SmallInteger, nullable=False),
    Column("missing", SmallInteger, nullable=False),
    Column("message_id", Uuid),
    Column("client_ref", Text),
    Column("at", _MOMENT, nullable=False),
    CheckConstraint("(account_id IS NULL) = (message_id IS NULL)", name="related_or_nobodys"),
    CheckConstraint("missing BETWEEN 0 AND parts - 1", name="something_came"),
)
Index("ix_inbound_message_account_id_id", inbound_message.c.account_id, inbound_message.c.id)
Index("ix_inbound_message_xid_id", inbound_message.c.xid, inbound_message.c.id)
Index(
    "ix_inbound_message_nobodys",
    inbound_message.c.id,
    postgresql_where=text("account_id IS NULL"),
)

inbound_part = Table(
    "inbound_part",
    metadata,
    Column("link", Uuid, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("line", SmallInteger, nullable=False),
    # Equal for equal PDUs of one line: what the carrier delivers again is known by it.
    Column("fingerprint", LargeBinary, nullable=False),
    # The carrier has our answer for sure; until then it may deliver the same over another link.
    Column("answered", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("coding", SmallInteger, nullable=False),
    Column("reference", Integer),
    Column("total", SmallInteger, nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("inbound_id", Uuid, ForeignKey("inbound_message.id")),
    PrimaryKeyConstraint("link", "ordinal"),
    CheckConstraint("number BETWEEN 1 AND total", name="number_of_total"),
    CheckConstraint("(reference IS NULL) = (total = 1)", name="long_ones_have_a_reference"),
    CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint_length"),
)
Index(
    "ix_inbound_part_suspect",
    inbound_part.c.fingerprint,
    postgresql_where=text("NOT answered"),
)
Index(
    "ix_inbound_part_open",
    inbound_part.c.at,
    postgresql_where=text("inbound_id IS NULL"),
)
Index("ix_inbound_part_at", inbound_part.c.at)

conversation = Table(
    "conversation",
    metadata,
    # A hash of our number and theirs: the number itself stays in the message alone.
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("lane", SmallInteger, nullable=False),
    Column("message_id", Uuid, nullable=False),
    postgresql_with={"fillfactor": "80"},
)

conversation_cursor = Table(
    "conversation_cursor",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
)
