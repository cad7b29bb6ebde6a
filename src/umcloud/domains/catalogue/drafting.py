"""The next version of the prices: what it changes, and when it may begin. Pure.

The user agreement names no number of days for a change of prices; R-BILL-02 asks that it is
announced before it is used. So the earliest day is the one after the publication.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from umcloud.domains.catalogue import rules
from umcloud.domains.catalogue.errors import (
    PriceBeforeComing,
    PriceMalformed,
    PriceNotListed,
    PriceTiersBroken,
    PriceTooSoon,
    PriceUnchanged,
)
from umcloud.domains.catalogue.model import (
    DraftLine,
    MessageClass,
    NewPrice,
    PriceChange,
    PriceDraft,
    PriceVersion,
)
from umcloud.kernel.moments import day_begins, shanghai_day

NOTICE_DAYS = 1
Priced = PriceVersion | DraftLine
PriceKey = tuple[MessageClass, str]


def key_of(line: Priced | NewPrice) -> PriceKey:
    """Return what a list replaces as a whole: class and destination."""
    return line.cls, line.destination


def earliest(now: datetime) -> date:
    """Return the first day on which a version published now may begin."""
    return shanghai_day(now) + timedelta(days=NOTICE_DAYS)


def lists(versions: Iterable[PriceVersion]) -> int:
    """Return how many lists were published: what was prepared on fewer is out of date."""
    return len({version.list_id for version in versions})


def in_force(versions: Iterable[PriceVersion], at: datetime) -> list[PriceVersion]:
    """Return every price that holds at the moment, class by class, in the order of tiers."""
    by_key: dict[PriceKey, list[PriceVersion]] = {}
    for version in versions:
        by_key.setdefault(key_of(version), []).append(version)
    found: list[PriceVersion] = []
    for (cls, destination), mine in by_key.items():
        found += rules.tiers_at(mine, cls=cls, at=at, destination=destination)
    return sorted(found, key=_order)


def place_of(cls: MessageClass) -> int:
    """Return where a class stands in a list."""
    return list(MessageClass).index(cls)


def _order(line: Priced | PriceChange) -> tuple[int, str, int]:
    return place_of(line.cls), line.destination, line.tier_from


def changing(
    lines: Sequence[DraftLine], versions: Sequence[PriceVersion], begins_on: date
) -> list[DraftLine]:
    """Return the lines of those keys that would not say what holds then anyway."""
    changed = {
        (change.cls, change.destination)
        for change in compare(lines, versions, day_begins(begins_on))
        if change.before != change.after
    }
    return sorted((line for line in lines if key_of(line) in changed), key=_order)


def compare(
    lines: Sequence[Priced], versions: Sequence[PriceVersion], at: datetime
) -> list[PriceChange]:
    """Return each tier of the lines' keys beside what holds at the moment without them.

    Where the bounds of tiers move, the pieces between all bounds are compared.
    """
    keys = dict.fromkeys(key_of(line) for line in lines)
    old = [one for one in in_force(versions, at) if key_of(one) in keys]
    changes: list[PriceChange] = []
    for key in keys:
        before = [one for one in old if key_of(one) == key]
        after = [one for one in lines if key_of(one) == key]
        countries = before[0].countries if before else ""
        for start, end, was, becomes in side_by_side(before, after):
            changes.append(
                PriceChange(
                    *key,
                    countries or (becomes.countries if isinstance(becomes, PriceVersion) else ""),
                    start,
                    end,
                    was.unit_price if was else None,
                    becomes.unit_price if becomes else None,
                )
            )
    return sorted(changes, key=_order)


def side_by_side(
    before: Sequence[Priced], after: Sequence[Priced]
) -> list[tuple[int, int | None, Priced | None, Priced | None]]:
    """Return each piece between the bounds of both with the line of either that it falls in."""
    pieces = []
    for start, end in _pieces([*before, *after]):
        was, becomes = _at(before, start), _at(after, start)
        if was is not None or becomes is not None:
            pieces.append((start, end, was, becomes))
    return pieces


def _pieces(lines: Sequence[Priced]) -> list[tuple[int, int | None]]:
    starts = {line.tier_from for line in lines}
    ends = {line.tier_below for line in lines if line.tier_below is not None}
    bounds = sorted(starts | ends)
    return list(zip(bounds, [*bounds[1:], None], strict=True))


def _at(lines: Sequence[Priced], quantity: int) -> Priced | None:
    for line in lines:
        if line.tier_from <= quantity and (line.tier_below is None or quantity < line.tier_below):
            return line
    return None


def check_lines(lines: Sequence[DraftLine], versions: Iterable[PriceVersion]) -> None:
    """Refuse tiers with gaps, prices below zero and destinations that nobody published."""
    listed = {key_of(version) for version in versions}
    tiers: dict[PriceKey, list[DraftLine]] = {}
    for line in lines:
        if key_of(line) not in listed:
            raise PriceNotListed(destination=line.destination or line.cls.value)
        price = line.unit_price
        if price is not None and (not price.is_finite() or price < 0):
            raise PriceMalformed(what="unit_price")
        tiers.setdefault(key_of(line), []).append(line)
    for (cls, destination), mine in tiers.items():
        expected: int | None = 1
        for line in sorted(mine, key=_order):
            if line.tier_from != expected:
                raise PriceTiersBroken(
                    message_class=cls, destination=destination, tier=line.tier_from
                )
            expected = line.tier_below


def check_start(
    lines: Sequence[DraftLine],
    versions: Iterable[PriceVersion],
    begins_on: date,
    now: datetime,
) -> None:
    """Refuse a first day that is too soon, or before a coming list of the same key begins.

    Of two lists that cover a moment the one recorded last counts: beginning earlier, the new one
    would silently undo the other.
    """
    if begins_on < earliest(now):
        raise PriceTooSoon(earliest=earliest(now))
    begins, keys = day_begins(begins_on), {key_of(line) for line in lines}
    for version in versions:
        if key_of(version) in keys and version.valid_from > begins:
            raise PriceBeforeComing(
                message_class=version.cls,
                destination=version.destination,
                begins=shanghai_day(version.valid_from),
            )


def check_changes(lines: Sequence[DraftLine]) -> None:
    """Refuse a version that changes nothing."""
    if not lines:
        raise PriceUnchanged


def as_prices(draft: PriceDraft, versions: Sequence[PriceVersion]) -> list[NewPrice]:
    """Return the draft as prices to publish; what a draft does not say stays as it was."""
    begins = day_begins(draft.begins_on)
    last = {key_of(version): version for version in sorted(versions, key=lambda it: it.recorded_at)}
    return [
        NewPrice(
            cls=line.cls,
            destination=line.destination,
            countries=last[key_of(line)].countries,
            tier_from=line.tier_from,
            tier_below=line.tier_below,
            unit_price=line.unit_price,
            valid_from=begins,
            valid_to=None,
            source=draft.source,
            tax_code=last[key_of(line)].tax_code,
            charge_on=last[key_of(line)].charge_on,
        )
        for line in draft.lines
    ]
