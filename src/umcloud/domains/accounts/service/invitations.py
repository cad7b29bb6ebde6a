"""Asking colleagues in: by a link that serves one person once, for 72 hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import (
    Account,
    Channel,
    Invitation,
    InvitationId,
    InvitationMessage,
    InvitationState,
    Member,
    MemberState,
    NameField,
    Role,
)
from umcloud.domains.accounts.passwords import judge_password
from umcloud.domains.accounts.ports import InvitationSender
from umcloud.domains.accounts.service.members import require_owner
from umcloud.domains.accounts.store import accounts, invitations, people
from umcloud.domains.accounts.vault import Vault, token_hash
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act, ActorKind
from umcloud.kernel.ids import AccountId, MemberId, uuid7
from umcloud.kernel.moments import day_begins, shanghai_day

LinkOf = Callable[[str], str]
"""Makes the address that a person opens out of an invitation's token."""


async def invite_member(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    channel: Channel,
    target: str,
    role: Role,
    sender: InvitationSender,
    link_of: LinkOf,
    vault: Vault,
) -> Invitation:
    """Invite a colleague; whether the contact is somebody's at another account is not told.

    Refuses contact.malformed, role.missing, account.frozen/closed, member.already,
    invitation.standing, invitation.too_many.
    """
    account = await _opened(tx, act, account_id)
    contact = rules.read_contact(channel, target)
    known = await people.find_member_by(tx, contact)
    if known is not None and known.account_id == account_id:
        raise errors.MemberAlready
    today = day_begins(shanghai_day(act.now))
    rules.may_invite(await invitations.on_day(tx, account_id, today))
    inviter = act.actor.id if act.actor.kind is ActorKind.MEMBER else None
    invitation = Invitation(
        id=InvitationId(uuid7(act.now)),
        account_id=account_id,
        contact=contact,
        role=role,
        state=InvitationState.OPEN,
        invited_by=MemberId(inviter) if inviter else None,
        created_at=act.now,
        sent_at=act.now,
        expires_at=act.now + rules.INVITATION_LIFE,
        sendings=1,
    )
    token = vault.new_token()
    if not await invitations.add(tx, invitation, token_hash(token)):
        raise errors.InvitationStanding
    message = await _message(tx, act, account, invitation, link_of(token))
    await sender.invite(tx, act, message)
    shown = rules.masked(contact)
    await tx.announce(act, events.MemberInvited(account_id, invitation.id, role, shown))
    return invitation


async def resend_invitation(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    invitation_id: InvitationId,
    sender: InvitationSender,
    link_of: LinkOf,
    vault: Vault,
) -> Invitation:
    """Send the invitation with a new link, good for another 72 hours; the one before is void.

    Refuses role.missing, account.frozen/closed, invitation.not_found/used/withdrawn/too_soon and
    invitation.worn_out.
    """
    account = await _opened(tx, act, account_id)
    known = rules.may_resend(await invitations.lock(tx, account_id, invitation_id), act.now)
    again = replace(
        known,
        sent_at=act.now,
        expires_at=act.now + rules.INVITATION_LIFE,
        sendings=known.sendings + 1,
    )
    token = vault.new_token()
    await invitations.set_sent(tx, again, token_hash(token))
    message = await _message(tx, act, account, again, link_of(token))
    await sender.invite(tx, act, message)
    shown = rules.masked(again.contact)
    await tx.announce(act, events.InvitationResent(account_id, again.id, shown))
    return again


async def withdraw_invitation(
    tx: Tx, act: Act, *, account_id: AccountId, invitation_id: InvitationId
) -> None:
    """Take an open invitation back, expired or not; its link says so from now on.

    Refuses role.missing, invitation.not_found/used/withdrawn.
    """
    await require_owner(tx, act, account_id)
    known = rules.standing(await invitations.lock(tx, account_id, invitation_id))
    await invitations.withdraw(tx, account_id, known.id)
    shown = rules.masked(known.contact)
    await tx.announce(act, events.InvitationWithdrawn(account_id, known.id, shown))


async def accept_invitation(
    tx: Tx, act: Act, *, token: str, name: str, password: str, vault: Vault
) -> Member:
    """Make whoever holds the link a member; of two at once one is, the other reads that it is used.

    Refuses invitation.*, name.malformed, password.*, account.closed, account.frozen (theft).
    """
    hashed = token_hash(token)
    seen = rules.judge_invitation(await invitations.by_token(tx, hashed), act.now)
    person = rules.read_name(NameField.PERSON, name)
    judge_password(password, name, seen.contact.target)
    # Hashing takes a while: nobody is to wait for a lock meanwhile.
    password_hash = await vault.hash_password(password)
    refusal = rules.may_sign_in(await accounts.hold(tx, seen.account_id))
    if refusal is not None:
        raise refusal
    held = rules.judge_invitation(await invitations.by_token(tx, hashed, lock=True), act.now)
    member = Member(
        id=MemberId(uuid7(act.now)),
        account_id=held.account_id,
        email=held.contact.target if held.contact.channel is Channel.EMAIL else None,
        phone=held.contact.target if held.contact.channel is Channel.PHONE else None,
        name=person,
        role=held.role,
        state=MemberState.ACTIVE,
        created_at=act.now,
    )
    if not await people.add_member(tx, member, password_hash):
        raise errors.InvitationContactTaken(channel=held.contact.channel)
    await invitations.accept(tx, held.id, member.id)
    shown = rules.masked(held.contact)
    joined = events.MemberJoined(held.account_id, member.id, held.id, held.role, shown)
    await tx.announce(act, joined)
    return member


async def _opened(tx: Tx, act: Act, account_id: AccountId) -> Account:
    # Members before their account, as signing in locks them.
    await require_owner(tx, act, account_id)
    account = await accounts.lock(tx, account_id)
    rules.require_active(account)
    return account


async def _message(
    tx: Tx, act: Act, account: Account, invitation: Invitation, link: str
) -> InvitationMessage:
    by = invitation.invited_by
    inviter = await people.find_member(tx, by) if by else None
    return InvitationMessage(
        contact=invitation.contact,
        role=invitation.role,
        organisation=account.name,
        inviter=inviter.name if inviter else account.name,
        hours=rules.INVITATION_LIFE // timedelta(hours=1),
        locale=act.locale,
        link=link,
    )
