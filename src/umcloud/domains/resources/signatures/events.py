"""What signatures announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, SignatureId


@dataclass(frozen=True, slots=True)
class SignatureEvent(Event):
    """What every event about a signature tells."""

    account_id: AccountId
    signature_id: SignatureId
    public_id: str
    text: str


@dataclass(frozen=True, slots=True)
class SignatureSubmitted(SignatureEvent):
    """The customer created or edited it; it waits for review. `revision` 1 is a new one."""

    name: ClassVar[str] = "signature.submitted"

    revision: int


@dataclass(frozen=True, slots=True)
class SignatureTaken(SignatureEvent):
    """A reviewer took it from the queue."""

    name: ClassVar[str] = "signature.taken"


@dataclass(frozen=True, slots=True)
class SignatureApproved(SignatureEvent):
    """It may be used from now on."""

    name: ClassVar[str] = "signature.approved"

    is_default: bool


@dataclass(frozen=True, slots=True)
class SignatureRefused(SignatureEvent):
    """The reviewer refused it."""

    name: ClassVar[str] = "signature.refused"

    reason: str


@dataclass(frozen=True, slots=True)
class SignatureDisabled(SignatureEvent):
    """The operator withdrew an approved one (R-REV-05)."""

    name: ClassVar[str] = "signature.disabled"

    reason: str


@dataclass(frozen=True, slots=True)
class SignatureRestored(SignatureEvent):
    """The operator let a disabled one be used again."""

    name: ClassVar[str] = "signature.restored"


@dataclass(frozen=True, slots=True)
class SignatureStopped(SignatureEvent):
    """The customer put an approved one out of use."""

    name: ClassVar[str] = "signature.stopped"

    reason: str


@dataclass(frozen=True, slots=True)
class SignatureResumed(SignatureEvent):
    """The customer uses a stopped one again."""

    name: ClassVar[str] = "signature.resumed"


@dataclass(frozen=True, slots=True)
class SignatureDeleted(SignatureEvent):
    """The customer deleted it for good."""

    name: ClassVar[str] = "signature.deleted"


@dataclass(frozen=True, slots=True)
class DefaultSignatureChosen(SignatureEvent):
    """The customer chose the one to use where a request names none (R-SIG-17)."""

    name: ClassVar[str] = "signature.default_chosen"
