"""Every “no” of the agreements; sentences in `locale/*/agreements.json`."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class AgreementNotFound(Refusal):
    """No such version, or none is in force yet."""

    code: ClassVar[str] = "agreements.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class NotTheVersionInForce(Refusal):
    """Consent can be given to the version in force only (P.1); `in_force` names it."""

    code: ClassVar[str] = "agreements.not_in_force"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ClausesNotAcknowledged(Refusal):
    """An emphasised clause lacks its own acknowledgement; `missing` names them (P.1)."""

    code: ClassVar[str] = "agreements.not_acknowledged"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class AuthorityNotConfirmed(Refusal):
    """The authority to bind the company was not declared (E.1)."""

    code: ClassVar[str] = "agreements.no_authority"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class UnknownClauses(Refusal):
    """The acknowledgement names clauses that the text does not have."""

    code: ClassVar[str] = "agreements.unknown_clauses"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PageTimeImpossible(Refusal):
    """The time on the page is negative."""

    code: ClassVar[str] = "agreements.page_time"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ConsentNeeded(Refusal):
    """Nothing is sent before the account accepts the version in force (P.2); `version` names it."""

    code: ClassVar[str] = "agreements.consent_needed"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class TextUnreadable(Refusal):
    """A text offered for publication does not have the form that can be shown and proved."""

    code: ClassVar[str] = "agreements.text_unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PublishedTextIsFixed(Refusal):
    """This version was published with another text or date; a change needs a new version."""

    code: ClassVar[str] = "agreements.published_fixed"
    kind: ClassVar[Kind] = Kind.CONFLICT


class LanguagesDiffer(Refusal):
    """Two languages of one version differ in clauses, emphasis or date."""

    code: ClassVar[str] = "agreements.languages_differ"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NoticeTooShort(Refusal):
    """A new version would bind before its notice has run (P.2)."""

    code: ClassVar[str] = "agreements.notice_too_short"
    kind: ClassVar[Kind] = Kind.MALFORMED
