"""Colleagues of an account: invited, joined, given another role, removed."""

from __future__ import annotations

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import (
    Channel,
    Member,
    MemberState,
    NameField,
    Purpose,
    Role,
    Verdict,
)
from umcloud.domains.accounts.passwords import judge_password
from umcloud.domains.accounts.ports import CodeSender
from umcloud.domains.accounts.service.codes import request_code, spend_code
from umcloud.domains.accounts.store import accounts, people, sessions
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MemberId, uuid7


async def invite_member(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    channel: Channel,
    target: str,
    name: str,
    role: Role,
    sender: CodeSender,
    vault: Vault,
) -> Member:
    """Invite a colleague with a code that serves seven days; refuses contact.taken and the like."""
    rules.require_active(await accounts.lock(tx, account_id))
    contact = rules.read_contact(channel, target)
    invited = Member(
        id=MemberId(uuid7(act.now)),
        account_id=account_id,
        email=contact.target if channel is Channel.EMAIL else None,
        phone=contact.target if channel is Channel.PHONE else None,
        name=rules.read_name(NameField.PERSON, name),
        role=role,
        state=MemberState.INVITED,
        created_at=act.now,
    )
    if not await people.add_member(tx, invited, None):
        raise errors.ContactTaken(channel=channel)
    await request_code(
        tx,
        act,
        channel=channel,
        target=target,
        purpose=Purpose.INVITE,
        sender=sender,
        vault=vault,
    )
    await tx.announce(
        act, events.MemberInvited(account_id, invited.id, role, rules.masked(contact))
    )
    return invited


async def accept_invitation(
    tx: Tx, act: Act, *, channel: Channel, target: str, code: str, password: str, vault: Vault
) -> Verdict[Member]:
    """Let the invited colleague choose a password; the verdict refuses code.* (commit it)."""
    contact = rules.read_contact(channel, target)
    judge_password(password, contact.target)
    refusal = await spend_code(
        tx, act, contact=contact, purpose=Purpose.INVITE, code=code, vault=vault
    )
    if refusal is not None:
        return Verdict(refusal=refusal)
    found = await people.lock_member_by(tx, contact)
    if found is None or found[0].state is not MemberState.INVITED:
        return Verdict(refusal=errors.CodeExpired())
    member = found[0]
    await people.set_password(tx, member.id, await vault.hash_password(password))
    await tx.announce(act, events.MemberJoined(member.account_id, member.id))
    return Verdict(member)


async def remove_member(tx: Tx, act: Act, *, account_id: AccountId, member_id: MemberId) -> None:
    """Take a colleague out and end their sessions; the last owner stays."""
    member = await _leave(tx, account_id, member_id)
    await people.set_member(tx, member_id, role=member.role, state=MemberState.REMOVED)
    await sessions.end(tx, act.now, member_id=member_id)
    await tx.announce(act, events.MemberRemoved(account_id, member_id))


async def change_role(
    tx: Tx, act: Act, *, account_id: AccountId, member_id: MemberId, role: Role
) -> None:
    """Give a colleague another role; the last owner stays owner. The same role changes nothing."""
    if role is Role.OWNER:
        member = await _held(tx, account_id, member_id)
    else:
        member = await _leave(tx, account_id, member_id)
    if member.role is role:
        return
    await people.set_member(tx, member_id, role=role, state=member.state)
    changed = events.MemberRoleChanged(account_id, member_id, member.role, role)
    await tx.announce(act, changed)


async def _held(tx: Tx, account_id: AccountId, member_id: MemberId) -> Member:
    member = await people.lock_member(tx, account_id, member_id)
    if member is None:
        raise errors.MemberNotFound
    return member


async def _leave(tx: Tx, account_id: AccountId, member_id: MemberId) -> Member:
    # The owners are locked first, in one order, so that two leaving owners see each other.
    owners = await people.owners(tx, account_id)
    member = await _held(tx, account_id, member_id)
    if [owner.id for owner in owners] == [member_id]:
        raise errors.LastOwner
    return member
