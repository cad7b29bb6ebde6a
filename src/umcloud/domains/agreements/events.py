"""What the agreements announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from umcloud.domains.agreements.model import AgreementVersionId, ConsentId
from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, MemberId


@dataclass(frozen=True, slots=True)
class AgreementPublished(Event):
    """A version was published; customers are told before it binds (P.2)."""

    name: ClassVar[str] = "agreement.published"

    version_id: AgreementVersionId
    kind: str
    version: str
    locale: str
    sha256: str
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class AgreementAccepted(Event):
    """A consent was recorded (P.1).

    The chain hash rides along so that the audit chain, which covers every event, also pins the
    last consent of each account.
    """

    name: ClassVar[str] = "agreement.accepted"

    account_id: AccountId
    member_id: MemberId
    consent_id: ConsentId
    version_id: AgreementVersionId
    version: str
    sha256: str
    chain_seq: int
    chain_hash: str
