"""The price list as the hot path holds it: one look-up a message, exact at every moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from umcloud.domains.catalogue import rules as catalogue
from umcloud.domains.catalogue.model import MAINLAND, ChargeOn, MessageClass, PriceVersion
from umcloud.domains.charging.model import Rate
from umcloud.domains.ledger.model import UNITS_INTERNATIONAL, UNITS_MARKETING, UNITS_NOTICE
from umcloud.kernel.money import priced
from umcloud.wire.phones import Destination

_UNITS = {
    MessageClass.OTP: UNITS_NOTICE,
    MessageClass.NOTICE: UNITS_NOTICE,
    MessageClass.MARKETING: UNITS_MARKETING,
    MessageClass.INTERNATIONAL: UNITS_INTERNATIONAL,
}


class PriceBook:
    """All published versions; rates are kept until the next moment at which a price changes."""

    def __init__(self, versions: Sequence[PriceVersion]) -> None:
        self._versions: dict[tuple[MessageClass, str], list[PriceVersion]] = {}
        for version in versions:
            self._versions.setdefault((version.cls, version.destination), []).append(version)
        self._listed = frozenset(
            destination for cls, destination in self._versions if cls is MessageClass.INTERNATIONAL
        )
        self._turns = sorted(
            {v.valid_from for v in versions} | {v.valid_to for v in versions if v.valid_to}
        )
        self._kept: dict[tuple[MessageClass, str, int], Rate] = {}
        self._kept_until: datetime | None = None

    def rate(self, cls: MessageClass, to: Destination, segments: int, now: datetime) -> Rate:
        """Return what a message of so many segments costs now (C9.2).

        Raises the catalogue's refusals where the destination is unknown or has no price.
        """
        if self._kept_until is not None and now >= self._kept_until:
            self._kept.clear()
        place = MAINLAND
        if not to.domestic:
            cls = MessageClass.INTERNATIONAL
            place = catalogue.destination_of(to.e164_digits, self._listed)
        kept = self._kept.get((cls, place, segments))
        if kept is None:
            kept = self._rate(cls, place, segments, now)
            self._kept_until = next((turn for turn in self._turns if turn > now), None)
            self._kept[cls, place, segments] = kept
        return kept

    def _rate(self, cls: MessageClass, place: str, segments: int, now: datetime) -> Rate:
        version = catalogue.price_at(
            self._versions.get((cls, place), []), cls=cls, at=now, destination=place
        )
        return Rate(
            units_currency=_UNITS[cls],
            quantity=segments,
            micros=priced(version.price, segments).micros,
            price_id=version.id.int,
            tax_code=version.tax_code,
            refund_on_failure=version.charge_on is ChargeOn.DELIVERY,
        )
