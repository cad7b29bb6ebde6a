"""Signing in and out (C5.1). A refused sign-in counts, so it is a verdict: commit, then raise."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import (
    Channel,
    Contact,
    Lock,
    Member,
    MemberState,
    Purpose,
    Session,
    SessionKind,
    SignedIn,
    SignInId,
    Staff,
    Verdict,
)
from umcloud.domains.accounts.passwords import judge_password
from umcloud.domains.accounts.service.codes import spend_code
from umcloud.domains.accounts.store import accounts, people, sessions
from umcloud.domains.accounts.vault import Vault, token_hash
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MemberId, uuid7
from umcloud.kernel.refusals import Refusal

_LONGEST_AGENT = 300


async def sign_in(
    tx: Tx, act: Act, *, login: str, password: str, vault: Vault
) -> Verdict[SignedIn]:
    """Open a session by e-mail or phone and password.

    The verdict refuses sign_in.wrong, sign_in.locked, account.frozen (theft), account.closed.
    """
    try:
        contact = rules.guess_contact(login)
    except errors.ContactMalformed:
        await vault.password_matches(None, password)
        return Verdict(refusal=errors.SignInWrong())
    found = await people.lock_member_by(tx, contact)
    if found is None:
        await vault.password_matches(None, password)
        return await _failed(tx, act, contact, None, errors.SignInWrong())
    member, lock = found
    refusal = rules.locked(lock, act.now)
    if refusal is not None:
        return await _failed(tx, act, contact, member.account_id, refusal)
    if not await vault.password_matches(lock.password_hash, password):
        return await _count(tx, act, contact, member, lock)
    account = await accounts.hold(tx, member.account_id)
    refusal = rules.may_sign_in(account)
    if refusal is not None:
        return await _failed(tx, act, contact, member.account_id, refusal)
    await people.set_member_lock(tx, member.id, Lock(lock.password_hash, 0, None))
    return Verdict(await _open(tx, act, member, account.locale, vault, by_code=False))


async def sign_in_with_code(
    tx: Tx, act: Act, *, channel: Channel, target: str, code: str, vault: Vault
) -> Verdict[SignedIn]:
    """Open a session by a one-time code (purpose SIGN_IN). A locked password does not hinder it."""
    contact = rules.read_contact(channel, target)
    refusal = await spend_code(
        tx, act, contact=contact, purpose=Purpose.SIGN_IN, code=code, vault=vault
    )
    if refusal is not None:
        return Verdict(refusal=refusal)
    found = await people.lock_member_by(tx, contact)
    if found is None or found[0].state is not MemberState.ACTIVE:
        return await _failed(tx, act, contact, None, errors.SignInWrong())
    account = await accounts.hold(tx, found[0].account_id)
    refusal = rules.may_sign_in(account)
    if refusal is not None:
        return await _failed(tx, act, contact, account.id, refusal)
    return Verdict(await _open(tx, act, found[0], account.locale, vault, by_code=True))


async def _failed(
    tx: Tx, act: Act, contact: Contact, account_id: AccountId | None, refusal: Refusal
) -> Verdict[SignedIn]:
    failed = events.SignInFailed(
        account_id, SessionKind.MEMBER, rules.masked(contact), refusal.code
    )
    await tx.announce(act, failed)
    return Verdict(refusal=refusal)


async def _count(
    tx: Tx, act: Act, contact: Contact, member: Member, lock: Lock
) -> Verdict[SignedIn]:
    after = rules.after_failure(lock, act.now)
    await people.set_member_lock(tx, member.id, after)
    if after.locked_until is None:
        return await _failed(tx, act, contact, member.account_id, errors.SignInWrong())
    shown = rules.masked(contact)
    locked = events.SignInLocked(member.account_id, SessionKind.MEMBER, shown, after.locked_until)
    await tx.announce(act, locked)
    refusal = rules.locked(after, act.now) or errors.SignInWrong()
    return await _failed(tx, act, contact, member.account_id, refusal)


async def _open(
    tx: Tx, act: Act, member: Member, locale: str, vault: Vault, *, by_code: bool
) -> SignedIn:
    signed_in = await add_session(tx, act, member, vault, locale=locale)
    await tx.announce(
        act, events.MemberSignedIn(member.account_id, member.id, signed_in.session.id, by_code)
    )
    return signed_in


async def add_session(
    tx: Tx, act: Act, who: Member | Staff, vault: Vault, *, locale: str = "zh_CN"
) -> SignedIn:
    """Write a new session for somebody whose identity was just proved, and return its token."""
    kind = SessionKind.MEMBER if isinstance(who, Member) else SessionKind.STAFF
    session = Session(
        id=SignInId(uuid7(act.now)),
        kind=kind,
        created_at=act.now,
        last_seen_at=act.now,
        expires_at=act.now + rules.ABSOLUTE[kind],
        account_id=who.account_id if isinstance(who, Member) else None,
        member_id=who.id if isinstance(who, Member) else None,
        role=who.role if isinstance(who, Member) else None,
        staff_id=who.id if isinstance(who, Staff) else None,
        staff_roles=who.roles if isinstance(who, Staff) else frozenset(),
        name=who.name,
        locale=locale,
        ip=act.ip,
        user_agent=act.user_agent[:_LONGEST_AGENT] if act.user_agent else None,
    )
    token = vault.new_token()
    await sessions.add(tx, session, token_hash(token))
    return SignedIn(session, token)


async def authenticate_session(tx: Tx, token: str, *, now: datetime) -> Session | None:
    """Return whose token it is, or None: unknown, ended, idle for too long, past its end.

    Notes that it was seen, at most once a minute.
    """
    session = await sessions.by_token(tx, token_hash(token))
    if session is None or not rules.session_valid(session, now):
        return None
    if now >= session.last_seen_at + rules.SEEN_EVERY:
        await sessions.seen(tx, session.id, now)
    return session


async def sign_out(tx: Tx, act: Act, *, token: str) -> None:
    """End the session of the token; an ended or unknown one is no error."""
    session = await sessions.by_token(tx, token_hash(token))
    if session is not None and await sessions.end(tx, act.now, session_id=session.id):
        await tx.announce(act, events.SessionsEnded(session.account_id, 1, "signed out"))


async def end_session(tx: Tx, act: Act, *, member_id: MemberId, session_id: SignInId) -> None:
    """End one of a member's sessions; refuses session.not_found."""
    if not await sessions.end(tx, act.now, session_id=session_id, member_id=member_id):
        raise errors.SessionNotFound
    account_id = act.actor.account_id
    told = AccountId(account_id) if account_id else None
    await tx.announce(act, events.SessionsEnded(told, 1, "revoked"))


