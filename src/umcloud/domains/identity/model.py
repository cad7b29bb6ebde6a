"""The nouns of real-name verification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import NewType
from uuid import UUID

from umcloud.kernel.ids import AccountId, StaffId

ApplicationId = NewType("ApplicationId", UUID)
DocumentId = NewType("DocumentId", UUID)
SubjectId = NewType("SubjectId", UUID)


class Level(IntEnum):
    """How much is proved about an account; products gate on it (C3.1, C3.3)."""

    NONE = 0
    CONTACT = 1
    """An e-mail or phone was confirmed by code."""
    ORGANISATION = 3
    """A reviewer found the organisation proved. (2 is kept for persons.)"""


class ApplicationState(Enum):
    """A refused application is mended and submitted again; an approved one stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


class DocumentKind(Enum):
    """What a document shows."""

    LICENCE = "LICENCE"
    """Business licence (营业执照)."""
    AUTHORISATION = "AUTHORISATION"
    """Letter that lets the person act for the organisation (授权书, E.1)."""


class MediaType(Enum):
    """What may be uploaded; recognised by the first bytes, not by the name."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who an organisation says it is; `uscc` is the 18-character code of GB 32100."""

    name: str
    uscc: str
    legal_person: str


@dataclass(frozen=True, slots=True)
class Application:
    """One account's wish to be known as an organisation."""

    id: ApplicationId
    account_id: AccountId
    organisation: Organisation
    state: ApplicationState
    created_at: datetime
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: StaffId | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An uploaded document, without its content, which rests sealed."""

    id: DocumentId
    application_id: ApplicationId
    kind: DocumentKind
    media_type: MediaType
    size: int
    sha256: bytes
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """A legal subject; one may own many accounts (C6.1)."""

    id: SubjectId
    organisation: Organisation
    created_at: datetime


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A submitted application as the office sees it, with the evidence beside it."""

    application: Application
    account_name: str
    documents: tuple[Document, ...]
    other_accounts: int
    """How many other accounts the same subject already owns."""
    refused_before: int
    """How many earlier applications of this account were refused."""
