"""What customers pay and will pay: each price in force beside the next one published. Pure.

A change is announced before it is used (R-BILL-02), so the next price is known by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from umcloud.domains.catalogue import drafting, rules
from umcloud.domains.catalogue.drafting import PriceKey
from umcloud.domains.catalogue.model import PriceChange, PriceVersion


@dataclass(frozen=True, slots=True)
class Outlook:
    """One tier: `change.before` holds now, `change.after` from `begins` on.

    Where nothing else is published `begins` is None and both are the same.
    """

    change: PriceChange
    begins: datetime | None


def outlook(versions: Iterable[PriceVersion], now: datetime) -> list[Outlook]:
    """Return every tier that holds or was announced, class by class, in the order of tiers."""
    by_key: dict[PriceKey, list[PriceVersion]] = {}
    for version in versions:
        by_key.setdefault(drafting.key_of(version), []).append(version)
    found: list[Outlook] = []
    for key in sorted(by_key, key=lambda it: (drafting.place_of(it[0]), it[1])):
        found += _of_key(key, by_key[key], now)
    return found


def _of_key(key: PriceKey, mine: Sequence[PriceVersion], now: datetime) -> list[Outlook]:
    today = _tiers(key, mine, now)
    begins = _next_change(key, mine, now)
    coming = _tiers(key, mine, begins) if begins else today
    countries = next((one.countries for one in (*coming, *today)), "")
    return [
        Outlook(
            PriceChange(
                *key,
                countries,
                start,
                end,
                before.unit_price if before else None,
                after.unit_price if after else None,
            ),
            begins,
        )
        for start, end, before, after in drafting.side_by_side(today, coming)
    ]


def _next_change(key: PriceKey, mine: Sequence[PriceVersion], now: datetime) -> datetime | None:
    """Return the first moment after now from which the tiers say something else."""
    edges = {one.valid_from for one in mine} | {one.valid_to for one in mine if one.valid_to}
    today = _said(_tiers(key, mine, now))
    for moment in sorted(edge for edge in edges if edge > now):
        if _said(_tiers(key, mine, moment)) != today:
            return moment
    return None


def _tiers(key: PriceKey, mine: Sequence[PriceVersion], at: datetime) -> list[PriceVersion]:
    return rules.tiers_at(mine, cls=key[0], at=at, destination=key[1])


def _said(tiers: Sequence[PriceVersion]) -> list[tuple[object, ...]]:
    return [(one.tier_from, one.tier_below, one.unit_price) for one in tiers]
