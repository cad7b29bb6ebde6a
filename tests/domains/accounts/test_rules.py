from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.accounts import errors, keys, rules
from umcloud.domains.accounts.model import (
    Account,
    AccountState,
    Channel,
    Contact,
    FreezeReason,
    Invitation,
    InvitationId,
    InvitationState,
    KeyFacts,
    KeyState,
    Lock,
    NameField,
    OneTimeCode,
    Purpose,
    Right,
    Role,
    Scope,
    Session,
    SessionKind,
    SignInId,
    StaffRole,
)
from umcloud.domains.accounts.passwords import judge_password
from umcloud.kernel.ids import AccountId, KeyId
from umcloud.kernel.refusals import Refusal

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
MAIL = Contact(Channel.EMAIL, "lin@example.com")


@pytest.mark.parametrize(
    ("channel", "text", "target"),
    [
        (Channel.EMAIL, "  Lin@Example.COM ", "lin@example.com"),
        (Channel.PHONE, "138 0013 8000", "+8613800138000"),
        (Channel.PHONE, "+86 13800138000", "+8613800138000"),
        (Channel.PHONE, "+44 7400 123456", "+447400123456"),
    ],
)
def test_contacts_have_one_form(channel: Channel, text: str, target: str) -> None:
    assert rules.read_contact(channel, text) == Contact(channel, target)
    assert rules.guess_contact(text) == Contact(channel, target)


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        (Channel.EMAIL, "lin"),
        (Channel.EMAIL, "lin@localhost"),
        (Channel.EMAIL, "lin@example.com\r\nBcc: all@example.com"),
        (Channel.EMAIL, "林@example.com"),
        (Channel.EMAIL, "a" * 250 + "@example.com"),
        (Channel.PHONE, "12345"),
        (Channel.PHONE, "not a phone"),
        (Channel.PHONE, "19999"),
    ],
)
def test_malformed_contacts_are_refused(channel: Channel, text: str) -> None:
    with pytest.raises(errors.ContactMalformed):
        rules.read_contact(channel, text)


@given(st.text(max_size=40))
def test_any_text_is_a_contact_or_refused(text: str) -> None:
    for channel in Channel:
        try:
            contact = rules.read_contact(channel, text)
        except errors.ContactMalformed:
            continue
        assert rules.read_contact(channel, contact.target) == contact


@pytest.mark.clause("C13.2")
def test_contacts_are_shown_masked() -> None:
    assert rules.masked(MAIL) == "l***@example.com"
    assert rules.masked(Contact(Channel.PHONE, "+8613800138000")) == "138****8000"


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 65, "a\x00b"])
def test_unprintable_names_are_refused(name: str) -> None:
    with pytest.raises(errors.NameMalformed):
        rules.read_name(NameField.PERSON, name)


WEAK: dict[str, type[Refusal]] = {
    "short-1": errors.PasswordTooShort,
    "x7" * 70: errors.PasswordTooLong,
    "password2026": errors.PasswordCommon,
    "Password!!!!": errors.PasswordCommon,
    "1234567890": errors.PasswordCommon,
    "qwertyuiop12": errors.PasswordCommon,
    "1qaz2wsx3edc": errors.PasswordCommon,
    "aaaaaaaaaaaa": errors.PasswordCommon,
    "kitekitekite": errors.PasswordCommon,
    "abcdefghij!A": errors.PasswordCommon,
    "hangzhou-shili": errors.PasswordIsName,
    "Hangzhou Shili": errors.PasswordIsName,
    "somebody.long": errors.PasswordIsName,
    "13800138000": errors.PasswordIsName,
}


@pytest.mark.clause("C5.1")
@pytest.mark.parametrize("password", WEAK)
def test_weak_passwords_are_refused_with_the_reason(password: str) -> None:
    with pytest.raises(WEAK[password]):
        judge_password(password, "Hangzhou Shili", "somebody.long@example.com", "+8613800138000")


@pytest.mark.parametrize("password", ["correct-horse-42", "一二三四五六七八九十", "Tr0ub4dor&3xyz"])
def test_decent_passwords_pass(password: str) -> None:
    judge_password(password, "林一", None)


def sent(**change: object) -> OneTimeCode:
    facts: dict[str, object] = {
        "contact": MAIL,
        "purpose": Purpose.REGISTER,
        "code_mac": b"m" * 32,
        "tries": 0,
        "issued_at": NOON,
        "day": NOON.date(),
        "sent_on_day": 1,
        "used_at": None,
    }
    return OneTimeCode(**{**facts, **change})  # type: ignore[arg-type]  # one field at a time


