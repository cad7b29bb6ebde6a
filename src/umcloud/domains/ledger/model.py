"""Wallets, buckets and journals as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from umcloud.kernel.ids import AccountId, BucketId, JournalId

CNY = "CNY"
UNITS_NOTICE = "SMS.N"
"""Verification and notice messages of a package, counted in segments."""
UNITS_MARKETING = "SMS.M"
UNITS_INTERNATIONAL = "SMS.I"


class BucketKind(StrEnum):
    """Where a bucket's amount came from; the order of drawing follows `DRAW_ORDER`."""

    PACKAGE = "package"
    VOUCHER = "voucher"
    GIFT = "gift"
    CASH = "cash"
    CREDIT = "credit"


DRAW_ORDER: dict[BucketKind, int] = {
    BucketKind.PACKAGE: 0,
    BucketKind.VOUCHER: 10,
    BucketKind.GIFT: 20,
    BucketKind.CASH: 30,
    BucketKind.CREDIT: 40,
}


@dataclass(frozen=True, slots=True)
class NewBucket:
    """What a credit adds: a bucket of its own, more in the kind's open-ended one, or cash."""

    kind: BucketKind
    amount: int
    """Micros of CNY, or units."""
    expires_at: datetime | None = None
    id: BucketId | None = None
    """Chosen by a caller who wants to find an expiring bucket again, e.g. a package's."""


@dataclass(frozen=True, slots=True)
class WalletLine:
    """One wallet's side of a journal: + credits it (with a grant), − debits it in draw order."""

    account_id: AccountId
    currency: str
    amount: int
    grant: NewBucket | None = None
    bucket: BucketId | None = None
    """A debit from this bucket alone, expired or not: voids what is left of a package."""


@dataclass(frozen=True, slots=True)
class OperatorLine:
    """The operator's side, e.g. `clearing:sandbox`, `revenue:sms` or `deferred:packages`."""

    ledger_account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class NewJournal:
    """A money command. Its key makes it happen once, whatever is retried (I10)."""

    kind: str
    idempotency_key: str
    lines: Sequence[WalletLine | OperatorLine]
    reason: str
    reverses: JournalId | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """A booked journal."""

    id: JournalId
    lane: int
    kind: str
    booked_at: datetime
    reason: str
    replayed: bool
    """True where the same command had been booked before and this is the stored answer."""


@dataclass(slots=True)
class Bucket:
    """A bucket as locked by a batch; `remaining` is drawn down while the batch is decided.

    The wallet's cash is one of them, under the wallet's own id.
    """

    id: int
    """The bucket's id as a 128-bit integer: a batch handles thousands, and objects cost."""
    kind: BucketKind
    remaining: int


@dataclass(slots=True)
class Wallet:
    """A wallet as locked by a batch, with its live buckets in draw order, cash among them."""

    lane: int
    id: int
    """The wallet's id as a 128-bit integer."""
    account: int
    """The account's id as a 128-bit integer."""
    currency: str
    posted: int
    held: int
    credit_limit: int
    seq: int
    buckets: list[Bucket]

    @property
    def available(self) -> int:
        """What may be spent now: posted − held + credit limit, in the wallet's currency."""
        return self.posted - self.held + self.credit_limit


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer's money wallet holds, in micros."""

    posted: int
    held: int
    credit_limit: int
    by_kind: dict[BucketKind, int]

    @property
    def available(self) -> int:
        """Posted − held + credit limit."""
        return self.posted - self.held + self.credit_limit


@dataclass(frozen=True, slots=True)
class UnitBalance:
    """One package bucket: units left of units granted, and until when."""

    bucket_id: BucketId
    currency: str
    remaining: int
    granted: int
    expires_at: datetime | None
