"""Orders of packages as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from umcloud.domains.catalogue.model import MessageClass
from umcloud.domains.ledger.model import UNITS_MARKETING, UNITS_NOTICE
from umcloud.kernel.ids import AccountId, BucketId, JournalId, OrderId, PriceId
from umcloud.kernel.money import Money

DEFERRED = "deferred:packages"
"""What customers have paid for packages and not used (合同负债)."""
EARNED = "revenue:packages"
"""What of it was earned: units used, or void at the end of their validity."""


def issued(units: str) -> str:
    """Return the ledger account of all units of a kind that were given out."""
    return f"units:issued:{units}"


class PackageGroup(StrEnum):
    """What a package may be used for (R-PKG-01)."""

    NOTICE = "notice"
    """Verification and notice messages: one pool, one price."""
    MARKETING = "marketing"

    @property
    def units(self) -> str:
        """The currency of its units in the books."""
        return UNITS_NOTICE if self is PackageGroup.NOTICE else UNITS_MARKETING

    @property
    def price_class(self) -> MessageClass:
        """The class whose tiers price it; verification and notice have the same."""
        return MessageClass.NOTICE if self is PackageGroup.NOTICE else MessageClass.MARKETING


@dataclass(frozen=True, slots=True)
class Earning:
    """An order of which other units are gone than have been booked as revenue."""

    order_id: OrderId
    amount: Money
    quantity: int
    earned: Money
    """Booked so far."""
    units: int
    """Used so far, or void."""


class OrderState(StrEnum):
    """What has become of the package (R-PKG-05)."""

    VALID = "valid"
    USED_UP = "used_up"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost and give now."""

    group: PackageGroup
    quantity: int
    unit_price: Decimal
    """CNY per message."""
    amount: Money
    price_id: PriceId
    expires_at: datetime
    """First moment at which the units are void."""


@dataclass(frozen=True, slots=True)
class Order:
    """A paid order."""

    id: OrderId
    number: str
    account_id: AccountId
    group: PackageGroup
    quantity: int
    unit_price: Decimal
    amount: Money
    price_id: PriceId
    expires_at: datetime
    placed_at: datetime
    placed_by: UUID | None
    """The member or key that placed it; None for the platform."""
    bucket_id: BucketId
    journal_id: JournalId
    voided_units: int | None
    """Units that were left at the end of validity; None until the job has looked."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with what is left of its package."""

    order: Order
    remaining: int
    state: OrderState
