"""Pure decisions of accounts: contacts, codes, invitations, locks, sessions, who may do what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import phonenumbers

from umcloud.domains.accounts import errors
from umcloud.domains.accounts.model import (
    Account,
    AccountState,
    Channel,
    Contact,
    FreezeReason,
    Invitation,
    InvitationState,
    Lock,
    NameField,
    OneTimeCode,
    Right,
    Role,
    Session,
    SessionKind,
    StaffRole,
)
from umcloud.infra.i18n import masked_phone
from umcloud.kernel.moments import day_begins, shanghai_day
from umcloud.kernel.refusals import Refusal

CODE_LIFE = timedelta(minutes=10)
CODE_PAUSE = timedelta(seconds=60)
CODE_TRIES = 5
CODES_A_DAY = 10

LOCK_AFTER = 10
LOCK_FOR = timedelta(minutes=15)

#: How long a session lives unused, and at most. The operator's are shorter: they reach everybody.
IDLE = {SessionKind.MEMBER: timedelta(hours=12), SessionKind.STAFF: timedelta(hours=2)}
ABSOLUTE = {SessionKind.MEMBER: timedelta(days=7), SessionKind.STAFF: timedelta(hours=12)}
#: Last-seen is written this seldom, so that reading a page is not a write.
SEEN_EVERY = timedelta(minutes=1)

#: How long a code serves with which a person of the operator joins.
STAFF_CODE_LIFE = timedelta(days=7)

#: How long the link of a customer's invitation serves, and the pause before it is sent again.
INVITATION_LIFE = timedelta(hours=72)
INVITATION_PAUSE = CODE_PAUSE
#: One invitation's link is sent this often at most, and an account invites so many in a day:
#: strangers' mailboxes are not ours to fill.
INVITATION_SENDINGS = 5
INVITATIONS_A_DAY = 20

_BUILDERS = frozenset({Role.OWNER, Role.DEVELOPER})
#: Who may do what; an owner may do everything.
RIGHTS: Mapping[Right, frozenset[Role]] = {
    Right.SEND: _BUILDERS,
    Right.RESOURCES: _BUILDERS,
    Right.DEVELOP: _BUILDERS,
    Right.PAY: frozenset({Role.OWNER, Role.FINANCE}),
    Right.REPRESENT: frozenset({Role.OWNER}),
    Right.TEAM: frozenset({Role.OWNER}),
}

NAME_LONGEST = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
# RFC 5321 allows much more; this is what mail providers hand out.
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")
_EMAIL_LONGEST = 254


def read_contact(channel: Channel, text: str) -> Contact:
    """Return the canonical contact; refuses what is no address. Phones default to +86."""
    plain = text.strip()
    if channel is Channel.EMAIL:
        email = plain.lower()
        if len(email) > _EMAIL_LONGEST or not _EMAIL.fullmatch(email):
            raise errors.ContactMalformed(channel=channel)
        return Contact(channel, email)
    try:
        number = phonenumbers.parse(plain, "CN")
    except phonenumbers.NumberParseException as error:
        raise errors.ContactMalformed(channel=channel) from error
    if not phonenumbers.is_valid_number(number):
        raise errors.ContactMalformed(channel=channel)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Contact(channel, e164)


def guess_contact(text: str) -> Contact:
    """Return the contact somebody typed into a sign-in form: with an @ it is an e-mail."""
    return read_contact(Channel.EMAIL if "@" in text else Channel.PHONE, text)


def masked(contact: Contact) -> str:
    """Return the contact as screens, logs and the audit may show it: `138****8000`."""
    if contact.channel is Channel.PHONE:
        return masked_phone(contact.target)
    local, _, domain = contact.target.partition("@")
    return f"{local[0]}***@{domain}"


def read_name(field: NameField, text: str, *, shortest: int = 1) -> str:
    """Return a person's or an organisation's name, trimmed; refuses empty and unprintable ones."""
    name = text.strip()
    if not shortest <= len(name) <= NAME_LONGEST or _CONTROL.search(name):
        raise errors.NameMalformed(field=field, shortest=shortest, longest=NAME_LONGEST)
    return name


def may_send_code(last: OneTimeCode | None, now: datetime) -> int:
    """Return how many codes this one makes today; refuses within a minute and past the limit."""
    if last is None:
        return 1
    if now < last.issued_at + CODE_PAUSE:
        wait = -((now - last.issued_at - CODE_PAUSE) // timedelta(seconds=1))
        raise errors.CodeTooSoon(retry_after_seconds=wait, seconds=wait)
    today = shanghai_day(now)
    if last.day != today:
        return 1
    if last.sent_on_day >= CODES_A_DAY:
        tomorrow = day_begins(today + timedelta(days=1))
        wait = (tomorrow - now) // timedelta(seconds=1) + 1
        raise errors.CodeTooMany(retry_after_seconds=wait, limit=CODES_A_DAY)
    return last.sent_on_day + 1


def judge_code(
    sent: OneTimeCode | None, *, matches: bool, now: datetime, life: timedelta = CODE_LIFE
) -> Refusal | None:
    """Return why the code does not do, or None. The caller counts a wrong try."""
    if sent is None or sent.used_at is not None or now >= sent.issued_at + life:
        return errors.CodeExpired()
    if sent.tries >= CODE_TRIES:
        return _exhausted(sent, now)
    if not matches:
        left = CODE_TRIES - sent.tries - 1
        return errors.CodeWrong(tries_left=left) if left else _exhausted(sent, now)
    return None


def _exhausted(sent: OneTimeCode, now: datetime) -> Refusal:
    wait = max(0, -((now - sent.issued_at - CODE_PAUSE) // timedelta(seconds=1)))
    return errors.CodeExhausted(retry_after_seconds=wait)


def may_invite(on_this_day: int) -> None:
    """Refuse one invitation too many on a day of Shanghai's."""
    if on_this_day >= INVITATIONS_A_DAY:
        raise errors.InvitationsTooMany(limit=INVITATIONS_A_DAY)


