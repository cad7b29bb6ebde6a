"""The price lists that ship with the platform, as the published pages print them."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from hashlib import sha256
from importlib.resources import files
from uuid import UUID

from umcloud.domains.catalogue.model import MAINLAND, MessageClass, NewPrice
from umcloud.domains.catalogue.rules import CANADA
from umcloud.kernel.moments import day_begins

SOURCE_DOMESTIC = "R-PRICE-01 [um:price/3003.md]"
SOURCE_INTERNATIONAL = "R-PRICE-05 [um-hist:asms/price/3005.md], list of 2023-03-14"
PUBLISHED_ON = date(2023, 3, 14)
"""The day of the international list; the domestic page bears no date and is taken as of it."""

TIER_STARTS = (1, 10_000, 100_000, 500_000, 1_000_000)
LIST_END = 3_000_000
"""From this quantity on no price is published."""
DOMESTIC: dict[MessageClass, tuple[str, ...]] = {
    MessageClass.OTP: ("0.050", "0.045", "0.042", "0.041", "0.040"),
    MessageClass.NOTICE: ("0.050", "0.045", "0.042", "0.041", "0.040"),
    MessageClass.MARKETING: ("0.055", "0.054", "0.049", "0.048", "0.048"),
}


def domestic() -> list[NewPrice]:
    """Return R-PRICE-01: CNY per segment by kind and order quantity, five tiers each."""
    ends = (*TIER_STARTS[1:], LIST_END)
    return [
        NewPrice(
            cls=cls,
            destination=MAINLAND,
            countries="",
            tier_from=start,
            tier_below=end,
            unit_price=Decimal(price),
            valid_from=day_begins(PUBLISHED_ON),
            valid_to=None,
            source=SOURCE_DOMESTIC,
        )
        for cls, prices in DOMESTIC.items()
        for start, end, price in zip(TIER_STARTS, ends, prices, strict=True)
    ]


def international() -> list[NewPrice]:
    """Return R-PRICE-05: one price a dial code, countries that share one joined; no tiers."""
    by_destination: dict[str, tuple[str, list[str]]] = {}
    for row in csv.DictReader(_international_text().splitlines()):
        destination = CANADA if row["country"] == "CA" else row["dial"]
        price, countries = by_destination.setdefault(destination, (row["unit_price"], []))
        if price != row["unit_price"]:
            raise ValueError(f"two prices for dial code {destination}")
        countries.append(row["country"])
    return [
        NewPrice(
            cls=MessageClass.INTERNATIONAL,
            destination=destination,
            countries=",".join(countries),
            tier_from=1,
            tier_below=None,
            unit_price=Decimal(price) if price else None,
            valid_from=day_begins(PUBLISHED_ON),
            valid_to=None,
            source=SOURCE_INTERNATIONAL,
        )
        for destination, (price, countries) in by_destination.items()
    ]


def list_id(prices: list[NewPrice]) -> UUID:
    """Return the id of a shipped list: a hash of its content, so that publishing repeats safely."""
    return UUID(bytes=sha256(repr(prices).encode()).digest()[:16])


def _international_text() -> str:
    return (files(__package__) / "data" / "international.csv").read_text(encoding="utf-8")
