"""Sign-in sessions, found by the hash of their token."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from umcloud.domains.accounts.model import Role, Session, SessionKind, SignInId, StaffRole
from umcloud.domains.accounts.tables import account, member, sign_in_session, staff
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, MemberId, StaffId


def session_of(row: Row[Any]) -> Session:
    """Return a row of `_people` as the model has it."""
    return Session(
        id=SignInId(row.id),
        kind=SessionKind(row.kind),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        account_id=AccountId(row.account_id) if row.account_id else None,
        member_id=MemberId(row.member_id) if row.member_id else None,
        role=Role(row.role) if row.role else None,
        staff_id=StaffId(row.staff_id) if row.staff_id else None,
        staff_roles=frozenset(StaffRole(role) for role in row.roles or ()),
        name=row.member_name or row.staff_name or "",
        locale=row.locale or "zh_CN",
        ip=row.ip,
        user_agent=row.user_agent,
    )


def people() -> Select[Any]:
    """Return the query of living sessions with whose they are."""
    joined = (
        sign_in_session.outerjoin(member, member.c.id == sign_in_session.c.member_id)
        .outerjoin(account, account.c.id == sign_in_session.c.account_id)
        .outerjoin(staff, staff.c.id == sign_in_session.c.staff_id)
    )
    return (
        select(
            sign_in_session,
            member.c.role,
            member.c.name.label("member_name"),
            account.c.locale,
            staff.c.roles,
            staff.c.name.label("staff_name"),
        )
        .select_from(joined)
        .where(
            sign_in_session.c.ended_at.is_(None),
            (member.c.state == "ACTIVE") | (staff.c.state == "ACTIVE"),
        )
    )


async def add(tx: Tx, new: Session, token_hash: bytes) -> None:
    """Write a new session."""
    await tx.execute(
        insert(sign_in_session).values(
            id=new.id,
            token_hash=token_hash,
            kind=new.kind.value,
            account_id=new.account_id,
            member_id=new.member_id,
            staff_id=new.staff_id,
            created_at=new.created_at,
            last_seen_at=new.last_seen_at,
            expires_at=new.expires_at,
            ip=new.ip,
            user_agent=new.user_agent,
        )
    )


async def by_token(tx: Tx, token_hash: bytes) -> Session | None:
    """Return the session that was not ended, whatever its age; or None."""
    row = await tx.one_or_none(people().where(sign_in_session.c.token_hash == token_hash))
    return session_of(row) if row else None


async def seen(tx: Tx, session_id: SignInId, at: datetime) -> None:
    """Write when the session was last used."""
    await tx.execute(
        update(sign_in_session)
        .where(sign_in_session.c.id == session_id, sign_in_session.c.last_seen_at < at)
        .values(last_seen_at=at)
    )


async def end(
    tx: Tx,
    at: datetime,
    *,
    session_id: SignInId | None = None,
    member_id: MemberId | None = None,
    account_id: AccountId | None = None,
    staff_id: StaffId | None = None,
) -> int:
    """End the living sessions that match everything given; return how many. Never all of them."""
    statement = update(sign_in_session).where(sign_in_session.c.ended_at.is_(None))
    wanted = {
        sign_in_session.c.id: session_id,
        sign_in_session.c.member_id: member_id,
        sign_in_session.c.account_id: account_id,
        sign_in_session.c.staff_id: staff_id,
    }
    given = [column == value for column, value in wanted.items() if value is not None]
    if not given:
        raise ValueError("whose sessions?")
    return (await tx.execute(statement.where(*given).values(ended_at=at))).rowcount


async def of_member(tx: Tx, member_id: MemberId) -> list[Session]:
    """Return a member's sessions that were not ended, newest first."""
    rows = await tx.all(
        people()
        .where(sign_in_session.c.member_id == member_id)
        .order_by(sign_in_session.c.id.desc())
    )
    return [session_of(row) for row in rows]