def test_a_code_is_asked_for_once_a_minute_and_ten_times_a_day() -> None:
    assert rules.may_send_code(None, NOON) == 1
    with pytest.raises(errors.CodeTooSoon) as soon:
        rules.may_send_code(sent(), NOON + timedelta(seconds=59.5))
    assert soon.value.retry_after_seconds == 1
    assert rules.may_send_code(sent(), NOON + timedelta(seconds=60)) == 2
    with pytest.raises(errors.CodeTooMany) as many:
        rules.may_send_code(sent(sent_on_day=10), NOON + timedelta(hours=1))
    assert many.value.retry_after_seconds == 11 * 3600 + 1
    assert rules.may_send_code(sent(sent_on_day=10), NOON + timedelta(hours=12)) == 1


def test_a_code_serves_ten_minutes_five_tries_and_once() -> None:
    later = NOON + timedelta(minutes=9, seconds=59)
    assert rules.judge_code(sent(), matches=True, now=later) is None
    assert rules.judge_code(sent(tries=4), matches=True, now=later) is None
    refused = {
        "never sent": rules.judge_code(None, matches=False, now=NOON),
        "late": rules.judge_code(sent(), matches=True, now=NOON + timedelta(minutes=10)),
        "used": rules.judge_code(sent(used_at=NOON), matches=True, now=NOON),
    }
    assert {type(refusal) for refusal in refused.values()} == {errors.CodeExpired}
    wrong = rules.judge_code(sent(tries=1), matches=False, now=NOON)
    assert isinstance(wrong, errors.CodeWrong)
    assert wrong.facts == {"tries_left": 3}
    fifth = rules.judge_code(sent(tries=4), matches=False, now=NOON)
    dead = rules.judge_code(sent(tries=5), matches=True, now=NOON + timedelta(seconds=20))
    assert isinstance(fifth, errors.CodeExhausted)
    assert isinstance(dead, errors.CodeExhausted)
    assert dead.retry_after_seconds == 40


@pytest.mark.clause("C5.1")
def test_the_tenth_failure_locks_for_a_quarter_of_an_hour() -> None:
    lock = Lock("hash", 0, None)
    for _ in range(9):
        lock = rules.after_failure(lock, NOON)
        assert rules.locked(lock, NOON) is None
    lock = rules.after_failure(lock, NOON)
    refusal = rules.locked(lock, NOON + timedelta(minutes=14, seconds=1))
    assert isinstance(refusal, errors.SignInLocked)
    assert refusal.retry_after_seconds == 59
    assert rules.locked(lock, NOON + timedelta(minutes=15)) is None


def account(state: AccountState, reason: FreezeReason | None = None) -> Account:
    return Account(AccountId(UUID(int=1)), 0, "示例", state, reason, "zh_CN", NOON)


@pytest.mark.clause("C4.2")
def test_frozen_and_closed_accounts() -> None:
    rules.require_active(account(AccountState.ACTIVE))
    assert rules.may_sign_in(account(AccountState.ACTIVE)) is None
    assert rules.may_sign_in(account(AccountState.FROZEN, FreezeReason.ARREARS)) is None
    theft = account(AccountState.FROZEN, FreezeReason.THEFT)
    assert isinstance(rules.may_sign_in(theft), errors.AccountFrozen)
    assert isinstance(rules.may_sign_in(account(AccountState.CLOSED)), errors.AccountClosed)
    with pytest.raises(errors.AccountFrozen):
        rules.require_active(account(AccountState.FROZEN, FreezeReason.ARREARS))
    with pytest.raises(errors.AccountClosed):
        rules.require_active(account(AccountState.CLOSED))


def session(**change: object) -> Session:
    facts: dict[str, object] = {
        "id": SignInId(UUID(int=1)),
        "kind": SessionKind.MEMBER,
        "created_at": NOON,
        "last_seen_at": NOON,
        "expires_at": NOON + timedelta(days=7),
    }
    return Session(**{**facts, **change})  # type: ignore[arg-type]  # one field at a time


def test_sessions_end_idle_and_end_anyway() -> None:
    assert rules.session_valid(session(), NOON + timedelta(hours=11))
    assert not rules.session_valid(session(), NOON + timedelta(hours=12))
    busy = session(last_seen_at=NOON + timedelta(days=7))
    assert not rules.session_valid(busy, NOON + timedelta(days=7))
    assert not rules.session_valid(session(kind=SessionKind.STAFF), NOON + timedelta(hours=2))


def test_roles_of_staff() -> None:
    admin = session(staff_roles=frozenset({StaffRole.ADMIN}))
    rules.require_staff_role(admin, StaffRole.REVIEWER)
    with pytest.raises(errors.RoleMissing):
        rules.require_staff_role(session(role=Role.OWNER), StaffRole.REVIEWER)