async def end_other_sessions(tx: Tx, act: Act, *, member_id: MemberId, keep: SignInId) -> int:
    """End all of a member's sessions but one; return how many ended."""
    mine = await sessions.of_member(tx, member_id)
    others = [session for session in mine if session.id != keep]
    for session in others:
        await sessions.end(tx, act.now, session_id=session.id)
    if others:
        account_id = others[0].account_id
        await tx.announce(act, events.SessionsEnded(account_id, len(others), "revoked"))
    return len(others)


async def reset_password(
    tx: Tx, act: Act, *, channel: Channel, target: str, code: str, password: str, vault: Vault
) -> Verdict[Member]:
    """Set a new password by code (purpose RESET) and end all the member's sessions.

    The verdict refuses code.*; raised: contact.malformed, password.*.
    """
    contact = rules.read_contact(channel, target)
    judge_password(password, contact.target)
    refusal = await spend_code(
        tx, act, contact=contact, purpose=Purpose.RESET, code=code, vault=vault
    )
    if refusal is not None:
        return Verdict(refusal=refusal)
    found = await people.lock_member_by(tx, contact)
    if found is None or found[0].state is not MemberState.ACTIVE:
        return Verdict(refusal=errors.CodeExpired())
    member = found[0]
    judge_password(password, member.name, member.email, member.phone)
    await people.set_password(tx, member.id, await vault.hash_password(password))
    ended = await sessions.end(tx, act.now, member_id=member.id)
    shown = rules.masked(contact)
    reset = events.CredentialsReset(member.account_id, member.id, shown, ended)
    await tx.announce(act, reset)
    return Verdict(member)
