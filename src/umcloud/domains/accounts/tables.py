"""Tables of accounts."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from umcloud.infra.db import metadata

_MOMENT = DateTime(timezone=True)

account = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("lane", SmallInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("state", String(8), nullable=False),
    Column("frozen_reason", String(16)),
    Column("locale", String(8), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("closed_at", _MOMENT),
    CheckConstraint("lane BETWEEN 0 AND 255", name="lane"),
    CheckConstraint("state IN ('ACTIVE', 'FROZEN', 'CLOSED')", name="state"),
    CheckConstraint("(state = 'FROZEN') = (frozen_reason IS NOT NULL)", name="frozen_says_why"),
    CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name="closed_says_when"),
    CheckConstraint(
        "frozen_reason IN ('THEFT', 'PROFILE', 'ARREARS', 'BREACH', 'REQUEST')",
        name="frozen_reason",
    ),
)

member = Table(
    "member",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("email", String(254)),
    Column("phone", String(20)),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("state", String(8), nullable=False),
    Column("password_hash", Text),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("locked_until", _MOMENT),
    Column("created_at", _MOMENT, nullable=False),
    CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name="reachable"),
    CheckConstraint("email = lower(email)", name="email_lower_case"),
    CheckConstraint("role IN ('OWNER', 'DEVELOPER', 'FINANCE', 'VIEWER')", name="role"),
    CheckConstraint("state IN ('ACTIVE', 'REMOVED')", name="state"),
    CheckConstraint("state <> 'ACTIVE' OR password_hash IS NOT NULL", name="active_has_password"),
)
Index("ix_member_account_id", member.c.account_id)
# One living person per address in the whole cloud: the address is what they sign in with.
Index("uq_member_email", member.c.email, unique=True, postgresql_where=text("state <> 'REMOVED'"))
Index("uq_member_phone", member.c.phone, unique=True, postgresql_where=text("state <> 'REMOVED'"))

invitation = Table(
    "invitation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("target", String(254), nullable=False),
    Column("role", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("invited_by", Uuid, ForeignKey("member.id")),
    Column("created_at", _MOMENT, nullable=False),
    Column("sent_at", _MOMENT, nullable=False),
    Column("expires_at", _MOMENT, nullable=False),
    Column("sendings", SmallInteger, nullable=False),
    Column("member_id", Uuid, ForeignKey("member.id")),
    UniqueConstraint("token_hash"),
    UniqueConstraint("member_id"),
    CheckConstraint("channel IN ('email', 'phone')", name="channel"),
    CheckConstraint("role IN ('OWNER', 'DEVELOPER', 'FINANCE', 'VIEWER')", name="role"),
    CheckConstraint("state IN ('OPEN', 'ACCEPTED', 'WITHDRAWN')", name="state"),
    CheckConstraint("(state = 'ACCEPTED') = (member_id IS NOT NULL)", name="accepted_by_somebody"),
    CheckConstraint("octet_length(token_hash) = 32", name="sha256"),
    CheckConstraint("sendings BETWEEN 1 AND 5", name="sendings"),
    CheckConstraint("expires_at > sent_at AND sent_at >= created_at", name="in_order"),
)
Index("ix_invitation_account_id", invitation.c.account_id)
# One open invitation per account and address: it is sent again, not made twice.
Index(
    "uq_invitation_open",
    invitation.c.account_id,
    invitation.c.channel,
    invitation.c.target,
    unique=True,
    postgresql_where=text("state = 'OPEN'"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", String(254), nullable=False),
    Column("name", String(64), nullable=False),
    Column("roles", ARRAY(String(16)), nullable=False),
    Column("state", String(16), nullable=False),
    Column("password_hash", Text),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("locked_until", _MOMENT),
    Column("created_at", _MOMENT, nullable=False),
    UniqueConstraint("email"),
    CheckConstraint("state IN ('INVITED', 'ACTIVE', 'SUSPENDED')", name="state"),
    CheckConstraint("state <> 'ACTIVE' OR password_hash IS NOT NULL", name="active_has_password"),
    CheckConstraint("cardinality(roles) > 0", name="has_a_role"),
)

sign_in_session = Table(
    "sign_in_session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("account_id", Uuid, ForeignKey("account.id")),
    Column("member_id", Uuid, ForeignKey("member.id")),
    Column("staff_id", Uuid, ForeignKey("staff.id")),
    Column("created_at", _MOMENT, nullable=False),
    Column("last_seen_at", _MOMENT, nullable=False),
    Column("expires_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    Column("ip", String(45)),
    Column("user_agent", String(300)),
    UniqueConstraint("token_hash"),
    CheckConstraint(
        "(kind = 'MEMBER' AND member_id IS NOT NULL AND account_id IS NOT NULL"
        " AND staff_id IS NULL) OR (kind = 'STAFF' AND staff_id IS NOT NULL"
        " AND member_id IS NULL AND account_id IS NULL)",
        name="one_side",
    ),
    CheckConstraint("octet_length(token_hash) = 32", name="sha256"),
)
Index(
    "ix_sign_in_session_living_member",
    sign_in_session.c.member_id,
    postgresql_where=text("ended_at IS NULL"),
)
Index(
    "ix_sign_in_session_living_account",
    sign_in_session.c.account_id,
    postgresql_where=text("ended_at IS NULL"),
)

one_time_code = Table(
    "one_time_code",
    metadata,
    Column("channel", String(8), primary_key=True),
    Column("target", String(254), primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("code_mac", LargeBinary, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("issued_at", _MOMENT, nullable=False),
    Column("day", Date, nullable=False),
    Column("sent_on_day", SmallInteger, nullable=False),
    Column("used_at", _MOMENT),
    CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),
    CheckConstraint("octet_length(code_mac) = 32", name="mac"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("public_key", String(64), nullable=False),
    Column("sealed_private", LargeBinary, nullable=False),
    Column("name", String(64), nullable=False),
    Column("scopes", ARRAY(String(16)), nullable=False),
    Column("networks", ARRAY(String(49)), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("last_used_day", Date),
    UniqueConstraint("public_key"),
    CheckConstraint("state IN ('ACTIVE', 'SUSPENDED', 'REVOKED')", name="state"),
    CheckConstraint("cardinality(scopes) > 0", name="has_a_scope"),
)
Index("ix_api_key_account_id", api_key.c.account_id)
