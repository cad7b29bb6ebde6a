"""The published prices in plain Python, in units of 0.00000001 yuan, as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

FINEST = 100_000_000
_A_MICRO = 100
"""How many of the finest units make a micro-yuan."""
_STARTS = (1, 10_000, 100_000, 500_000, 1_000_000)
_PUBLISHED = {
    "otp": ("0.050", "0.045", "0.042", "0.041", "0.040"),
    "notice": ("0.050", "0.045", "0.042", "0.041", "0.040"),
    "marketing": ("0.055", "0.054", "0.049", "0.048", "0.048"),
}
#: Some destinations abroad of the list of 2023-03-14, by dial code.
ABROAD = {"852": "0.322", "81": "0.35", "60": "0.308", "1": "0.15"}
_SINGLE, _EACH = 70, 67


@dataclass(frozen=True, slots=True)
class Price:
    """A class's tiers from some moment on."""

    since: datetime
    tiers: tuple[str, ...]
    on_delivery: bool


@dataclass(slots=True)
class Tariff:
    """What things cost."""

    changes: dict[str, list[Price]] = field(default_factory=dict)

    def change(self, cls: str, price: Price) -> None:
        """Publish new tiers of a class."""
        self.changes.setdefault(cls, []).append(price)

    def message(self, cls: str, dial: str, segments: int, now: datetime) -> tuple[int, bool]:
        """Return a message's micros, and whether they go back where it failed."""
        if dial:
            return cost(ABROAD[dial], segments), False
        tiers, on_delivery = self._tiers(cls, now)
        return cost(tiers[0], segments), on_delivery

    def package(self, cls: str, quantity: int, now: datetime) -> int:
        """Return the micros of a package of so many messages."""
        tiers, _ = self._tiers(cls, now)
        tier = max(i for i, start in enumerate(_STARTS) if start <= quantity)
        return cost(tiers[tier], quantity)

    def _tiers(self, cls: str, now: datetime) -> tuple[tuple[str, ...], bool]:
        held = [price for price in self.changes.get(cls, []) if price.since <= now]
        return (held[-1].tiers, held[-1].on_delivery) if held else (_PUBLISHED[cls], False)


def cost(price: str, quantity: int) -> int:
    """Return price times quantity in micros, rounded once, half up."""
    finest = int(Decimal(price) * FINEST) * quantity
    return (finest + _A_MICRO // 2) // _A_MICRO


def segments_of(text: str) -> int:
    """Return how many segments a text is billed as."""
    return 1 if len(text) <= _SINGLE else (len(text) + _EACH - 1) // _EACH
