"""Every expected “no” of accounts."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class ContactMalformed(Refusal):
    """The e-mail address or phone number cannot be read. Fact: channel."""

    code: ClassVar[str] = "contact.malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ContactTaken(Refusal):
    """Somebody has registered with it already. Fact: channel."""

    code: ClassVar[str] = "contact.taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NameMalformed(Refusal):
    """A name is empty, too long or holds control characters. Facts: field, shortest, longest."""

    code: ClassVar[str] = "name.malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class CodeWrong(Refusal):
    """The code is not the one that was sent. Fact: tries_left."""

    code: ClassVar[str] = "code.wrong"
    kind: ClassVar[Kind] = Kind.MALFORMED


class CodeExpired(Refusal):
    """The code is older than ten minutes, was used, or none was sent."""

    code: ClassVar[str] = "code.expired"
    kind: ClassVar[Kind] = Kind.MALFORMED


class CodeExhausted(Refusal):
    """Five wrong tries: this code is dead, a new one can be asked for."""

    code: ClassVar[str] = "code.exhausted"
    kind: ClassVar[Kind] = Kind.BUSY


class CodeTooSoon(Refusal):
    """A code was sent less than a minute ago. Fact: seconds to wait."""

    code: ClassVar[str] = "code.too_soon"
    kind: ClassVar[Kind] = Kind.BUSY


class CodeTooMany(Refusal):
    """No more codes to this address today. Fact: limit."""

    code: ClassVar[str] = "code.too_many"
    kind: ClassVar[Kind] = Kind.BUSY


class PasswordTooShort(Refusal):
    """The password is too short. Fact: shortest."""

    code: ClassVar[str] = "password.too_short"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PasswordTooLong(Refusal):
    """The password is too long. Fact: longest."""

    code: ClassVar[str] = "password.too_long"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PasswordCommon(Refusal):
    """The password is one that everybody tries first."""

    code: ClassVar[str] = "password.common"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PasswordIsName(Refusal):
    """The password is the name, the organisation, the e-mail or the phone itself."""

    code: ClassVar[str] = "password.is_name"
    kind: ClassVar[Kind] = Kind.MALFORMED


class SignInWrong(Refusal):
    """No such person, or not this password; which of the two is not said."""

    code: ClassVar[str] = "sign_in.wrong"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class SignInLocked(Refusal):
    """Ten wrong passwords in a row. Fact: minutes."""

    code: ClassVar[str] = "sign_in.locked"
    kind: ClassVar[Kind] = Kind.BUSY


class SessionNotFound(Refusal):
    """The session to be ended is not one of this person's."""

    code: ClassVar[str] = "session.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class RoleMissing(Refusal):
    """The person's role does not reach that far. Fact: needed, a tuple of roles."""

    code: ClassVar[str] = "role.missing"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class AccountNotFound(Refusal):
    """There is no such account."""

    code: ClassVar[str] = "account.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class AccountFrozen(Refusal):
    """The account is frozen. Fact: reason."""

    code: ClassVar[str] = "account.frozen"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class AccountClosed(Refusal):
    """The account is closed, for good."""

    code: ClassVar[str] = "account.closed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class AccountNotFrozen(Refusal):
    """Only a frozen account can be thawed."""

    code: ClassVar[str] = "account.not_frozen"
    kind: ClassVar[Kind] = Kind.CONFLICT


class MemberNotFound(Refusal):
    """There is no such person in this account."""

    code: ClassVar[str] = "member.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class LastOwner(Refusal):
    """An account keeps at least one owner."""

    code: ClassVar[str] = "member.last_owner"
    kind: ClassVar[Kind] = Kind.CONFLICT


class MemberAlready(Refusal):
    """Whoever is invited is in this account already."""

    code: ClassVar[str] = "member.already"
    kind: ClassVar[Kind] = Kind.CONFLICT


class InvitationStanding(Refusal):
    """The same contact has an invitation that was neither accepted nor withdrawn."""

    code: ClassVar[str] = "invitation.standing"
    kind: ClassVar[Kind] = Kind.CONFLICT


class InvitationsTooMany(Refusal):
    """The account has invited as many people today as it may. Fact: limit."""

    code: ClassVar[str] = "invitation.too_many"
    kind: ClassVar[Kind] = Kind.BUSY


