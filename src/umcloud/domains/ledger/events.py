"""What the books announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, BucketId, JournalId


@dataclass(frozen=True, slots=True)
class JournalPosted(Event):
    """A money command was booked."""

    name: ClassVar[str] = "journal.posted"
    account_id: AccountId | None
    journal_id: JournalId
    kind: str


@dataclass(frozen=True, slots=True)
class CreditLimitSet(Event):
    """The operator lets a wallet go below zero."""

    name: ClassVar[str] = "wallet.credit_limit_set"
    account_id: AccountId
    micros: int


@dataclass(frozen=True, slots=True)
class HoldOpened(Event):
    """Money was set aside."""

    name: ClassVar[str] = "hold.opened"
    account_id: AccountId
    hold_id: UUID
    micros: int


@dataclass(frozen=True, slots=True)
class HoldVoided(Event):
    """Money set aside was let go."""

    name: ClassVar[str] = "hold.voided"
    account_id: AccountId
    hold_id: UUID
    micros: int


@dataclass(frozen=True, slots=True)
class HoldsExpired(Event):
    """Holds of a wallet ran out of time; their sum was let go."""

    name: ClassVar[str] = "hold.expired"
    account_id: AccountId
    holds: int
    micros: int


@dataclass(frozen=True, slots=True)
class BucketVoided(Event):
    """A voucher or gift expired; what was left of it is void."""

    name: ClassVar[str] = "wallet.bucket_voided"
    account_id: AccountId
    bucket_id: BucketId
    kind: str
    currency: str
    amount: int
    """Micros of CNY."""
