"""The nouns of accounts: account, member, invitation, session, one-time code, key, staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from typing import Generic, NewType, TypeAlias, TypeVar
from uuid import UUID

from umcloud.kernel.ids import AccountId, KeyId, MemberId, StaffId
from umcloud.kernel.refusals import Refusal

SignInId = NewType("SignInId", UUID)
InvitationId = NewType("InvitationId", UUID)
Network: TypeAlias = IPv4Network | IPv6Network


class AccountState(Enum):
    """Frozen comes back by thawing; closed never does (C4.2)."""

    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"
    CLOSED = "CLOSED"


class FreezeReason(Enum):
    """Why an account is frozen; decides whether its people may still sign in."""

    THEFT = "THEFT"
    """Reported stolen (C5.2): nobody signs in until the operator has heard the owner."""
    PROFILE = "PROFILE"
    """The profile is false or out of date (C4.1)."""
    ARREARS = "ARREARS"
    """Unpaid (C10.5); signing in stays possible, to pay."""
    BREACH = "BREACH"
    """Broke the rules of use."""
    REQUEST = "REQUEST"
    """The customer asked for it."""


class Role(Enum):
    """What a member is to the account."""

    OWNER = "OWNER"
    DEVELOPER = "DEVELOPER"
    FINANCE = "FINANCE"
    VIEWER = "VIEWER"
    """Looks at everything but the developers' pages, and changes nothing."""


class Right(Enum):
    """What roles differ in (`rules.RIGHTS`); everybody of an account may do the rest."""

    SEND = "send"
    """Send messages."""
    RESOURCES = "resources"
    """Apply for signatures and templates, and delete them."""
    DEVELOP = "develop"
    """API keys, calls and callbacks, looking at them too."""
    PAY = "pay"
    """Recharge and buy."""
    REPRESENT = "represent"
    """Speak for the customer: verification and the agreement."""
    TEAM = "team"
    """Invite, change and remove colleagues."""


class StaffRole(Enum):
    """What a person of the operator does."""

    REVIEWER = "reviewer"
    FINANCE = "finance"
    NETWORK = "network"
    SUPPORT = "support"
    AUDITOR = "auditor"
    """Reads the customers, the log, the messages (masked) and the books; changes nothing."""
    ADMIN = "admin"


class StaffState(Enum):
    """An invited person has no password yet; a suspended one keeps it but stays outside."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class MemberState(Enum):
    """A removed member has no door left. Who is invited is no member yet."""

    ACTIVE = "ACTIVE"
    REMOVED = "REMOVED"


class InvitationState(Enum):
    """An open one serves until it expires; what was accepted or withdrawn never serves again."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    WITHDRAWN = "WITHDRAWN"


class NameField(Enum):
    """Whose name it is; named in the refusal of a malformed one."""

    PERSON = "person"
    ORGANISATION = "organisation"
    KEY = "key"


class Channel(Enum):
    """How a person is reached."""

    EMAIL = "email"
    PHONE = "phone"


class Purpose(Enum):
    """What a one-time code is good for; a code for one purpose does not serve another."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    RESET = "reset"
    STAFF = "staff"
    """A person of the operator chooses a password: invited, or after a reset."""


class Scope(Enum):
    """What an API key may do."""

    SEND = "send"
    READ = "read"
    MANAGE = "manage"


class KeyState(Enum):
    """A suspended key can be resumed by the operator; a revoked one is gone."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"


class SessionKind(Enum):
    """Whose session it is."""

    MEMBER = "MEMBER"
    STAFF = "STAFF"


@dataclass(frozen=True, slots=True)
class Contact:
    """A reachable address in its one canonical form: lower-case e-mail, or E.164 phone."""

    channel: Channel
    target: str


@dataclass(frozen=True, slots=True)
class Account:
    """A customer. `lane` says which writer of the hot path owns it (0..255)."""

    id: AccountId
    lane: int
    name: str
    state: AccountState
    frozen_reason: FreezeReason | None
    locale: str
    created_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person of an account; e-mail and phone identify one person in the whole cloud."""

    id: MemberId
    account_id: AccountId
    email: str | None
    phone: str | None
    name: str
    role: Role
    state: MemberState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody was asked to join; the link's token is kept as a hash only."""

    id: InvitationId
    account_id: AccountId
    contact: Contact
    role: Role
    state: InvitationState
    invited_by: MemberId | None
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    sendings: int
    """How often the link was sent; each sending makes a new one, and the one before is void."""


@dataclass(frozen=True, slots=True)
class InvitationMessage:
    """An invitation on its way to a person, for the port `InvitationSender`; never logged."""

    contact: Contact
    role: Role
    organisation: str
    inviter: str
    hours: int
    locale: str
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the operator."""

    id: StaffId
    email: str
    name: str
    roles: frozenset[StaffRole]
    state: StaffState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Lock:
    """What a sign-in needs to know about earlier failures, and the hash to compare with."""

    password_hash: str | None
    failures: int
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. Exactly one of the two sides, member or staff, is filled."""

    id: SignInId
    kind: SessionKind
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    account_id: AccountId | None = None
    member_id: MemberId | None = None
    role: Role | None = None
    staff_id: StaffId | None = None
    staff_roles: frozenset[StaffRole] = frozenset()
    name: str = ""
    locale: str = "zh_CN"
    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A code that was sent; `code_mac` is its keyed fingerprint, the code itself is not kept."""

    contact: Contact
    purpose: Purpose
    code_mac: bytes
    tries: int
    issued_at: datetime
    day: date
    sent_on_day: int
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """A code on its way to a person, for the port `CodeSender`; never logged, never announced."""

    contact: Contact
    purpose: Purpose
    code: str
    locale: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as screens show it: without its private half."""

    id: KeyId
    account_id: AccountId
    public_key: str
    name: str
    scopes: frozenset[Scope]
    networks: tuple[Network, ...]
    state: KeyState
    created_at: datetime
    last_used_day: date | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; the only time that its private half is shown."""

    key: ApiKey
    private_key: str

    def bearer(self) -> str:
        """Return what `/v1` takes after `Authorization: Bearer `."""
        return f"{self.key.public_key}.{self.private_key}"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a door must know to admit a program; holds the private key, so it is not printed."""

    key_id: KeyId
    account_id: AccountId
    lane: int
    account_state: AccountState
    frozen_reason: FreezeReason | None
    public_key: str
    private_key: str
    state: KeyState
    scopes: frozenset[Scope]
    networks: tuple[Network, ...]

    def __repr__(self) -> str:
        return f"KeyFacts(key_id={self.key_id})"


@dataclass(frozen=True, slots=True)
class Registered:
    """A new account and its owner."""

    account: Account
    owner: Member


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; the token goes into the person's cookie and is kept nowhere else."""

    session: Session
    token: str


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict(Generic[T]):
    """An answer whose “no” must be committed too: a failed try counts although it is refused.

    The edge commits first and asks after that:

        async with database.transaction() as tx:
            verdict = await service.sign_in(tx, act, ...)
        signed_in = verdict.or_raise()
    """

    value: T | None = None
    refusal: Refusal | None = None

    def or_raise(self) -> T:
        """Return the value, or raise the refusal; call it after the transaction has ended."""
        if self.refusal is not None:
            raise self.refusal
        if self.value is None:
            raise RuntimeError("a verdict holds a value or a refusal")
        return self.value


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account as news for all of them reaches it: language, and addresses of its owners."""

    account_id: AccountId
    locale: str
    emails: tuple[str, ...]
