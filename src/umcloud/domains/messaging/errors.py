"""Why a message is not accepted."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class TooManyRecipients(Refusal):
    """Facts: given, limit (R-SEND-02)."""

    code: ClassVar[str] = "send.too_many_recipients"
    kind: ClassVar[Kind] = Kind.MALFORMED


class NoRecipient(Refusal):
    """The request names nobody."""

    code: ClassVar[str] = "send.no_recipient"
    kind: ClassVar[Kind] = Kind.MALFORMED


class SignatureNotApproved(Refusal):
    """The account has no approved signature of this text (R-SIG-16). Facts: signature."""

    code: ClassVar[str] = "send.signature_not_approved"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class TemplateNotApproved(Refusal):
    """The account has no approved template of this id. Facts: template."""

    code: ClassVar[str] = "send.template_not_approved"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class TextTooLong(Refusal):
    """Signature, content and values exceed 500 characters (R-LEN-03). Facts: length, limit."""

    code: ClassVar[str] = "send.text_too_long"
    kind: ClassVar[Kind] = Kind.MALFORMED


class OutsideHours(Refusal):
    """Marketing goes out 08:00–20:00 only (R-WIN-01)."""

    code: ClassVar[str] = "send.outside_hours"
    kind: ClassVar[Kind] = Kind.CONFLICT


class RecipientOptedOut(Refusal):
    """The number wants no more marketing of this account; codes and notices still go."""

    code: ClassVar[str] = "send.recipient_opted_out"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ReferenceMalformed(Refusal):
    """The customer's reference exceeds 32 characters or holds a quote or emoji (R-SEND-07)."""

    code: ClassVar[str] = "send.reference_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ExtendCodeClosed(Refusal):
    """Extension codes are opened by support (R-SEND-07)."""

    code: ClassVar[str] = "send.extend_code_closed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class NotVerified(Refusal):
    """Sending needs a verified organisation (C3.3)."""

    code: ClassVar[str] = "send.not_verified"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class AccountStopped(Refusal):
    """The account is frozen or closed (C4.2). Facts: state."""

    code: ClassVar[str] = "send.account_stopped"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class NoLine(Refusal):
    """No carrier line serves this destination now."""

    code: ClassVar[str] = "send.no_line"
    kind: ClassVar[Kind] = Kind.BUSY


class Overloaded(Refusal):
    """The accept queue is full or the books cannot be reached; nothing was accepted for sure.

    Repeating with the same idempotency key is safe.
    """

    code: ClassVar[str] = "send.overloaded"
    kind: ClassVar[Kind] = Kind.BUSY


class MessageUnknown(Refusal):
    """The account has no such message or session."""

    code: ClassVar[str] = "message.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class LineUnknown(Refusal):
    """There is no carrier line of this number. Facts: number."""

    code: ClassVar[str] = "line.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND
