"""What a signature is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from uuid import UUID

from umcloud.domains.resources.review.model import Reviewed
from umcloud.kernel.ids import SignatureId


class SignatureType(IntEnum):
    """What the text names (R-SIG-08), by the native interface's numbers."""

    COMPANY = 0
    APP = 1
    WEBSITE = 2
    PUBLIC_ACCOUNT = 3
    TRADEMARK = 4
    INSTITUTION = 5


class SignaturePurpose(IntEnum):
    """Whose name it is (R-SIG-11)."""

    OWN = 0
    OTHERS = 1


class CertificateType(IntEnum):
    """What the evidence shows (R-SIG-09), by the native interface's numbers."""

    LICENCE = 0
    APP_CONSOLE = 1
    SITE_FILING = 2
    PUBLIC_ACCOUNT_CONSOLE = 3
    TRADEMARK = 4
    INSTITUTION = 5


class EvidenceKind(Enum):
    """Which of the two files it is."""

    CERTIFICATE = "certificate"
    AUTHORITY = "authority"
    """The letter by which another party lets the customer use its name."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file as it was handed in."""

    content: bytes
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored file without its content."""

    id: UUID
    signature_id: SignatureId
    kind: EvidenceKind
    file_name: str
    media_type: str
    size: int
    sha256: bytes
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class SignatureDraft:
    """What the customer writes into the form."""

    text: str
    """Bare, without brackets (R-SIG-03)."""
    type: SignatureType
    purpose: SignaturePurpose
    certificate_type: CertificateType
    description: str = ""
    international: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature(Reviewed):
    """A signature and where its review stands.

    Its public id is `SIG` + yyyymmdd + 6 hex characters.
    """

    id: SignatureId
    text: str
    type: SignatureType
    purpose: SignaturePurpose
    certificate_type: CertificateType
    description: str
    international: bool
    is_default: bool

    @property
    def draft(self) -> SignatureDraft:
        """Return what the customer wrote, ready to be edited."""
        return SignatureDraft(
            self.text,
            self.type,
            self.purpose,
            self.certificate_type,
            self.description,
            self.international,
        )


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """What sending needs to know of an approved signature."""

    id: SignatureId
    public_id: str
    text: str
    international: bool

    @property
    def bracketed(self) -> str:
        """Return the text as it stands before a message (R-SIG-03)."""
        return f"[{self.text}]" if self.international else f"【{self.text}】"