class InvitationTooSoon(Refusal):
    """The link was sent less than a minute ago. Fact: seconds to wait."""

    code: ClassVar[str] = "invitation.too_soon"
    kind: ClassVar[Kind] = Kind.BUSY


class InvitationWornOut(Refusal):
    """The link was sent as often as it may be. Fact: limit."""

    code: ClassVar[str] = "invitation.worn_out"
    kind: ClassVar[Kind] = Kind.CONFLICT


class InvitationNotFound(Refusal):
    """No invitation has this link, or a newer link was sent since."""

    code: ClassVar[str] = "invitation.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class InvitationUsed(Refusal):
    """The invitation was accepted already."""

    code: ClassVar[str] = "invitation.used"
    kind: ClassVar[Kind] = Kind.CONFLICT


class InvitationWithdrawn(Refusal):
    """The invitation was taken back."""

    code: ClassVar[str] = "invitation.withdrawn"
    kind: ClassVar[Kind] = Kind.CONFLICT


class InvitationExpired(Refusal):
    """The link is too old. Fact: hours that a link serves."""

    code: ClassVar[str] = "invitation.expired"
    kind: ClassVar[Kind] = Kind.CONFLICT


class InvitationContactTaken(Refusal):
    """Whoever was invited is a member of another account. Fact: channel."""

    code: ClassVar[str] = "invitation.contact_taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


class KeyUnknown(Refusal):
    """The key pair is not ours, was revoked, or its private half is wrong; which is not said."""

    code: ClassVar[str] = "key.unknown"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class KeySuspended(Refusal):
    """The key is suspended."""

    code: ClassVar[str] = "key.suspended"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class KeyScopeMissing(Refusal):
    """The key may not do that. Fact: scope."""

    code: ClassVar[str] = "key.scope_missing"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class KeyAddressRefused(Refusal):
    """The caller's address is not on the key's list. Fact: ip."""

    code: ClassVar[str] = "key.address_refused"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class KeyNotFound(Refusal):
    """There is no such key in this account, or it was revoked."""

    code: ClassVar[str] = "key.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class KeysTooMany(Refusal):
    """The account has as many living keys as it may. Fact: limit."""

    code: ClassVar[str] = "key.too_many"
    kind: ClassVar[Kind] = Kind.CONFLICT


class KeyScopeless(Refusal):
    """A key without any scope could do nothing."""

    code: ClassVar[str] = "key.scopeless"
    kind: ClassVar[Kind] = Kind.MALFORMED


class NetworkMalformed(Refusal):
    """An entry of the allow-list is no address or CIDR block. Fact: entry."""

    code: ClassVar[str] = "key.network_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class StaffRoleless(Refusal):
    """A person of the operator needs at least one role."""

    code: ClassVar[str] = "staff.roleless"
    kind: ClassVar[Kind] = Kind.MALFORMED


class StaffRoleMissing(RoleMissing):
    """No role of this person of the operator reaches that far. Fact: needed, a tuple of roles."""

    code: ClassVar[str] = "staff.role_missing"


class StaffNotFound(Refusal):
    """There is no such person of the operator."""

    code: ClassVar[str] = "staff.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class StaffTaken(Refusal):
    """Somebody of the operator has that e-mail address already."""

    code: ClassVar[str] = "staff.taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


class StaffSuspended(Refusal):
    """The person is suspended: nothing else changes before they may work again."""

    code: ClassVar[str] = "staff.suspended"
    kind: ClassVar[Kind] = Kind.CONFLICT


class StaffNotSuspended(Refusal):
    """Only a suspended person can be let in again."""

    code: ClassVar[str] = "staff.not_suspended"
    kind: ClassVar[Kind] = Kind.CONFLICT


class StaffOwnStanding(Refusal):
    """Nobody changes their own roles or sign-in: a colleague does."""

    code: ClassVar[str] = "staff.own_standing"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class LastAdmin(Refusal):
    """The operator keeps at least one admin who can sign in."""

    code: ClassVar[str] = "staff.last_admin"
    kind: ClassVar[Kind] = Kind.CONFLICT
