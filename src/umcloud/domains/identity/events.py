"""What real-name verification announces; the organisation's name is public, persons' are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.domains.identity.model import ApplicationId, DocumentId, DocumentKind, SubjectId
from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId


@dataclass(frozen=True, slots=True)
class IdentityDrafted(Event):
    """An account wrote down, or changed, who it is."""

    name: ClassVar[str] = "identity.drafted"
    account_id: AccountId
    application_id: ApplicationId
    organisation: str
    uscc: str


@dataclass(frozen=True, slots=True)
class IdentityDocumentAttached(Event):
    """A document was uploaded; its content is sealed."""

    name: ClassVar[str] = "identity.document_attached"
    account_id: AccountId
    application_id: ApplicationId
    document_id: DocumentId
    kind: DocumentKind
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class IdentityDocumentViewed(Event):
    """Somebody looked at a document (C13.2)."""

    name: ClassVar[str] = "identity.document_viewed"
    account_id: AccountId
    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class IdentitySubmitted(Event):
    """An application waits for its review."""

    name: ClassVar[str] = "identity.submitted"
    account_id: AccountId
    application_id: ApplicationId
    organisation: str


@dataclass(frozen=True, slots=True)
class IdentityApproved(Event):
    """The account's legal subject is proved."""

    name: ClassVar[str] = "identity.approved"
    account_id: AccountId
    application_id: ApplicationId
    subject_id: SubjectId
    organisation: str


@dataclass(frozen=True, slots=True)
class IdentityRefused(Event):
    """The application does not prove it; `reason` says what to mend."""

    name: ClassVar[str] = "identity.refused"
    account_id: AccountId
    application_id: ApplicationId
    organisation: str
    reason: str
