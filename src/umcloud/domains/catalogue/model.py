"""What a price is, and how it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import NewType
from uuid import UUID

from umcloud.kernel.ids import PriceId

PriceDraftId = NewType("PriceDraftId", UUID)

PRODUCT_SMS = "sms"
TAX_SMS = "sms.6"
"""VAT 6 %: value-added telecom service (VAT Law in force from 2026-01-01, article 10)."""
MAINLAND = ""
"""The destination of domestic prices."""


class MessageClass(StrEnum):
    """What a price is asked for: the three domestic kinds, and everything abroad."""

    OTP = "otp"
    NOTICE = "notice"
    MARKETING = "marketing"
    INTERNATIONAL = "international"


class ChargeOn(StrEnum):
    """When the money is due: R-BILL-01 says submission; the other mode refunds failed reports."""

    SUBMISSION = "submission"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price to publish. `unit_price` is CNY per segment; None is “listed, not offered”."""

    cls: MessageClass
    destination: str
    countries: str
    """Country codes as printed, joined by commas; empty for domestic prices."""
    tier_from: int
    tier_below: int | None
    """First quantity of the next tier; None where the tier has no end."""
    unit_price: Decimal | None
    valid_from: datetime
    valid_to: datetime | None
    source: str
    product: str = PRODUCT_SMS
    tax_code: str = TAX_SMS
    charge_on: ChargeOn = ChargeOn.SUBMISSION


@dataclass(frozen=True, slots=True)
class PriceVersion:
    """A published price; immutable. Charges point at its id and can be re-rated from it (I13)."""

    id: PriceId
    list_id: UUID
    product: str
    cls: MessageClass
    destination: str
    countries: str
    tier_from: int
    tier_below: int | None
    unit_price: Decimal | None
    tax_code: str
    charge_on: ChargeOn
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    source: str
    """Which published text says so, e.g. `R-PRICE-01 [um:price/3003.md]`."""

    def holds(self, quantity: int) -> bool:
        """Return whether an order of this quantity falls in the tier."""
        return self.tier_from <= quantity and (
            self.tier_below is None or quantity < self.tier_below
        )

    def covers(self, at: datetime) -> bool:
        """Return whether the price is valid at the moment."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    @property
    def price(self) -> Decimal:
        """The unit price of a version that is known to be offered (`rules` hands out no other)."""
        if self.unit_price is None:
            raise ValueError(f"price version {self.id} is not offered")
        return self.unit_price


class DraftState(Enum):
    """A prepared version is published once, or withdrawn; both are for good."""

    PREPARED = "PREPARED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One tier of a version in preparation: CNY per segment; None is “listed, not offered”."""

    cls: MessageClass
    destination: str
    tier_from: int
    tier_below: int | None
    unit_price: Decimal | None


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """The next version, as somebody prepared it. Published, its id is the list's id."""

    id: PriceDraftId
    begins_on: date
    """The first day, in Shanghai, on which it holds."""
    source: str
    lines: tuple[DraftLine, ...]
    """All tiers of every key that it changes."""
    based_on: int
    """How many lists were published when it was prepared."""
    state: DraftState
    prepared_by: UUID
    prepared_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None


class Turn(Enum):
    """What a version does to a price."""

    SAME = "same"
    DEARER = "dearer"
    CHEAPER = "cheaper"
    OPENED = "opened"
    """There was no price before."""
    CLOSED = "closed"
    """There is no price any more."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One tier before and after; None where there is no price."""

    cls: MessageClass
    destination: str
    countries: str
    tier_from: int
    tier_below: int | None
    before: Decimal | None
    after: Decimal | None

    @property
    def turn(self) -> Turn:
        """What happens to the price."""
        if self.before == self.after:
            return Turn.SAME
        if self.before is None or self.after is None:
            return Turn.OPENED if self.before is None else Turn.CLOSED
        return Turn.DEARER if self.after > self.before else Turn.CHEAPER
