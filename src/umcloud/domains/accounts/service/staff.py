"""People of the operator."""

from __future__ import annotations

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import (
    Channel,
    Contact,
    Lock,
    NameField,
    SessionKind,
    SignedIn,
    Staff,
    StaffRole,
    StaffState,
    Verdict,
)
from umcloud.domains.accounts.passwords import judge_password
from umcloud.domains.accounts.service.sessions import add_session
from umcloud.domains.accounts.store import sessions
from umcloud.domains.accounts.store import staff as staff_store
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import StaffId, uuid7
from umcloud.kernel.refusals import Refusal


async def create_staff(
    tx: Tx,
    act: Act,
    *,
    email: str,
    name: str,
    roles: frozenset[StaffRole],
    password: str,
    vault: Vault,
) -> Staff:
    """Give a person of the operator a sign-in; refuses contact.*, name.*, password.*, no role."""
    contact = rules.read_contact(Channel.EMAIL, email)
    person = rules.read_name(NameField.PERSON, name)
    judge_password(password, name, contact.target)
    if not roles:
        raise errors.StaffRoleless
    staff = Staff(
        id=StaffId(uuid7(act.now)),
        email=contact.target,
        name=person,
        roles=roles,
        state=StaffState.ACTIVE,
        created_at=act.now,
    )
    if not await staff_store.add(tx, staff, await vault.hash_password(password)):
        raise errors.StaffTaken
    await tx.announce(act, events.StaffCreated(staff.id, roles))
    return staff


async def staff_sign_in(
    tx: Tx, act: Act, *, email: str, password: str, vault: Vault
) -> Verdict[SignedIn]:
    """Open a session of the operator; the verdict refuses sign_in.wrong and sign_in.locked."""
    try:
        contact = rules.read_contact(Channel.EMAIL, email)
    except errors.ContactMalformed:
        await vault.password_matches(None, password)
        return Verdict(refusal=errors.SignInWrong())
    found = await staff_store.hold_by(tx, contact.target)
    if found is None or found[0].state is not StaffState.ACTIVE:
        await vault.password_matches(None, password)
        return await _failed(tx, act, contact, errors.SignInWrong())
    staff, lock = found
    refusal = rules.locked(lock, act.now)
    if refusal is not None:
        return await _failed(tx, act, contact, refusal)
    if not await vault.password_matches(lock.password_hash, password):
        return await _count(tx, act, contact, staff, lock)
    await staff_store.set_lock(tx, staff.id, Lock(lock.password_hash, 0, None))
    signed_in = await add_session(tx, act, staff, vault)
    await tx.announce(act, events.StaffSignedIn(staff.id, signed_in.session.id))
    return Verdict(signed_in)


async def change_own_password(
    tx: Tx, act: Act, *, staff_id: StaffId, password: str, chosen: str, vault: Vault
) -> Verdict[SignedIn]:
    """Let a person who is signed in choose another password; all sessions end, a new one opens.

    The verdict refuses sign_in.wrong and sign_in.locked, as wrong tries count here too (commit
    it). Raised: password.*, staff.not_found.
    """
    person = await staff_store.hold(tx, staff_id)
    found = await staff_store.hold_by(tx, person.email) if person else None
    if found is None or found[0].state is not StaffState.ACTIVE:
        raise errors.StaffNotFound
    staff, lock = found
    contact = Contact(Channel.EMAIL, staff.email)
    refusal = rules.locked(lock, act.now)
    if refusal is not None:
        return await _failed(tx, act, contact, refusal)
    if not await vault.password_matches(lock.password_hash, password):
        return await _count(tx, act, contact, staff, lock)
    judge_password(chosen, staff.name, staff.email)
    await staff_store.set_password(tx, staff.id, await vault.hash_password(chosen))
    ended = await sessions.end(tx, act.now, staff_id=staff.id)
    await tx.announce(act, events.StaffPasswordChanged(staff.id, ended))
    return Verdict(await add_session(tx, act, staff, vault))


async def _failed(tx: Tx, act: Act, contact: Contact, refusal: Refusal) -> Verdict[SignedIn]:
    shown = rules.masked(contact)
    await tx.announce(act, events.SignInFailed(None, SessionKind.STAFF, shown, refusal.code))
    return Verdict(refusal=refusal)


async def _count(tx: Tx, act: Act, contact: Contact, staff: Staff, lock: Lock) -> Verdict[SignedIn]:
    after = rules.after_failure(lock, act.now)
    await staff_store.set_lock(tx, staff.id, after)
    if after.locked_until is None:
        return await _failed(tx, act, contact, errors.SignInWrong())
    shown = rules.masked(contact)
    locked = events.SignInLocked(None, SessionKind.STAFF, shown, after.locked_until)
    await tx.announce(act, locked)
    return await _failed(tx, act, contact, rules.locked(after, act.now) or errors.SignInWrong())
