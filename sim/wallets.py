"""Wallets in plain Python: what the agreement says of drawing, written a second time.

Nothing here imports the books: two opinions that share code would share their mistakes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

CNY = "CNY"
_ORDER = {"package": 0, "voucher": 1, "gift": 2, "cash": 3, "credit": 4}
_NEVER = datetime.max.replace(tzinfo=UTC)
_births = itertools.count()


@dataclass(slots=True, eq=False)
class Bucket:
    """A part of a wallet with its own kind and end."""

    kind: str
    remaining: int
    expires: datetime | None
    born: int = field(default_factory=lambda: next(_births))

    def lives(self, now: datetime) -> bool:
        """Tell whether it may still be drawn from."""
        return self.expires is None or self.expires > now


#: What paid: the bucket and how much of it.
Draws = list[tuple[Bucket, int]]


@dataclass(slots=True, eq=False)
class Wallet:
    """One account's amount in one currency."""

    buckets: list[Bucket] = field(default_factory=list)
    held: int = 0
    limit: int = 0

    @property
    def posted(self) -> int:
        """All that is there, expired or not, less what is owed."""
        return sum(bucket.remaining for bucket in self.buckets)

    @property
    def owed(self) -> int:
        """What was drawn on credit and not paid back."""
        return -sum(bucket.remaining for bucket in self.buckets if bucket.kind == "credit")

    def live(self, now: datetime) -> list[Bucket]:
        """Return what may be drawn from, in the order of drawing."""
        return sorted(
            (bucket for bucket in self.buckets if bucket.lives(now)),
            key=lambda bucket: (_ORDER[bucket.kind], bucket.expires or _NEVER, bucket.born),
        )

    def spendable(self, now: datetime) -> int:
        """Return what could be spent now, on credit too."""
        total = -self.held
        for bucket in self.live(now):
            total += bucket.remaining + (self.limit if bucket.kind == "credit" else 0)
        return max(0, total)

    def add(self, kind: str, amount: int, expires: datetime | None = None) -> Bucket:
        """Grant an amount; cash first pays back what was drawn on credit."""
        if kind == "cash":
            credit = self._open("credit")
            if credit is not None and credit.remaining:
                repaid = min(-credit.remaining, amount)
                credit.remaining += repaid
                amount -= repaid
                if amount <= 0:
                    return credit
        bucket = self._open(kind) if expires is None else None
        if bucket is None:
            bucket = Bucket(kind, 0, expires)
            self.buckets.append(bucket)
        bucket.remaining += amount
        return bucket

    def allow_credit(self, limit: int) -> None:
        """Let it go below zero by so much."""
        self.limit = limit
        if self._open("credit") is None:
            self.buckets.append(Bucket("credit", 0, None))

    def take(self, amount: int, now: datetime) -> Draws | None:
        """Draw an amount over as many buckets as it needs; None, and nothing, if it is too much."""
        if self.spendable(now) < amount:
            return None
        draws: Draws = []
        for bucket in self.live(now):
            share = amount if bucket.kind == "credit" else min(amount, max(bucket.remaining, 0))
            if share:
                bucket.remaining -= share
                draws.append((bucket, share))
                amount -= share
            if not amount:
                break
        return draws

    def take_whole(self, amount: int, now: datetime) -> Draws | None:
        """Draw an amount from the first bucket that holds all of it, as packages pay."""
        for bucket in self.live(now):
            if bucket.remaining >= amount:
                bucket.remaining -= amount
                return [(bucket, amount)]
        return None

    def forfeit(self, now: datetime) -> list[tuple[str, int]]:
        """Lose expired vouchers and gifts, but for what is set aside; return kinds and amounts."""
        lost = []
        gone = [one for one in self.buckets if one.kind in ("voucher", "gift") and one.expires]
        for bucket in sorted(gone, key=lambda one: (one.expires or _NEVER, one.born)):
            amount = min(bucket.remaining, self.posted - self.held + self.limit)
            if not bucket.lives(now) and amount > 0:
                bucket.remaining -= amount
                lost.append((bucket.kind, amount))
        return lost

    def _open(self, kind: str) -> Bucket | None:
        return next((b for b in self.buckets if b.kind == kind and b.expires is None), None)


def give_back(draws: Draws) -> int:
    """Return each share to the bucket that paid it; return the sum."""
    for bucket, share in draws:
        bucket.remaining += share
    return sum(share for _, share in draws)
