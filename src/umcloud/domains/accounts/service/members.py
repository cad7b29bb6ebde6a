"""Colleagues of an account: given another role, removed.

Each deed first holds every owner, in one order. So two owners who remove each other at once do it
one after the other, and the second is no owner any more.
"""

from __future__ import annotations

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import Member, MemberState, Right, Role
from umcloud.domains.accounts.store import people, sessions
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act, ActorKind
from umcloud.kernel.ids import AccountId, MemberId


async def remove_member(tx: Tx, act: Act, *, account_id: AccountId, member_id: MemberId) -> int:
    """Take a colleague out, end their sessions and return how many; the last owner stays.

    Their e-mail or phone is free again. Refuses role.missing, member.not_found, member.last_owner.
    """
    member = await _leaving(tx, act, account_id, member_id)
    await people.set_member(tx, member_id, role=member.role, state=MemberState.REMOVED)
    ended = await sessions.end(tx, act.now, member_id=member_id)
    await tx.announce(act, events.MemberRemoved(account_id, member_id, member.role, ended))
    return ended


async def change_role(
    tx: Tx, act: Act, *, account_id: AccountId, member_id: MemberId, role: Role
) -> None:
    """Give a colleague another role, which counts from their next click; the last owner stays.

    The same role changes nothing. Refuses role.missing, member.not_found, member.last_owner.
    """
    if role is Role.OWNER:
        await require_owner(tx, act, account_id)
        member = await _held(tx, account_id, member_id)
    else:
        member = await _leaving(tx, act, account_id, member_id)
    if member.role is role:
        return
    await people.set_member(tx, member_id, role=role, state=member.state)
    changed = events.MemberRoleChanged(account_id, member_id, member.role, role)
    await tx.announce(act, changed)


async def require_owner(tx: Tx, act: Act, account_id: AccountId) -> list[MemberId]:
    """Return the account's owners, held; refuses role.missing where a member acts who is none.

    The door has looked at the role too, but the person may have lost it since.
    """
    owners = [owner.id for owner in await people.owners(tx, account_id)]
    insider = act.actor.kind in {ActorKind.STAFF, ActorKind.SYSTEM}
    if not insider and act.actor.id not in owners:
        rules.require_right(None, Right.TEAM)
    return owners


async def _held(tx: Tx, account_id: AccountId, member_id: MemberId) -> Member:
    member = await people.lock_member(tx, account_id, member_id)
    if member is None:
        raise errors.MemberNotFound
    return member


async def _leaving(tx: Tx, act: Act, account_id: AccountId, member_id: MemberId) -> Member:
    owners = await require_owner(tx, act, account_id)
    member = await _held(tx, account_id, member_id)
    if owners == [member_id]:
        raise errors.LastOwner
    return member
