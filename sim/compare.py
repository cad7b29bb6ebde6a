"""The second opinion against the books, to the micro-yuan and to the message."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sim.books import Books, Customer
from umcloud.infra.db import Tx

_MOST = 20
_WALLETS = "SELECT account_id, currency, posted, held, credit_limit FROM wallet"
_BUCKETS = """
SELECT w.account_id, w.currency, b.kind, b.expires_at, sum(b.remaining)::bigint AS amount
FROM bucket b JOIN wallet w ON w.lane = b.lane AND w.id = b.wallet_id
GROUP BY w.account_id, w.currency, b.kind, b.expires_at HAVING sum(b.remaining) <> 0
UNION ALL SELECT account_id, currency, 'cash', NULL, cash FROM wallet WHERE cash <> 0
"""
_CHARGED = """
SELECT c.account_id, w.currency, sum(c.amount)::bigint AS amount
FROM charge c JOIN wallet w ON w.lane = c.lane AND w.id = c.wallet_id
GROUP BY c.account_id, w.currency
"""
_REFUNDED = """
SELECT count(*) AS refunds FROM charge_outcome WHERE kind = 'refund'
"""
_ENDS = """
SELECT account_id, state, sum(messages)::bigint AS messages, sum(segments)::bigint AS segments
FROM daily_count GROUP BY account_id, state
"""
_COUNTS = """
SELECT (SELECT count(*) FROM message) AS messages, (SELECT count(*) FROM final) AS ended
"""
_OPERATOR = """
SELECT ledger_account, currency, sum(amount)::bigint AS amount FROM operator_entry
GROUP BY ledger_account, currency
"""
_PAYMENTS = "SELECT number, state FROM payment"
_STANDING = "SELECT id, state FROM account"
_KEYS = "SELECT account_id, count(*) AS keys FROM idempotency GROUP BY account_id"
_ORDERS = """
SELECT account_id, count(*) AS packages,
    count(*) FILTER (WHERE voided_units IS NOT NULL) AS voided
FROM package_order GROUP BY account_id
"""


async def differences(tx: Tx, books: Books) -> list[str]:
    """Return a line for each figure that the books have otherwise than the second opinion."""
    found = [
        *_differ("wallet", await _wallets(tx), _expected_wallets(books)),
        *_differ("bucket", await _buckets(tx), _expected_buckets(books)),
        *_differ("charged", await _by(tx, _CHARGED, "currency", "amount"), _charged(books)),
        *_differ("ends", await _by(tx, _ENDS, "state", "messages"), _ends(books, "ends")),
        *_differ("segments", await _by(tx, _ENDS, "state", "segments"), _ends(books, "segments")),
        *_differ("operator", await _operator(tx), {k: v for k, v in books.operator.items() if v}),
        *_differ("orders", await _orders(tx), _expected_orders(books)),
    ]
    payments = {row.number: row.state for row in await tx.sql(_PAYMENTS)}
    found += _differ("payment", payments, {n: p.state for n, p in books.payments.items()})
    standing = {row.id: row.state for row in await tx.sql(_STANDING)}
    found += _differ("account", standing, {one.id: one.state for one in books.customers})
    keys = {row.account_id: row.keys for row in await tx.sql(_KEYS)}
    expected = {one.id: len(one.keys) for one in books.customers if one.keys}
    found += _differ("idempotency keys", keys, expected)
    counts = (await tx.sql(_COUNTS)).one()
    ended = books.messages - len(books.open)
    found += _differ("log", counts._asdict(), {"messages": books.messages, "ended": ended})
    refunds = (await tx.sql(_REFUNDED)).scalar_one()
    found += _differ("refunds", {"all": refunds}, {"all": books.refunds})
    names = {str(one.id): f"customer {one.number}" for one in books.customers}
    return [_named(line, names) for line in found[:_MOST]]


def _differ(
    what: str, found: Mapping[Any, object], expected: Mapping[Any, object]
) -> Iterator[str]:
    if found == expected:
        return
    for key in [*expected, *(key for key in found if key not in expected)]:
        if found.get(key) != expected.get(key):
            place = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
            yield f"{what} {place}: {found.get(key)} in the books, expected {expected.get(key)}"


def _named(line: str, names: Mapping[str, str]) -> str:
    return " ".join(names.get(word, word) for word in line.split(" "))


async def _wallets(tx: Tx) -> dict[tuple[object, ...], object]:
    rows = await tx.sql(_WALLETS)
    return {(r.account_id, r.currency): (r.posted, r.held, r.credit_limit) for r in rows}


def _expected_wallets(books: Books) -> dict[tuple[object, ...], object]:
    return {
        (one.id, currency): (wallet.posted, wallet.held, wallet.limit)
        for one in books.customers
        for currency, wallet in one.wallets.items()
    }


async def _buckets(tx: Tx) -> dict[tuple[object, ...], object]:
    rows = await tx.sql(_BUCKETS)
    return {(r.account_id, r.currency, r.kind, r.expires_at): r.amount for r in rows}


def _expected_buckets(books: Books) -> dict[tuple[object, ...], object]:
    sums: dict[tuple[object, ...], int] = defaultdict(int)
    for one in books.customers:
        for currency, wallet in one.wallets.items():
            for bucket in wallet.buckets:
                sums[one.id, currency, bucket.kind, bucket.expires] += bucket.remaining
    return {key: amount for key, amount in sums.items() if amount}


async def _by(tx: Tx, statement: str, by: str, figure: str) -> dict[tuple[object, ...], object]:
    rows = (await tx.sql(statement)).mappings()
    return {(row["account_id"], row[by]): row[figure] for row in rows}


def _charged(books: Books) -> dict[tuple[object, ...], object]:
    return _counted((one, one.charged) for one in books.customers)


def _ends(books: Books, what: str) -> dict[tuple[object, ...], object]:
    return _counted((one, getattr(one, what)) for one in books.customers)


def _counted(
    counters: Iterator[tuple[Customer, Counter[str]]],
) -> dict[tuple[object, ...], object]:
    return {
        (one.id, key): amount for one, counter in counters for key, amount in counter.items()
        if amount
    }  # fmt: skip


async def _operator(tx: Tx) -> dict[tuple[object, ...], object]:
    rows = await tx.sql(_OPERATOR)
    return {(r.ledger_account, r.currency): r.amount for r in rows if r.amount}


async def _orders(tx: Tx) -> dict[object, object]:
    return {row.account_id: (row.packages, row.voided) for row in await tx.sql(_ORDERS)}


def _expected_orders(books: Books) -> dict[object, object]:
    return {
        one.id: (len(one.packages), sum(package.voided for package in one.packages))
        for one in books.customers
        if one.packages
    }
