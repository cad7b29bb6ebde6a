"""People of the operator, with the locks of their sign-ins."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, any_, case, select, update
from sqlalchemy.dialects.postgresql import insert

from umcloud.domains.accounts.model import Lock, Staff, StaffRole, StaffState
from umcloud.domains.accounts.tables import staff
from umcloud.infra.db import Tx
from umcloud.kernel.ids import StaffId


def staff_of(row: Row[Any]) -> Staff:
    """Return a row of `staff` as the model has it, without its password hash."""
    return Staff(
        id=StaffId(row.id),
        email=row.email,
        name=row.name,
        roles=frozenset(StaffRole(role) for role in row.roles),
        state=StaffState(row.state),
        created_at=row.created_at,
    )


async def add(tx: Tx, new: Staff, password_hash: str | None) -> bool:
    """Write a person of the operator; False where the e-mail is taken."""
    written = await tx.execute(
        insert(staff)
        .values(
            id=new.id,
            email=new.email,
            name=new.name,
            roles=_names(new.roles),
            state=new.state.value,
            password_hash=password_hash,
            created_at=new.created_at,
        )
        .on_conflict_do_nothing()
        .returning(staff.c.id)
    )
    return written.one_or_none() is not None


def _names(roles: frozenset[StaffRole]) -> list[str]:
    return sorted(role.value for role in roles)


async def hold(tx: Tx, staff_id: StaffId) -> Staff | None:
    """Return the person, held until the transaction ends; or None."""
    row = await tx.one_or_none(select(staff).where(staff.c.id == staff_id).with_for_update())
    return staff_of(row) if row else None


async def hold_by(tx: Tx, email: str) -> tuple[Staff, Lock] | None:
    """Return whoever has the e-mail and the lock, held until the transaction ends; or None."""
    row = await tx.one_or_none(select(staff).where(staff.c.email == email).with_for_update())
    if row is None:
        return None
    return staff_of(row), Lock(row.password_hash, row.failures, row.locked_until)


async def admins(tx: Tx) -> list[StaffId]:
    """Return the admins who can sign in, held in one order so that two cannot leave at once."""
    rows = await tx.all(
        select(staff.c.id)
        .where(
            staff.c.state == StaffState.ACTIVE.value,
            any_(staff.c.roles) == StaffRole.ADMIN.value,
        )
        .order_by(staff.c.id)
        .with_for_update()
    )
    return [StaffId(row.id) for row in rows]


async def set_lock(tx: Tx, staff_id: StaffId, lock: Lock) -> None:
    """Write the failures so far and the lock."""
    await tx.execute(
        update(staff)
        .where(staff.c.id == staff_id)
        .values(failures=lock.failures, locked_until=lock.locked_until)
    )


async def set_roles(tx: Tx, staff_id: StaffId, roles: frozenset[StaffRole]) -> None:
    """Write what the person may do."""
    await tx.execute(update(staff).where(staff.c.id == staff_id).values(roles=_names(roles)))


async def suspend(tx: Tx, staff_id: StaffId) -> None:
    """Keep the person outside; the password stays for when they come back."""
    await tx.execute(
        update(staff).where(staff.c.id == staff_id).values(state=StaffState.SUSPENDED.value)
    )


async def resume(tx: Tx, staff_id: StaffId) -> None:
    """Let the person in again: active with a password, invited without one."""
    has_password = staff.c.password_hash.is_not(None)
    state = case((has_password, StaffState.ACTIVE.value), else_=StaffState.INVITED.value)
    await tx.execute(update(staff).where(staff.c.id == staff_id).values(state=state))


async def set_password(tx: Tx, staff_id: StaffId, password_hash: str | None) -> None:
    """Write a new password hash, unlocked: active with one, invited without."""
    state = StaffState.ACTIVE if password_hash else StaffState.INVITED
    await tx.execute(
        update(staff)
        .where(staff.c.id == staff_id)
        .values(password_hash=password_hash, state=state.value, failures=0, locked_until=None)
    )
