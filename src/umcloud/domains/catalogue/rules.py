"""Which price holds, and what a package costs. Pure: versions in, a price or a refusal out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from umcloud.domains.catalogue.errors import (
    DestinationUnknown,
    PriceMalformed,
    PriceNotOffered,
    PriceNotPublished,
    PriceOverlap,
    PriceRetroactive,
    QuantityBeyondList,
)
from umcloud.domains.catalogue.model import (
    MAINLAND,
    PRODUCT_SMS,
    MessageClass,
    NewPrice,
    PriceVersion,
)
from umcloud.kernel.money import Money, priced

CANADA = "1-CA"
"""The destination of Canadian numbers: they share dial code 1 with the United States."""

CHINA = "86"
"""The mainland's dial code: its prices are the domestic ones."""

# Area codes of the North American numbering plan, as the plan's administrator assigns them.
# fmt: off
CANADIAN_AREAS = frozenset(map(str, (
    204, 226, 236, 249, 250, 257, 263, 273, 289, 306, 343, 354, 365, 367, 368, 382, 403,
    416, 418, 428, 431, 437, 438, 450, 468, 474, 506, 514, 519, 548, 579, 581, 584, 587,
    600, 604, 613, 622, 633, 639, 647, 672, 683, 705, 709, 742, 753, 778, 780, 782, 807,
    819, 825, 867, 873, 879, 902, 905, 942,
)))
# fmt: on
# Countries of that plan other than the two that dial code 1 stands for in the list. Where the list
# does not name one of them it has no price: taking the United States' price would be a guess.
# fmt: off
OTHER_AMERICAN_AREAS = frozenset(map(str, (
    242, 246, 264, 268, 284, 340, 345, 441, 473, 649, 658, 664, 670, 671, 684, 721, 758,
    767, 784, 787, 809, 829, 849, 868, 869, 876, 939,
)))
# fmt: on
_LONGEST_DIAL = 7


def destination_of(digits: str, listed: Collection[str]) -> str:
    """Return the destination of an international number: the longest listed dial prefix.

    `digits` is the number with its country code and without `+` or `00`. Refuses a number that no
    prefix fits (R-ASMS-06).
    """
    for length in range(min(_LONGEST_DIAL, len(digits)), 0, -1):
        dial = digits[:length]
        if dial not in listed:
            continue
        if dial != "1":
            return dial
        area = digits[1:4]
        if area in CANADIAN_AREAS and CANADA in listed:
            return CANADA
        if area not in OTHER_AMERICAN_AREAS:
            return dial
    raise DestinationUnknown


def reaches(digits: str, listed: Collection[str]) -> str | None:
    """Return the destination of a dial code or a whole number; None where none is listed."""
    if digits.startswith(CHINA):
        return MAINLAND
    try:
        return destination_of(digits, listed)
    except DestinationUnknown:
        return None


def tiers_at(
    versions: Iterable[PriceVersion],
    *,
    cls: MessageClass,
    at: datetime,
    destination: str = MAINLAND,
    product: str = PRODUCT_SMS,
    known_at: datetime | None = None,
) -> list[PriceVersion]:
    """Return the tiers in force at the moment, smallest first; empty where nothing is.

    Of the lists that cover the moment the one recorded last counts, as a whole: a newer list with
    fewer tiers leaves no tier of the older one behind. `known_at` asks what was known then.
    """
    covering = [
        version
        for version in versions
        if version.product == product
        and version.cls is cls
        and version.destination == destination
        and version.covers(at)
        and (known_at is None or version.recorded_at <= known_at)
    ]
    if not covering:
        return []
    latest = max(covering, key=lambda it: (it.recorded_at, it.valid_from, it.list_id))
    tiers = [version for version in covering if version.list_id == latest.list_id]
    return sorted(tiers, key=lambda version: version.tier_from)


