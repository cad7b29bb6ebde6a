"""Pure decisions about money: what balances, and which buckets pay."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from umcloud.domains.ledger.errors import UnbalancedError
from umcloud.domains.ledger.model import (
    Bucket,
    BucketKind,
    NewJournal,
    OperatorLine,
    Wallet,
    WalletLine,
)


def check_balanced(lines: Iterable[WalletLine | OperatorLine]) -> None:
    """Raise UnbalancedError unless the lines sum to zero in each currency (I1)."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        if not line.amount:
            raise UnbalancedError("a line moves nothing")
        sums[line.currency] += line.amount
    if any(sums.values()):
        raise UnbalancedError(f"sums per currency: {dict(sums)}")


def request_hash(journal: NewJournal) -> bytes:
    """Return the SHA-256 of what the command asks for; a replay must ask for the same (I10)."""
    asked: list[list[object]] = [[journal.kind, str(journal.reverses)]]
    for line in journal.lines:
        if isinstance(line, WalletLine):
            grant = line.grant
            asked.append(
                [
                    "wallet",
                    str(line.account_id),
                    line.currency,
                    line.amount,
                    # The expiry is left out: a retry a second later is still the same request.
                    # A caller's bucket id is left out too: the first answer's bucket stands.
                    [grant.kind.value, grant.amount] if grant else None,
                    str(line.bucket),
                ]
            )
        else:
            asked.append(["operator", line.ledger_account, line.currency, line.amount])
    return hashlib.sha256(json.dumps(asked).encode()).digest()


def draw(wallet: Wallet, amount: int) -> list[tuple[int, int]] | None:
    """Take the amount from the wallet's live buckets in draw order; None where it does not reach.

    Changes the given wallet: `posted` and the buckets' `remaining` go down. Nothing changes where
    the answer is None. What the other buckets lack is taken on credit, within the limit.
    """
    if amount <= 0 or spendable(wallet) < amount:
        return None
    taken: list[tuple[Bucket, int]] = []
    missing = amount
    for bucket in wallet.buckets:
        share = missing if bucket.kind is BucketKind.CREDIT else min(bucket.remaining, missing)
        if share > 0:
            taken.append((bucket, share))
            missing -= share
            if not missing:
                break
    if missing:
        return None
    for bucket, share in taken:
        bucket.remaining -= share
    wallet.posted -= amount
    return [(bucket.id, share) for bucket, share in taken]


def in_draw_order(buckets: Iterable[Bucket], cash: Bucket) -> list[Bucket]:
    """Return the buckets, given in draw order, with the wallet's cash at its place: before credit.

    An empty cash bucket is left out.
    """
    ordered = list(buckets)
    if cash.remaining:
        on_credit = bool(ordered) and ordered[-1].kind is BucketKind.CREDIT
        ordered.insert(len(ordered) - on_credit, cash)
    return ordered


def spendable(wallet: Wallet) -> int:
    """Return what `draw` could take at most: live buckets and credit, less what is held.

    Not `available`: that still counts buckets that have expired and wait to be voided.
    """
    live = sum(b.remaining for b in wallet.buckets if b.kind is not BucketKind.CREDIT)
    credit = sum(
        b.remaining + wallet.credit_limit for b in wallet.buckets if b.kind is BucketKind.CREDIT
    )
    return max(0, live + credit - wallet.held)


def chain_hash(previous: bytes, rows: Sequence[str]) -> bytes:
    """Return the hash of a block of journals: SHA-256 over the one before and each row (I18)."""
    digest = hashlib.sha256(previous)
    for row in rows:
        digest.update(row.encode())
        digest.update(b"\n")
    return digest.digest()