def judge_invitation(invitation: Invitation | None, now: datetime) -> Invitation:
    """Return the invitation where its link still serves; refuses invitation.*, saying why not."""
    known = standing(invitation)
    if now >= known.expires_at:
        raise errors.InvitationExpired(hours=INVITATION_LIFE // timedelta(hours=1))
    return known


def may_resend(invitation: Invitation | None, now: datetime) -> Invitation:
    """Return the invitation where it may be sent again; an expired one may."""
    known = standing(invitation)
    if now < known.sent_at + INVITATION_PAUSE:
        wait = -((now - known.sent_at - INVITATION_PAUSE) // timedelta(seconds=1))
        raise errors.InvitationTooSoon(retry_after_seconds=wait, seconds=wait)
    if known.sendings >= INVITATION_SENDINGS:
        raise errors.InvitationWornOut(limit=INVITATION_SENDINGS)
    return known


def standing(invitation: Invitation | None) -> Invitation:
    """Return the invitation where it is open, expired or not; refuses invitation.*."""
    if invitation is None:
        raise errors.InvitationNotFound
    if invitation.state is InvitationState.ACCEPTED:
        raise errors.InvitationUsed
    if invitation.state is InvitationState.WITHDRAWN:
        raise errors.InvitationWithdrawn
    return invitation


def locked(lock: Lock, now: datetime) -> Refusal | None:
    """Return the refusal of a locked sign-in, or None (C5.1)."""
    if lock.locked_until is None or now >= lock.locked_until:
        return None
    seconds = -((now - lock.locked_until) // timedelta(seconds=1))
    return errors.SignInLocked(retry_after_seconds=seconds, minutes=-(-seconds // 60))


def after_failure(lock: Lock, now: datetime) -> Lock:
    """Return the lock after one more wrong password: the tenth locks for 15 minutes (C5.1)."""
    failures = lock.failures + 1
    if failures >= LOCK_AFTER:
        return Lock(lock.password_hash, 0, now + LOCK_FOR)
    return Lock(lock.password_hash, failures, None)


def may_sign_in(account: Account) -> Refusal | None:
    """Return why the account's people stay outside, or None (C4.2, C5.2).

    An account frozen for arrears, its profile or a breach lets them in: to pay, mend and export.
    """
    if account.state is AccountState.CLOSED:
        return errors.AccountClosed()
    if account.state is AccountState.FROZEN and account.frozen_reason is FreezeReason.THEFT:
        return errors.AccountFrozen(reason=FreezeReason.THEFT)
    return None


def require_active(account: Account) -> None:
    """Refuse deeds that a frozen or closed account may not do (C4.2)."""
    if account.state is AccountState.CLOSED:
        raise errors.AccountClosed
    if account.state is AccountState.FROZEN:
        raise errors.AccountFrozen(reason=account.frozen_reason)


def session_valid(session: Session, now: datetime) -> bool:
    """Return whether the session lives: neither idle for too long nor past its end."""
    return now < session.expires_at and now < session.last_seen_at + IDLE[session.kind]


def require_right(role: Role | None, right: Right) -> None:
    """Refuse a role that does not have the right; None is nobody's role."""
    if role not in RIGHTS[right]:
        raise errors.RoleMissing(needed=tuple(one for one in Role if one in RIGHTS[right]))


def require_staff_role(session: Session, *roles: StaffRole) -> None:
    """Refuse staff without any of these roles; an admin may do everything."""
    needed = tuple(dict.fromkeys((*roles, StaffRole.ADMIN)))
    if not session.staff_roles & set(needed):
        raise errors.StaffRoleMissing(needed=needed)
