"""Members, with the locks of their sign-ins."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from umcloud.domains.accounts.model import (
    Channel,
    Contact,
    Lock,
    Member,
    MemberState,
    Role,
)
from umcloud.domains.accounts.tables import member
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, MemberId


def member_of(row: Row[Any]) -> Member:
    """Return a row of `member` as the model has it, without its password hash."""
    return Member(
        id=MemberId(row.id),
        account_id=AccountId(row.account_id),
        email=row.email,
        phone=row.phone,
        name=row.name,
        role=Role(row.role),
        state=MemberState(row.state),
        created_at=row.created_at,
    )


def _lock_of(row: Row[Any]) -> Lock:
    return Lock(row.password_hash, row.failures, row.locked_until)


async def add_member(tx: Tx, new: Member, password_hash: str | None) -> bool:
    """Write a new member; False where the e-mail or phone is somebody's already."""
    written = await tx.execute(
        insert(member)
        .values(
            id=new.id,
            account_id=new.account_id,
            email=new.email,
            phone=new.phone,
            name=new.name,
            role=new.role.value,
            state=new.state.value,
            password_hash=password_hash,
            created_at=new.created_at,
        )
        .on_conflict_do_nothing()
        .returning(member.c.id)
    )
    return written.one_or_none() is not None


async def lock_member_by(tx: Tx, contact: Contact) -> tuple[Member, Lock] | None:
    """Return the living member with that contact, held until the transaction ends."""
    column = member.c.email if contact.channel is Channel.EMAIL else member.c.phone
    row = await tx.one_or_none(
        select(member)
        .where(column == contact.target, member.c.state != MemberState.REMOVED.value)
        .with_for_update()
    )
    return (member_of(row), _lock_of(row)) if row else None


async def find_member_by(tx: Tx, contact: Contact) -> Member | None:
    """Return the living member with that contact, or None."""
    column = member.c.email if contact.channel is Channel.EMAIL else member.c.phone
    row = await tx.one_or_none(
        select(member).where(column == contact.target, member.c.state != MemberState.REMOVED.value)
    )
    return member_of(row) if row else None


async def find_member(tx: Tx, member_id: MemberId) -> Member | None:
    """Return the person, removed or not, or None."""
    row = await tx.one_or_none(select(member).where(member.c.id == member_id))
    return member_of(row) if row else None


async def lock_member(tx: Tx, account_id: AccountId, member_id: MemberId) -> Member | None:
    """Return the account's living member, held until the transaction ends."""
    row = await tx.one_or_none(
        select(member)
        .where(
            member.c.id == member_id,
            member.c.account_id == account_id,
            member.c.state != MemberState.REMOVED.value,
        )
        .with_for_update()
    )
    return member_of(row) if row else None


async def owners(tx: Tx, account_id: AccountId) -> list[Member]:
    """Return the account's active owners, held so that two cannot leave at once."""
    rows = await tx.all(
        select(member)
        .where(
            member.c.account_id == account_id,
            member.c.role == Role.OWNER.value,
            member.c.state == MemberState.ACTIVE.value,
        )
        .order_by(member.c.id)
        .with_for_update()
    )
    return [member_of(row) for row in rows]


async def set_member(tx: Tx, member_id: MemberId, *, role: Role, state: MemberState) -> None:
    """Write a member's role and state."""
    await tx.execute(
        update(member).where(member.c.id == member_id).values(role=role.value, state=state.value)
    )


async def set_password(tx: Tx, member_id: MemberId, password_hash: str) -> None:
    """Write a new password hash; the member is active and unlocked from now on."""
    await tx.execute(
        update(member)
        .where(member.c.id == member_id)
        .values(
            password_hash=password_hash,
            state=MemberState.ACTIVE.value,
            failures=0,
            locked_until=None,
        )
    )


async def set_member_lock(tx: Tx, member_id: MemberId, lock: Lock) -> None:
    """Write the failures so far and the lock."""
    await tx.execute(
        update(member)
        .where(member.c.id == member_id)
        .values(failures=lock.failures, locked_until=lock.locked_until)
    )
