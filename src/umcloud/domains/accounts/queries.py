"""Read models of accounts for doors and other slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from umcloud.domains.accounts import errors, keys, rules, tables
from umcloud.domains.accounts.model import (
    Account,
    AccountState,
    Addressee,
    ApiKey,
    Channel,
    FreezeReason,
    Invitation,
    InvitationState,
    KeyFacts,
    KeyState,
    Member,
    MemberState,
    Role,
    Scope,
    Session,
    Staff,
)
from umcloud.domains.accounts.store import accounts, invitations, people, sessions
from umcloud.domains.accounts.store import keys as key_store
from umcloud.domains.accounts.store import staff as staff_store
from umcloud.domains.accounts.vault import Vault, same_secret, token_hash
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, KeyId, MemberId, StaffId


async def account(tx: Tx, account_id: AccountId) -> Account | None:
    """Return the account, or None."""
    return await accounts.find(tx, account_id)


async def search_accounts(
    tx: Tx, text: str = "", before: AccountId | None = None, limit: int = 50
) -> list[Account]:
    """Return accounts, newest first, by a part of their name or a member's whole contact."""
    query = select(tables.account)
    if text.strip():
        wanted = tables.account.c.name.icontains(text.strip(), autoescape=True)
        reached = _reached(text)
        query = query.where(wanted | reached if reached is not None else wanted)
    if before is not None:
        query = query.where(tables.account.c.id < before)
    rows = await tx.all(query.order_by(tables.account.c.id.desc()).limit(limit))
    return [accounts.account_of(row) for row in rows]


def _reached(text: str) -> ColumnElement[bool] | None:
    try:
        contact = rules.guess_contact(text)
    except errors.ContactMalformed:
        return None
    column = tables.member.c.email if contact.channel is Channel.EMAIL else tables.member.c.phone
    return tables.account.c.id.in_(
        select(tables.member.c.account_id).where(column == contact.target)
    )


async def addressees(
    tx: Tx, *, after: AccountId | None, until: datetime, limit: int
) -> list[Addressee]:
    """Return accounts that are not closed, with the addresses of their active owners.

    In the order of their ids: up to `limit` behind `after`, of those opened by `until`.
    """
    account = tables.account.c
    some = (
        select(account.id, account.locale)
        .where(account.state != AccountState.CLOSED.value, account.created_at <= until)
        .order_by(account.id)
        .limit(limit)
    )
    if after is not None:
        some = some.where(account.id > after)
    chosen = some.subquery()
    owner = and_(
        tables.member.c.account_id == chosen.c.id,
        tables.member.c.role == Role.OWNER.value,
        tables.member.c.state == MemberState.ACTIVE.value,
        tables.member.c.email.is_not(None),
    )
    query = (
        select(chosen.c.id, chosen.c.locale, tables.member.c.email)
        .select_from(chosen.outerjoin(tables.member, owner))
        .order_by(chosen.c.id, tables.member.c.id)
    )
    found: dict[AccountId, Addressee] = {}
    for row in await tx.all(query):
        known = found.get(row.id, Addressee(AccountId(row.id), row.locale, ()))
        emails = (*known.emails, row.email) if row.email else known.emails
        found[AccountId(row.id)] = replace(known, emails=emails)
    return list(found.values())


async def members(tx: Tx, account_id: AccountId, *, removed: bool = False) -> list[Member]:
    """Return the account's people, in the order in which they came; with the removed if asked."""
    query = select(tables.member).where(tables.member.c.account_id == account_id)
    if not removed:
        query = query.where(tables.member.c.state != MemberState.REMOVED.value)
    rows = await tx.all(query.order_by(tables.member.c.id))
    return [people.member_of(row) for row in rows]


async def member_by_id(tx: Tx, member_id: MemberId) -> Member | None:
    """Return the person, removed or not, or None."""
    return await people.find_member(tx, member_id)


