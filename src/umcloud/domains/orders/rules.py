"""What may be bought, until when it is valid, and what has become of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from umcloud.domains.catalogue import rules as prices
from umcloud.domains.catalogue.model import PriceVersion
from umcloud.domains.orders.errors import QuantityNotSold
from umcloud.domains.orders.model import OrderState, PackageGroup, Quote
from umcloud.kernel.ids import OrderId
from umcloud.kernel.moments import SHANGHAI, add_months, day_begins, shanghai_day
from umcloud.kernel.money import Money, priced

STEP = 100
MINIMUM = 100
MAXIMUM = 2_999_900
"""The last hundred below 3,000,000, from where no price is published (R-PRICE-01)."""
VALID_MONTHS = 12


def check_quantity(quantity: int) -> None:
    """Refuse what is not sold: packages come in hundreds, at least one (R-PKG-02)."""
    if quantity % STEP or not MINIMUM <= quantity <= MAXIMUM:
        raise QuantityNotSold(quantity=quantity, minimum=MINIMUM, maximum=MAXIMUM, step=STEP)


def expiry(bought_at: datetime) -> datetime:
    """Return the first moment after validity: the end of the same Shanghai day, 12 months on."""
    last_day = add_months(shanghai_day(bought_at), VALID_MONTHS)
    return day_begins(last_day + timedelta(days=1))


def quote(
    versions: Sequence[PriceVersion], *, group: PackageGroup, quantity: int, now: datetime
) -> Quote:
    """Return the price of a package bought now; refuses quantities that are not sold."""
    check_quantity(quantity)
    tier = prices.tier_for(versions, cls=group.price_class, quantity=quantity, at=now)
    return Quote(
        group=group,
        quantity=quantity,
        unit_price=tier.price,
        amount=priced(tier.price, quantity),
        price_id=tier.id,
        expires_at=expiry(now),
    )


def state_of(
    *, remaining: int, voided_units: int | None, expires_at: datetime, now: datetime
) -> OrderState:
    """Return what has become of a package with so many units in its bucket."""
    if now < expires_at:
        return OrderState.VALID if remaining else OrderState.USED_UP
    rest = remaining if voided_units is None else voided_units
    return OrderState.EXPIRED if rest else OrderState.USED_UP


def earned(amount: Money, *, units: int, quantity: int) -> Money:
    """Return what of a package's price its used units earn: their share of it, rounded half up.

    A share of the whole and not a sum of shares, so all units together earn exactly the price.
    """
    return Money((2 * amount.micros * units + quantity) // (2 * quantity))


def order_number(order_id: OrderId, placed_at: datetime) -> str:
    """Return the 23 digits of an order: its Shanghai moment, and nine of its id."""
    moment = placed_at.astimezone(SHANGHAI)
    return f"{moment:%Y%m%d%H%M%S}{order_id.int % 10**9:09d}"


def request_hash(group: PackageGroup, quantity: int) -> bytes:
    """Return the SHA-256 of what an order asks for; a replay must ask for the same."""
    return sha256(f"{group.value}:{quantity}".encode()).digest()
