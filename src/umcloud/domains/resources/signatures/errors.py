"""What signatures refuse."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class SignatureUnknown(Refusal):
    """The account has no such signature, or it was deleted."""

    code: ClassVar[str] = "signature.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class TextLength(Refusal):
    """Not 2–20 characters (R-SIG-01). Facts: length, least, most."""

    code: ClassVar[str] = "signature.text_length"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TextCharacters(Refusal):
    """Something else than Chinese, English, digits, underscore (R-SIG-02). Fact: characters."""

    code: ClassVar[str] = "signature.text_characters"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TextNeutral(Refusal):
    """The text names nobody (R-SIG-04)."""

    code: ClassVar[str] = "signature.text_neutral"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TextTaken(Refusal):
    """The account has a living signature of this text already. Fact: public_id."""

    code: ClassVar[str] = "signature.text_taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


class DescriptionLength(Refusal):
    """The description is too long. Fact: most."""

    code: ClassVar[str] = "signature.description_length"
    kind: ClassVar[Kind] = Kind.MALFORMED


class CertificateMisfit(Refusal):
    """The kind of certificate does not prove this type. Facts: type, certificate_type."""

    code: ClassVar[str] = "signature.certificate_misfit"
    kind: ClassVar[Kind] = Kind.MALFORMED


class EvidenceMissing(Refusal):
    """The certificate is missing (R-SIG-09)."""

    code: ClassVar[str] = "signature.evidence_missing"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class AuthorityMissing(Refusal):
    """Another party's name without a letter of authority (R-SIG-11)."""

    code: ClassVar[str] = "signature.authority_missing"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class EvidenceTooLarge(Refusal):
    """A file over 4 MB (R-SIG-10). Facts: size, most (bytes)."""

    code: ClassVar[str] = "signature.evidence_too_large"
    kind: ClassVar[Kind] = Kind.MALFORMED


class EvidenceFormat(Refusal):
    """A file that is neither JPEG nor PNG nor PDF, whatever it is called (R-SIG-10)."""

    code: ClassVar[str] = "signature.evidence_format"
    kind: ClassVar[Kind] = Kind.MALFORMED


class NotEditable(Refusal):
    """Approved and disabled signatures cannot be edited (R-SIG-13). Fact: state."""

    code: ClassVar[str] = "signature.not_editable"
    kind: ClassVar[Kind] = Kind.CONFLICT


class MovedOn(Refusal):
    """It was decided, or edited by a colleague, after the customer opened it to edit it."""

    code: ClassVar[str] = "signature.moved_on"
    kind: ClassVar[Kind] = Kind.CONFLICT


class UnderReview(Refusal):
    """A signature in review cannot be deleted (R-SIG-14)."""

    code: ClassVar[str] = "signature.under_review"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotWaiting(Refusal):
    """Only a waiting signature can be taken for review. Fact: state."""

    code: ClassVar[str] = "signature.not_waiting"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotInReview(Refusal):
    """Only a signature in review can be decided; somebody may have been faster. Fact: state."""

    code: ClassVar[str] = "signature.not_in_review"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotApproved(Refusal):
    """The deed needs an approved signature. Fact: state."""

    code: ClassVar[str] = "signature.not_approved"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotDisabled(Refusal):
    """Only what the operator disabled can be restored by the operator. Fact: state."""

    code: ClassVar[str] = "signature.not_disabled"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotStopped(Refusal):
    """The customer resumes what they stopped themselves, nothing else. Fact: state."""

    code: ClassVar[str] = "signature.not_stopped"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ChangedMeanwhile(Refusal):
    """The reviewer looked at an older revision than the one that would be decided."""

    code: ClassVar[str] = "signature.changed_meanwhile"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ReasonMissing(Refusal):
    """A refusal needs a reason of at most 500 characters (R-SIG-15). Fact: most."""

    code: ClassVar[str] = "signature.reason_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED
