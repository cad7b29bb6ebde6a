"""Refusals of the native door itself, and the RetCode of every refusal (sections 5.1 and 5.2).

The vendor's SDK repeats a request, at once and several times, for every code above 2000: such a
code may only be answered where nothing was sent (section 4.2). Faults in which that is not sure
get a gateway code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from umcloud.kernel.refusals import Kind, Refusal


class ActionMissing(Refusal):
    """There is no Action."""

    code: ClassVar[str] = "uapi.action_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ActionUnknown(Refusal):
    """There is no such action. Fact: action."""

    code: ClassVar[str] = "uapi.action_unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class SignatureMissing(Refusal):
    """There is no Signature."""

    code: ClassVar[str] = "uapi.signature_missing"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class SignatureWrong(Refusal):
    """The private key of this PublicKey did not sign exactly this."""

    code: ClassVar[str] = "uapi.signature_wrong"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class TokenUnknown(Refusal):
    """A SecurityToken; we issue none."""

    code: ClassVar[str] = "uapi.token_unknown"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class BodyTooLarge(Refusal):
    """More bytes than any action takes. Fact: most."""

    code: ClassVar[str] = "uapi.body_too_large"
    kind: ClassVar[Kind] = Kind.MALFORMED


class MethodRefused(Refusal):
    """Neither GET nor POST."""

    code: ClassVar[str] = "uapi.method_refused"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ParameterMissing(Refusal):
    """Fact: parameter."""

    code: ClassVar[str] = "uapi.parameter_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ParameterMalformed(Refusal):
    """Fact: parameter."""

    code: ClassVar[str] = "uapi.parameter_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ParameterUnknown(Refusal):
    """The action has no such parameter (section 2.2 says why that counts). Facts: both."""

    code: ClassVar[str] = "uapi.parameter_unknown"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TooManySessions(Refusal):
    """More than 100 sessions asked for at once (section 6.3). Facts: given, limit."""

    code: ClassVar[str] = "uapi.too_many_sessions"
    kind: ClassVar[Kind] = Kind.MALFORMED


class RateLimited(Refusal):
    """The key made more requests than it may. Fact: limit, requests a second."""

    code: ClassVar[str] = "uapi.rate_limited"
    kind: ClassVar[Kind] = Kind.BUSY


class BatchFailed(Refusal):
    """Nothing of a batch was accepted, for several reasons; FailContent holds them."""

    code: ClassVar[str] = "uapi.batch_failed"
    kind: ClassVar[Kind] = Kind.CONFLICT


class Faulty(Refusal):
    """We failed; whether something was sent is not known."""

    code: ClassVar[str] = "uapi.faulty"
    kind: ClassVar[Kind] = Kind.BUSY


RETCODE: Final[Mapping[Kind, int]] = {
    Kind.MALFORMED: 18003,
    Kind.UNAUTHENTICATED: 171,
    Kind.FORBIDDEN: 291,
    Kind.NOT_FOUND: 18003,
    Kind.CONFLICT: 18003,
    Kind.UNAFFORDABLE: 18013,
    Kind.UNPROVEN: 18003,
    Kind.BUSY: 150,
}
"""The RetCode of a refusal whose code has no row in `RETCODE_OF`."""

RETCODE_OF: Final[Mapping[str, int]] = {
    Faulty.code: 130,
    RateLimited.code: 153,
    ActionMissing.code: 160,
    ActionUnknown.code: 161,
    SignatureMissing.code: 170,
    SignatureWrong.code: 171,
    "key.unknown": 172,
    "key.suspended": 173,
    "account.frozen": 173,
    "account.closed": 173,
    "send.account_stopped": 173,
    "send.not_verified": 173,
    "agreements.consent_needed": 173,
    TokenUnknown.code: 174,
    "key.scope_missing": 291,
    "key.address_refused": 294,
    "uapi.body_unreadable": 18000,
    "uapi.task_content_unreadable": 18000,
    ParameterMissing.code: 18001,
    "send.no_recipient": 18001,
    ParameterMalformed.code: 18002,
    "uapi.name_twice": 18002,
    "uapi.array_broken": 18002,
    "uapi.too_many_parameters": 18002,
    "uapi.file_unreadable": 18002,
    "send.reference_malformed": 18002,
    "send.extend_code_closed": 18003,
    "template.signature_first": 18016,
    "send.no_line": 18004,
    "balance.insufficient": 18013,
    "number.malformed": 18014,
    "send.signature_not_approved": 18016,
    "signature.unknown": 18016,
    "send.template_not_approved": 18017,
    "template.unknown": 18017,
    "template.params_mismatch": 18018,
    "send.too_many_recipients": 18019,
    "uapi.too_many_targets": 18019,
    "template.word_blocked": 18023,
    "template.value_not_allowed": 18033,
    BatchFailed.code: 18046,
}


def retcode_of(refusal: Refusal) -> int:
    """Return the RetCode with which the door answers a refusal."""
    return RETCODE_OF.get(refusal.code) or RETCODE[refusal.kind]