def price_at(
    versions: Iterable[PriceVersion],
    *,
    cls: MessageClass,
    at: datetime,
    destination: str = MAINLAND,
    product: str = PRODUCT_SMS,
    known_at: datetime | None = None,
) -> PriceVersion:
    """Return the price of one segment paid from the wallet: the first tier's (C9.2)."""
    tiers = tiers_at(
        versions, cls=cls, at=at, destination=destination, product=product, known_at=known_at
    )
    if not tiers:
        raise PriceNotPublished(message_class=cls.value, destination=destination)
    return _offered(tiers[0])


def tier_for(
    versions: Iterable[PriceVersion],
    *,
    cls: MessageClass,
    quantity: int,
    at: datetime,
    destination: str = MAINLAND,
    product: str = PRODUCT_SMS,
) -> PriceVersion:
    """Return the price for an order of this quantity: the tier that it falls in (R-PKG-04)."""
    tiers = tiers_at(versions, cls=cls, at=at, destination=destination, product=product)
    if not tiers:
        raise PriceNotPublished(message_class=cls.value, destination=destination)
    for tier in tiers:
        if tier.holds(quantity):
            return _offered(tier)
    raise QuantityBeyondList(quantity=quantity, limit=tiers[-1].tier_below)


def package_price(
    versions: Iterable[PriceVersion],
    *,
    cls: MessageClass,
    quantity: int,
    at: datetime,
    destination: str = MAINLAND,
    product: str = PRODUCT_SMS,
) -> Money:
    """Return what a package costs: quantity × its tier's unit price, rounded once, half up."""
    tier = tier_for(
        versions, cls=cls, quantity=quantity, at=at, destination=destination, product=product
    )
    return priced(tier.price, quantity)


def _offered(version: PriceVersion) -> PriceVersion:
    if version.unit_price is None:
        raise PriceNotOffered(message_class=version.cls.value, destination=version.destination)
    return version


def check_publication(
    new: Sequence[NewPrice], published: Iterable[PriceVersion], *, now: datetime
) -> None:
    """Refuse a list that contradicts itself or would change a price of the past.

    A key's first list may begin in the past, because nothing was charged by the key before.
    """
    for price in new:
        _check_sane(price)
    _check_overlaps(new)
    known = {(version.product, version.cls, version.destination) for version in published}
    for price in new:
        if (price.product, price.cls, price.destination) in known and price.valid_from < now:
            raise PriceRetroactive(message_class=price.cls.value, destination=price.destination)


def _check_sane(price: NewPrice) -> None:
    if price.unit_price is not None and (not price.unit_price.is_finite() or price.unit_price < 0):
        raise PriceMalformed(what="unit_price")
    if price.tier_from < 1 or (
        price.tier_below is not None and price.tier_below <= price.tier_from
    ):
        raise PriceMalformed(what="tier")
    if price.valid_to is not None and price.valid_to <= price.valid_from:
        raise PriceMalformed(what="validity")
    if (price.cls is MessageClass.INTERNATIONAL) != (price.destination != MAINLAND):
        raise PriceMalformed(what="destination")
    if not price.source:
        raise PriceMalformed(what="source")


def _check_overlaps(new: Sequence[NewPrice]) -> None:
    keys: dict[tuple[str, MessageClass, str], list[NewPrice]] = {}
    for price in new:
        keys.setdefault((price.product, price.cls, price.destination), []).append(price)
    for prices in keys.values():
        for index, one in enumerate(prices):
            for other in prices[index + 1 :]:
                if _overlap(one, other):
                    raise PriceOverlap(
                        message_class=one.cls.value,
                        destination=one.destination,
                        tier=other.tier_from,
                    )


def _overlap(one: NewPrice, other: NewPrice) -> bool:
    tiers = (one.tier_below is None or other.tier_from < one.tier_below) and (
        other.tier_below is None or one.tier_from < other.tier_below
    )
    times = (one.valid_to is None or other.valid_from < one.valid_to) and (
        other.valid_to is None or one.valid_from < other.valid_to
    )
    return tiers and times
