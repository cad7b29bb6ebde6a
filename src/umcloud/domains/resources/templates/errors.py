"""What templates refuse."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class TemplateUnknown(Refusal):
    """The account has no such template, or it was deleted."""

    code: ClassVar[str] = "template.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class SignatureFirst(Refusal):
    """A template can be applied for once a signature is approved (R-TPL-13)."""

    code: ClassVar[str] = "template.signature_first"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class NameMalformed(Refusal):
    """Not 2–32 Chinese, English, digits, underscores (R-TPL-02). Facts: least, most."""

    code: ClassVar[str] = "template.name_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class RemarkLength(Refusal):
    """Remark or instruction is too long. Fact: most."""

    code: ClassVar[str] = "template.remark_length"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ContentEmpty(Refusal):
    """The content has no words of its own, only variables (R-TPL-04)."""

    code: ClassVar[str] = "template.content_empty"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ContentLength(Refusal):
    """Over 500 characters, the unsubscribe wording included (R-TPL-03). Facts: length, most."""

    code: ClassVar[str] = "template.content_length"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ContentCharacters(Refusal):
    """Symbols that garble on handsets, or brackets (R-TPL-05). Fact: characters."""

    code: ClassVar[str] = "template.content_characters"
    kind: ClassVar[Kind] = Kind.MALFORMED


class VariablesBroken(Refusal):
    """Variables are not {1}, {2} … without gaps (R-TPL-06). Fact: variable, the first wrong one."""

    code: ClassVar[str] = "template.variables_broken"
    kind: ClassVar[Kind] = Kind.MALFORMED


class CodeWordMissing(Refusal):
    """An OTP text names none of the four words (R-TPL-07). Fact: words."""

    code: ClassVar[str] = "template.code_word_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


class UnsubscribeMissing(Refusal):
    """A marketing text does not end with an unsubscribe wording (R-TPL-09)."""

    code: ClassVar[str] = "template.unsubscribe_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


class NotEditable(Refusal):
    """The content of approved and disabled templates stays (R-TPL-14). Fact: state."""

    code: ClassVar[str] = "template.not_editable"
    kind: ClassVar[Kind] = Kind.CONFLICT


class MovedOn(Refusal):
    """It was decided, or edited by a colleague, after the customer opened it to edit it."""

    code: ClassVar[str] = "template.moved_on"
    kind: ClassVar[Kind] = Kind.CONFLICT


class UnderReview(Refusal):
    """A template in review cannot be deleted (R-TPL-15)."""

    code: ClassVar[str] = "template.under_review"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotWaiting(Refusal):
    """Only a waiting template can be taken for review. Fact: state."""

    code: ClassVar[str] = "template.not_waiting"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotInReview(Refusal):
    """Only a template in review can be decided; somebody may have been faster. Fact: state."""

    code: ClassVar[str] = "template.not_in_review"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotApproved(Refusal):
    """The deed needs an approved template. Fact: state."""

    code: ClassVar[str] = "template.not_approved"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotDisabled(Refusal):
    """Only what the operator disabled can be restored by the operator. Fact: state."""

    code: ClassVar[str] = "template.not_disabled"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotStopped(Refusal):
    """The customer resumes what they stopped themselves, nothing else. Fact: state."""

    code: ClassVar[str] = "template.not_stopped"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ChangedMeanwhile(Refusal):
    """The reviewer looked at an older revision than the one that would be decided."""

    code: ClassVar[str] = "template.changed_meanwhile"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ReasonMissing(Refusal):
    """A refusal needs a reason of at most 500 characters. Fact: most."""

    code: ClassVar[str] = "template.reason_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ParamsMismatch(Refusal):
    """The number of values is not the number of variables (R-VAR-01). Facts: expected, given."""

    code: ClassVar[str] = "template.params_mismatch"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ValueNotAllowed(Refusal):
    """A value breaks the variable rules (R-VAR-04). Fact: position, from 1; never the value."""

    code: ClassVar[str] = "template.value_not_allowed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class WordBlocked(Refusal):
    """A value holds a word that carriers block (R-VAR-04). Facts: position, word."""

    code: ClassVar[str] = "template.word_blocked"
    kind: ClassVar[Kind] = Kind.FORBIDDEN
