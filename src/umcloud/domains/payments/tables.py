"""Payments, every notice about them, and the channels' statements."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from umcloud.infra.db import metadata

payment = Table(
    "payment",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("account_id", UUID(as_uuid=True), nullable=False),
    Column("number", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("pay_url", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("trade_number", Text),
    Column("payer_id", Text),
    Column("payer_name", Text),
    Column("paid_at", DateTime(timezone=True)),
    Column("journal_id", UUID(as_uuid=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("asks", Integer, nullable=False, server_default="0"),
    Column("next_ask_at", DateTime(timezone=True), nullable=False),
    Column("unpaid_at", DateTime(timezone=True)),
    UniqueConstraint("account_id", "idempotency_key"),
    UniqueConstraint("channel", "trade_number"),
    CheckConstraint("state IN ('created', 'paid', 'closed')", name="state_known"),
    CheckConstraint("amount BETWEEN 10000 AND 1000000000000", name="amount_bounds"),
    CheckConstraint("amount % 10000 = 0", name="whole_fen"),
    CheckConstraint(
        "(state = 'paid') = (num_nonnulls(trade_number, payer_id, payer_name, paid_at, journal_id)"
        " = 5)",
        name="paid_is_proved",
    ),
    CheckConstraint("state <> 'closed' OR closed_at IS NOT NULL", name="closed_has_moment"),
    CheckConstraint("unpaid_at > expires_at", name="unpaid_is_known_after_the_end"),
)
Index("ix_payment_account_id_id", payment.c.account_id, payment.c.id)
Index(
    "ix_payment_to_ask",
    payment.c.channel,
    payment.c.next_ask_at,
    postgresql_where=text("state = 'created'"),
)
Index(
    "ix_payment_to_close",
    payment.c.expires_at,
    postgresql_where=text("state = 'created' AND unpaid_at IS NOT NULL"),
)
Index("ix_payment_paid", payment.c.channel, payment.c.paid_at)

payment_notice = Table(
    "payment_notice",
    metadata,
    Column("channel", Text, nullable=False),
    Column("notice_id", Text, nullable=False),
    Column("payment_id", UUID(as_uuid=True), ForeignKey("payment.id")),
    Column("bill_number", Text, nullable=False),
    Column("trade_number", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("payer_id", Text, nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("paid_at", DateTime(timezone=True)),
    Column("outcome", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("channel", "notice_id"),
    CheckConstraint("state IN ('waiting', 'paid', 'closed')", name="state_known"),
    CheckConstraint(
        "outcome IN ('settled', 'repeated', 'closed', 'ignored', 'second_trade', 'mismatch', "
        "'unknown')",
        name="outcome_known",
    ),
    CheckConstraint("(outcome = 'unknown') = (payment_id IS NULL)", name="unknown_has_no_payment"),
)
Index("ix_payment_notice_payment_id", payment_notice.c.payment_id)
Index(
    "uq_payment_notice_suspended",
    payment_notice.c.channel,
    payment_notice.c.trade_number,
    unique=True,
    postgresql_where=text("outcome = 'second_trade'"),
)

payment_statement = Table(
    "payment_statement",
    metadata,
    Column("channel", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("imported_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("channel", "day"),
)

payment_statement_line = Table(
    "payment_statement_line",
    metadata,
    Column("channel", Text, nullable=False),
    Column("trade_number", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("bill_number", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("payer_id", Text, nullable=False),
    Column("paid_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("channel", "trade_number"),
    ForeignKeyConstraint(
        ["channel", "day"], ["payment_statement.channel", "payment_statement.day"]
    ),
    CheckConstraint("amount > 0", name="positive"),
)
Index("ix_payment_statement_line_day", payment_statement_line.c.channel, "day")

# `refuse_change` is made with the books' tables (`ledger/tables.py`) before any table is.
for _table in (payment_notice, payment_statement, payment_statement_line):
    event.listen(
        _table,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy does not type this constructor
            f"CREATE TRIGGER {_table.name}_is_immutable BEFORE UPDATE OR DELETE ON {_table.name} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
    )
