"""What the office announces of itself: looks at what is otherwise masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId


@dataclass(frozen=True, slots=True)
class MessageUnmasked(Event):
    """Somebody of the operator read a message's number and text, and said why (C13.2)."""

    name: ClassVar[str] = "office.message_unmasked"

    account_id: AccountId
    message_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class EvidenceViewed(Event):
    """A reviewer opened a signature's evidence (C13.2)."""

    name: ClassVar[str] = "office.evidence_viewed"

    account_id: AccountId | None
    signature_id: UUID
    evidence_id: UUID


@dataclass(frozen=True, slots=True)
class ListExported(Event):
    """Somebody of the operator took a list out as a file, masked as on the page (C13.2)."""

    name: ClassVar[str] = "office.list_exported"

    account_id: AccountId | None
    """The customer whom the whole list is about, where there is one."""
    what: str
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreditDecided(Event):
    """Somebody of the operator set how far a customer's money may go below zero, and said why."""

    name: ClassVar[str] = "office.credit_decided"

    account_id: AccountId
    before: int
    after: int
    """Micros of CNY, as is `before`."""
    reason: str
