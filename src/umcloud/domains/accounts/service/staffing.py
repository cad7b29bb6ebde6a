"""Who works for the operator, and as what: deeds of its admins.

Each deed first holds every admin who can sign in, in one order. So two admins who suspend each
other at once do it one after the other, and the second is no admin any more.
"""

from __future__ import annotations

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import (
    Channel,
    NameField,
    Purpose,
    Staff,
    StaffRole,
    StaffState,
    Verdict,
)
from umcloud.domains.accounts.passwords import judge_password
from umcloud.domains.accounts.ports import CodeSender
from umcloud.domains.accounts.service.codes import request_code, spend_code
from umcloud.domains.accounts.store import sessions
from umcloud.domains.accounts.store import staff as staff_store
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act, ActorKind
from umcloud.kernel.ids import StaffId, uuid7


async def invite_staff(
    tx: Tx,
    act: Act,
    *,
    email: str,
    name: str,
    roles: frozenset[StaffRole],
    sender: CodeSender,
    vault: Vault,
) -> Staff:
    """Ask a person in with a code that serves seven days.

    Refuses contact.malformed, name.malformed, staff.roleless, staff.taken, staff.role_missing.
    """
    await _admins(tx, act)
    contact = rules.read_contact(Channel.EMAIL, email)
    invited = Staff(
        id=StaffId(uuid7(act.now)),
        email=contact.target,
        name=rules.read_name(NameField.PERSON, name),
        roles=_some(roles),
        state=StaffState.INVITED,
        created_at=act.now,
    )
    if not await staff_store.add(tx, invited, None):
        raise errors.StaffTaken
    await tx.announce(act, events.StaffInvited(invited.id, rules.masked(contact), roles))
    await _send_code(tx, act, invited, sender, vault)
    return invited


async def join_staff(
    tx: Tx, act: Act, *, email: str, code: str, password: str, vault: Vault
) -> Verdict[Staff]:
    """Let an invited person choose a password; the verdict refuses code.* (commit it).

    Raised: contact.malformed, password.*.
    """
    contact = rules.read_contact(Channel.EMAIL, email)
    judge_password(password, contact.target)
    refusal = await spend_code(
        tx, act, contact=contact, purpose=Purpose.STAFF, code=code, vault=vault
    )
    if refusal is not None:
        return Verdict(refusal=refusal)
    found = await staff_store.hold_by(tx, contact.target)
    if found is None or found[0].state is not StaffState.INVITED:
        return Verdict(refusal=errors.CodeExpired())
    person = found[0]
    judge_password(password, person.name)
    await staff_store.set_password(tx, person.id, await vault.hash_password(password))
    await tx.announce(act, events.StaffJoined(person.id))
    return Verdict(person)


async def change_staff_roles(
    tx: Tx, act: Act, *, staff_id: StaffId, roles: frozenset[StaffRole]
) -> None:
    """Give a person other roles, which count from their next click; the same change nothing."""
    person = await _colleague(tx, act, staff_id, leaves=StaffRole.ADMIN not in roles)
    if person.roles == _some(roles):
        return
    await staff_store.set_roles(tx, staff_id, roles)
    await tx.announce(act, events.StaffRolesChanged(staff_id, person.roles, roles))


async def suspend_staff(tx: Tx, act: Act, *, staff_id: StaffId, reason: str) -> None:
    """Keep a person outside and end their sessions; the last admin stays."""
    person = await _colleague(tx, act, staff_id, leaves=True)
    if person.state is StaffState.SUSPENDED:
        raise errors.StaffSuspended
    await staff_store.suspend(tx, staff_id)
    ended = await sessions.end(tx, act.now, staff_id=staff_id)
    await tx.announce(act, events.StaffSuspended(staff_id, reason, ended))


async def resume_staff(tx: Tx, act: Act, *, staff_id: StaffId) -> None:
    """Let a suspended person in again, with the password they had."""
    person = await _colleague(tx, act, staff_id)
    if person.state is not StaffState.SUSPENDED:
        raise errors.StaffNotSuspended
    await staff_store.resume(tx, staff_id)
    await tx.announce(act, events.StaffResumed(staff_id))


async def reset_staff_sign_in(
    tx: Tx, act: Act, *, staff_id: StaffId, reason: str, sender: CodeSender, vault: Vault
) -> None:
    """End a person's password and sessions, and mail them a code to choose anew.

    For one who was invited it sends the code again. Refuses staff.suspended, staff.last_admin,
    staff.own_standing, code.too_soon.
    """
    person = await _colleague(tx, act, staff_id, leaves=True)
    if person.state is StaffState.SUSPENDED:
        raise errors.StaffSuspended
    await staff_store.set_password(tx, staff_id, None)
    ended = await sessions.end(tx, act.now, staff_id=staff_id)
    await tx.announce(act, events.StaffSignInReset(staff_id, reason, ended))
    await _send_code(tx, act, person, sender, vault)


def _some(roles: frozenset[StaffRole]) -> frozenset[StaffRole]:
    if not roles:
        raise errors.StaffRoleless
    return roles


async def _admins(tx: Tx, act: Act) -> list[StaffId]:
    admins = await staff_store.admins(tx)
    # The door has checked the role too, but the admin may have been suspended since.
    if act.actor.kind is ActorKind.STAFF and act.actor.id not in admins:
        raise errors.StaffRoleMissing(needed=(StaffRole.ADMIN,))
    return admins


async def _colleague(tx: Tx, act: Act, staff_id: StaffId, *, leaves: bool = False) -> Staff:
    admins = await _admins(tx, act)
    if act.actor.id == staff_id:
        raise errors.StaffOwnStanding
    person = await staff_store.hold(tx, staff_id)
    if person is None:
        raise errors.StaffNotFound
    if leaves and admins == [staff_id]:
        raise errors.LastAdmin
    return person


async def _send_code(tx: Tx, act: Act, person: Staff, sender: CodeSender, vault: Vault) -> None:
    await request_code(
        tx,
        act,
        channel=Channel.EMAIL,
        target=person.email,
        purpose=Purpose.STAFF,
        sender=sender,
        vault=vault,
    )
