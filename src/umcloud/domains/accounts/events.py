"""What accounts announce. Contacts are masked; codes, tokens and keys never appear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from umcloud.domains.accounts.model import (
    Channel,
    FreezeReason,
    InvitationId,
    Purpose,
    Role,
    Scope,
    SessionKind,
    SignInId,
    StaffRole,
)
from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, KeyId, MemberId, StaffId


@dataclass(frozen=True, slots=True)
class CodeIssued(Event):
    """A one-time code is on its way."""

    name: ClassVar[str] = "code.issued"
    channel: Channel
    purpose: Purpose
    masked_contact: str


@dataclass(frozen=True, slots=True)
class CodeRejected(Event):
    """Somebody typed a wrong, dead or late code."""

    name: ClassVar[str] = "code.rejected"
    purpose: Purpose
    masked_contact: str
    why: str


@dataclass(frozen=True, slots=True)
class AccountRegistered(Event):
    """A customer came."""

    name: ClassVar[str] = "account.registered"
    account_id: AccountId
    owner_id: MemberId
    lane: int
    organisation: str
    masked_contact: str


@dataclass(frozen=True, slots=True)
class AccountFrozen(Event):
    """The account stopped working until it is thawed (C4.2)."""

    name: ClassVar[str] = "account.frozen"
    account_id: AccountId
    reason: FreezeReason
    note: str


@dataclass(frozen=True, slots=True)
class AccountThawed(Event):
    """The account works again."""

    name: ClassVar[str] = "account.thawed"
    account_id: AccountId
    note: str


@dataclass(frozen=True, slots=True)
class AccountClosed(Event):
    """The account is closed, for good (C4.2)."""

    name: ClassVar[str] = "account.closed"
    account_id: AccountId
    note: str


@dataclass(frozen=True, slots=True)
class TheftReported(Event):
    """The owner says the account was stolen; its moment separates liability (C5.2)."""

    name: ClassVar[str] = "account.theft_reported"
    account_id: AccountId
    note: str
    sessions_ended: int
    keys_suspended: int


@dataclass(frozen=True, slots=True)
class MemberInvited(Event):
    """A colleague was invited."""

    name: ClassVar[str] = "member.invited"
    account_id: AccountId
    invitation_id: InvitationId
    role: Role
    masked_contact: str


@dataclass(frozen=True, slots=True)
class InvitationResent(Event):
    """The invitation was sent once more; the link before it is void."""

    name: ClassVar[str] = "invitation.resent"
    account_id: AccountId
    invitation_id: InvitationId
    masked_contact: str


@dataclass(frozen=True, slots=True)
class InvitationWithdrawn(Event):
    """The invitation was taken back."""

    name: ClassVar[str] = "invitation.withdrawn"
    account_id: AccountId
    invitation_id: InvitationId
    masked_contact: str


@dataclass(frozen=True, slots=True)
class MemberJoined(Event):
    """The invited colleague took a name and a password."""

    name: ClassVar[str] = "member.joined"
    account_id: AccountId
    member_id: MemberId
    invitation_id: InvitationId
    role: Role
    masked_contact: str


@dataclass(frozen=True, slots=True)
class MemberRemoved(Event):
    """A colleague left; their sessions ended with it."""

    name: ClassVar[str] = "member.removed"
    account_id: AccountId
    member_id: MemberId
    role: Role
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class MemberRoleChanged(Event):
    """A colleague's role changed."""

    name: ClassVar[str] = "member.role_changed"
    account_id: AccountId
    member_id: MemberId
    before: Role
    after: Role


@dataclass(frozen=True, slots=True)
class MemberSignedIn(Event):
    """A person of a customer came in."""

    name: ClassVar[str] = "member.signed_in"
    account_id: AccountId
    member_id: MemberId
    session_id: SignInId
    by_code: bool


@dataclass(frozen=True, slots=True)
class StaffSignedIn(Event):
    """A person of the operator came in."""

    name: ClassVar[str] = "staff.signed_in"
    staff_id: StaffId
    session_id: SignInId


@dataclass(frozen=True, slots=True)
class SignInFailed(Event):
    """A sign-in was refused; `account_id` is empty where nobody has that contact."""

    name: ClassVar[str] = "sign_in.failed"
    account_id: AccountId | None
    side: SessionKind
    masked_contact: str
    why: str


@dataclass(frozen=True, slots=True)
class SignInLocked(Event):
    """Ten failures: the person's door is locked for a while (C5.1)."""

    name: ClassVar[str] = "sign_in.locked"
    account_id: AccountId | None
    side: SessionKind
    masked_contact: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SessionsEnded(Event):
    """Sessions were signed out or revoked."""

    name: ClassVar[str] = "sessions.ended"
    account_id: AccountId | None
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class CredentialsReset(Event):
    """A member chose a new password by code; all their sessions ended."""

    name: ClassVar[str] = "member.credentials_reset"
    account_id: AccountId
    member_id: MemberId
    masked_contact: str
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class KeyCreated(Event):
    """An API key pair was made."""

    name: ClassVar[str] = "key.created"
    account_id: AccountId
    key_id: KeyId
    label: str
    scopes: frozenset[Scope]
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyRevoked(Event):
    """An API key stopped for good."""

    name: ClassVar[str] = "key.revoked"
    account_id: AccountId
    key_id: KeyId


@dataclass(frozen=True, slots=True)
class KeyResumed(Event):
    """A suspended API key works again."""

    name: ClassVar[str] = "key.resumed"
    account_id: AccountId
    key_id: KeyId


@dataclass(frozen=True, slots=True)
class StaffCreated(Event):
    """A person of the operator got a sign-in."""

    name: ClassVar[str] = "staff.created"
    staff_id: StaffId
    roles: frozenset[StaffRole]


@dataclass(frozen=True, slots=True)
class StaffInvited(Event):
    """A person of the operator was asked in; they choose a password by code."""

    name: ClassVar[str] = "staff.invited"
    staff_id: StaffId
    masked_contact: str
    roles: frozenset[StaffRole]


@dataclass(frozen=True, slots=True)
class StaffJoined(Event):
    """A person of the operator chose a password."""

    name: ClassVar[str] = "staff.joined"
    staff_id: StaffId


@dataclass(frozen=True, slots=True)
class StaffPasswordChanged(Event):
    """A person of the operator chose another password; their sessions ended, a new one opened."""

    name: ClassVar[str] = "staff.password_changed"
    staff_id: StaffId
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class StaffRolesChanged(Event):
    """A person of the operator may do other things from now on."""

    name: ClassVar[str] = "staff.roles_changed"
    staff_id: StaffId
    before: frozenset[StaffRole]
    after: frozenset[StaffRole]


@dataclass(frozen=True, slots=True)
class StaffSuspended(Event):
    """A person of the operator stays outside; their sessions ended with it."""

    name: ClassVar[str] = "staff.suspended"
    staff_id: StaffId
    reason: str
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class StaffResumed(Event):
    """A suspended person of the operator works again."""

    name: ClassVar[str] = "staff.resumed"
    staff_id: StaffId


@dataclass(frozen=True, slots=True)
class StaffSignInReset(Event):
    """Password and sessions of a person of the operator ended; they choose anew by code."""

    name: ClassVar[str] = "staff.sign_in_reset"
    staff_id: StaffId
    reason: str
    sessions_ended: int