def invitation(**change: object) -> Invitation:
    known: dict[str, object] = {
        "id": InvitationId(UUID(int=1)),
        "account_id": AccountId(UUID(int=1)),
        "contact": MAIL,
        "role": Role.FINANCE,
        "state": InvitationState.OPEN,
        "invited_by": None,
        "created_at": NOON,
        "sent_at": NOON,
        "expires_at": NOON + rules.INVITATION_LIFE,
        "sendings": 1,
    }
    return Invitation(**{**known, **change})  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        (None, errors.InvitationNotFound),
        (invitation(state=InvitationState.ACCEPTED), errors.InvitationUsed),
        (invitation(state=InvitationState.WITHDRAWN), errors.InvitationWithdrawn),
        (invitation(expires_at=NOON), errors.InvitationExpired),
    ],
)
def test_a_link_that_does_not_serve_says_why(
    known: Invitation | None, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.judge_invitation(known, NOON)


@given(st.integers(min_value=0, max_value=2 * 72 * 3600))
def test_a_link_serves_72_hours_to_the_second(seconds: int) -> None:
    now = NOON + timedelta(seconds=seconds)
    if seconds < 72 * 3600:
        assert rules.judge_invitation(invitation(), now) == invitation()
    else:
        with pytest.raises(errors.InvitationExpired):
            rules.judge_invitation(invitation(), now)


def test_a_link_is_sent_again_after_a_minute_and_five_times_at_most() -> None:
    with pytest.raises(errors.InvitationTooSoon) as early:
        rules.may_resend(invitation(), NOON + timedelta(seconds=59))
    assert early.value.facts["seconds"] == 1
    later = NOON + timedelta(days=30)
    assert rules.may_resend(invitation(), later) == invitation()
    with pytest.raises(errors.InvitationWornOut):
        rules.may_resend(invitation(sendings=5), later)
    rules.may_invite(19)
    with pytest.raises(errors.InvitationsTooMany):
        rules.may_invite(20)


MAY = {
    Role.OWNER: set(Right),
    Role.DEVELOPER: {Right.SEND, Right.RESOURCES, Right.DEVELOP},
    Role.FINANCE: {Right.PAY},
    Role.VIEWER: set(),
}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_it_is_for(role: Role, right: Right) -> None:
    if right in MAY[role]:
        rules.require_right(role, right)
    else:
        with pytest.raises(errors.RoleMissing) as refused:
            rules.require_right(role, right)
        assert refused.value.facts["needed"] == tuple(one for one in Role if right in MAY[one])


def test_who_has_no_role_may_nothing() -> None:
    for right in Right:
        with pytest.raises(errors.RoleMissing):
            rules.require_right(None, right)


def facts(**change: object) -> KeyFacts:
    known: dict[str, object] = {
        "key_id": KeyId(UUID(int=1)),
        "account_id": AccountId(UUID(int=1)),
        "lane": 0,
        "account_state": AccountState.ACTIVE,
        "frozen_reason": None,
        "public_key": "pub",
        "private_key": "priv",
        "state": KeyState.ACTIVE,
        "scopes": frozenset({Scope.SEND}),
        "networks": (),
    }
    return KeyFacts(**{**known, **change})  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": KeyState.REVOKED}, errors.KeyUnknown),
        ({"state": KeyState.SUSPENDED}, errors.KeySuspended),
        ({"account_state": AccountState.FROZEN}, errors.AccountFrozen),
        ({"account_state": AccountState.CLOSED}, errors.AccountClosed),
        ({"scopes": frozenset({Scope.READ})}, errors.KeyScopeMissing),
        ({"networks": keys.read_networks(["203.0.113.0/24"])}, errors.KeyAddressRefused),
    ],
)
def test_programs_are_refused_with_the_reason(
    change: dict[str, object], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        keys.admit(facts(**change), scope=Scope.SEND, ip="198.51.100.1")


@pytest.mark.parametrize("ip", ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::5"])
def test_listed_addresses_are_admitted(ip: str) -> None:
    listed = keys.read_networks(["203.0.113.9", " 2001:db8::/32 ", "", "203.0.113.9"])
    assert len(listed) == 2
    keys.admit(facts(networks=listed), scope=Scope.SEND, ip=ip)
    for unknown in (None, "", "unix:"):
        with pytest.raises(errors.KeyAddressRefused):
            keys.admit(facts(networks=listed), scope=Scope.SEND, ip=unknown)


def test_malformed_networks_and_bearers_are_refused() -> None:
    with pytest.raises(errors.NetworkMalformed):
        keys.read_networks(["203.0.113.0/33"])
    for text in ("", "pub", "pub.", ".priv"):
        with pytest.raises(errors.KeyUnknown):
            keys.split_bearer(text)
    assert keys.split_bearer("pub.priv") == ("pub", "priv")


def test_key_facts_do_not_print_their_secret() -> None:
    assert "priv" not in repr(facts())
