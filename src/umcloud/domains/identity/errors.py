"""Every expected “no” of real-name verification."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class UsccMalformed(Refusal):
    """The unified social credit code does not pass its check digit (GB 32100)."""

    code: ClassVar[str] = "identity.uscc_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class NameMalformed(Refusal):
    """The organisation's or the legal person's name is empty, too long or unprintable."""

    code: ClassVar[str] = "identity.name_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class DocumentTooLarge(Refusal):
    """The document is larger than allowed. Fact: most, in bytes."""

    code: ClassVar[str] = "identity.document_too_large"
    kind: ClassVar[Kind] = Kind.MALFORMED


class DocumentUnreadable(Refusal):
    """The document is empty, or neither JPEG, PNG nor PDF by its first bytes."""

    code: ClassVar[str] = "identity.document_unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class DocumentNotFound(Refusal):
    """There is no such document."""

    code: ClassVar[str] = "identity.document_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class DocumentsMissing(Refusal):
    """An application needs its documents. Fact: missing, a tuple of kinds."""

    code: ClassVar[str] = "identity.documents_missing"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class ApplicationNotFound(Refusal):
    """There is no such application, or the account has none to submit."""

    code: ClassVar[str] = "identity.application_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class UnderReview(Refusal):
    """The application was submitted and waits for its review; it cannot be changed meanwhile."""

    code: ClassVar[str] = "identity.under_review"
    kind: ClassVar[Kind] = Kind.CONFLICT


class AlreadyProved(Refusal):
    """The account belongs to a proved organisation already; that is for good (C6.1, C6.2)."""

    code: ClassVar[str] = "identity.already_proved"
    kind: ClassVar[Kind] = Kind.CONFLICT


class AlreadyDecided(Refusal):
    """Somebody decided the application before. Fact: state."""

    code: ClassVar[str] = "identity.already_decided"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ReasonMissing(Refusal):
    """A refusal tells the customer what to mend."""

    code: ClassVar[str] = "identity.reason_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


class SubjectNameDiffers(Refusal):
    """The code is known under another name. Fact: known_name."""

    code: ClassVar[str] = "identity.subject_name_differs"
    kind: ClassVar[Kind] = Kind.CONFLICT