async def open_invitations(tx: Tx, account_id: AccountId) -> list[Invitation]:
    """Return what was neither accepted nor withdrawn, expired ones too, newest first."""
    query = select(tables.invitation).where(
        tables.invitation.c.account_id == account_id,
        tables.invitation.c.state == InvitationState.OPEN.value,
    )
    rows = await tx.all(query.order_by(tables.invitation.c.id.desc()))
    return [invitations.invitation_of(row) for row in rows]


async def invitation_for(tx: Tx, token: str, *, now: datetime) -> Invitation:
    """Return the invitation whose link holds the token; refuses invitation.*, saying why not."""
    return rules.judge_invitation(await invitations.by_token(tx, token_hash(token)), now)


async def staff_members(tx: Tx) -> list[Staff]:
    """Return the operator's people."""
    rows = await tx.all(select(tables.staff).order_by(tables.staff.c.id))
    return [staff_store.staff_of(row) for row in rows]


async def staff_seen(tx: Tx) -> dict[StaffId, datetime]:
    """Return when each of the operator's people was last seen; who never signed in is left out."""
    session = tables.sign_in_session
    seen = func.max(session.c.last_seen_at).label("seen")
    rows = await tx.all(
        select(session.c.staff_id, seen)
        .where(session.c.staff_id.is_not(None))
        .group_by(session.c.staff_id)
    )
    return {StaffId(row.staff_id): row.seen for row in rows}


async def member_sessions(tx: Tx, member_id: MemberId, now: datetime) -> list[Session]:
    """Return the member's living sessions, newest first."""
    found = await sessions.of_member(tx, member_id)
    return [session for session in found if rules.session_valid(session, now)]


async def api_keys(tx: Tx, account_id: AccountId, *, revoked: bool = False) -> list[ApiKey]:
    """Return the account's keys, newest first, without their private halves."""
    query = select(tables.api_key).where(tables.api_key.c.account_id == account_id)
    if not revoked:
        query = query.where(tables.api_key.c.state != KeyState.REVOKED.value)
    rows = await tx.all(query.order_by(tables.api_key.c.id.desc()))
    return [key_store.key_of(row) for row in rows]


async def key_for(tx: Tx, public_key: str, *, vault: Vault) -> KeyFacts | None:
    """Return what a door must know to admit a program, revoked keys too; None where unknown.

    Who caches the answer asks again within 5 seconds: a theft report has to stop everything (C5.2).
    """
    return (await keys_for(tx, [public_key], vault=vault)).get(public_key)


async def keys_for(tx: Tx, public_keys: Sequence[str], *, vault: Vault) -> dict[str, KeyFacts]:
    """Return the same as `key_for` of many keys, by public key; unknown ones are left out."""
    rows = await tx.all(
        select(
            tables.api_key,
            tables.account.c.lane,
            tables.account.c.state.label("account_state"),
            tables.account.c.frozen_reason,
        )
        .join(tables.account, tables.account.c.id == tables.api_key.c.account_id)
        .where(tables.api_key.c.public_key.in_(public_keys))
    )
    return {
        row.public_key: KeyFacts(
            key_id=KeyId(row.id),
            account_id=AccountId(row.account_id),
            lane=row.lane,
            account_state=AccountState(row.account_state),
            frozen_reason=FreezeReason(row.frozen_reason) if row.frozen_reason else None,
            public_key=row.public_key,
            private_key=vault.unseal_private(row.sealed_private),
            state=KeyState(row.state),
            scopes=frozenset(Scope(scope) for scope in row.scopes),
            networks=key_store.networks_of(row.networks),
        )
        for row in rows
    }


async def admitted(tx: Tx, bearer: str, *, scope: Scope, ip: str | None, vault: Vault) -> KeyFacts:
    """Return the key of `Bearer <public>.<private>` where it may do that from there.

    Refuses key.unknown, key.suspended, key.address_refused, key.scope_missing, account.frozen,
    account.closed.
    """
    public_key, private_key = keys.split_bearer(bearer)
    facts = await key_for(tx, public_key, vault=vault)
    if facts is None or not same_secret(facts.private_key, private_key):
        raise errors.KeyUnknown
    keys.admit(facts, scope=scope, ip=ip)
    return facts
