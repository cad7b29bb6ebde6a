"""What must always be true of charges; `umcloud audit` prints each exception.

One statement a promise, each reading its tables once and naming at most `MOST` faults.
"""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.catalogue.model import ChargeOn, PriceVersion
from umcloud.domains.ledger.model import CNY
from umcloud.infra.db import Tx
from umcloud.kernel.ids import PriceId
from umcloud.kernel.money import priced

MOST = 100

_I6 = """
WITH paid AS (
    SELECT lane, journal_id, wallet_id, sum(amount) AS amount FROM charge
    GROUP BY lane, journal_id, wallet_id
), booked AS (
    SELECT e.lane, e.journal_id, e.wallet_id, e.amount
    FROM journal j JOIN entry e ON e.journal_lane = j.lane AND e.journal_id = j.id
    WHERE j.kind = 'charge'
)
SELECT 'journal ' || journal_id || ' takes ' || -coalesce(b.amount, 0) || ' from wallet '
    || wallet_id || ', its charges sum to ' || coalesce(p.amount, 0)
FROM paid p FULL JOIN booked b USING (lane, journal_id, wallet_id)
WHERE coalesce(p.amount, 0) <> -coalesce(b.amount, 0)
"""
_I6_REFUNDS = """
WITH given AS (
    SELECT o.lane, o.journal_id, c.wallet_id, sum(o.amount) AS amount
    FROM charge_outcome o JOIN charge c ON c.lane = o.lane AND c.id = o.id WHERE o.kind = 'refund'
    GROUP BY o.lane, o.journal_id, c.wallet_id
), booked AS (
    SELECT e.lane, e.journal_id, e.wallet_id, e.amount
    FROM journal j JOIN entry e ON e.journal_lane = j.lane AND e.journal_id = j.id
    WHERE j.kind = 'refund'
)
SELECT 'journal ' || journal_id || ' gives ' || coalesce(b.amount, 0) || ' to wallet '
    || wallet_id || ', its refunds sum to ' || coalesce(g.amount, 0)
FROM given g FULL JOIN booked b USING (lane, journal_id, wallet_id)
WHERE coalesce(g.amount, 0) <> coalesce(b.amount, 0)
"""
_I6_SPLIT = """
SELECT 'charge ' || c.id || ' is ' || c.amount || ', its buckets paid another sum' FROM charge c
WHERE c.draws IS NOT NULL AND c.amount <>
    (SELECT sum((d ->> 1)::bigint) FROM jsonb_array_elements(c.draws) AS d)
"""
_I8_TWICE = """
SELECT 'charge ' || id || ' has ended ' || count(*) || ' times' FROM charge_outcome
GROUP BY lane, id HAVING count(*) > 1
"""
_I8_STRAY = """
SELECT 'outcome of charge ' || o.id || ', which is not there' FROM charge_outcome o
WHERE NOT EXISTS (SELECT FROM charge c WHERE c.lane = o.lane AND c.id = o.id)
"""
_I8_MORE = """
SELECT 'charge ' || c.id || ' gave back more than it took'
FROM charge_outcome o JOIN charge c ON c.lane = o.lane AND c.id = o.id WHERE o.amount > c.amount
"""
_I8_UNBOOKED = """
SELECT 'refund of charge ' || o.id || ' has no journal' FROM charge_outcome o
WHERE o.kind = 'refund' AND NOT EXISTS (
    SELECT FROM journal j
    WHERE j.lane = o.journal_lane AND j.id = o.journal_id AND j.kind = 'refund')
"""
_STATEMENTS = (
    ("I6", _I6),
    ("I6", _I6_REFUNDS),
    ("I6", _I6_SPLIT),
    ("I8", _I8_TWICE),
    ("I8", _I8_STRAY),
    ("I8", _I8_MORE),
    ("I8", _I8_UNBOOKED),
)

# All charges, in as few groups as there are different answers: prices × segments.
_RATED = """
SELECT c.price_id, w.currency, c.quantity, c.amount, c.tax_code, c.refund_on_failure,
    count(*) AS charges, min(c.id::text) AS example
FROM charge c JOIN wallet w ON w.lane = c.lane AND w.id = c.wallet_id
GROUP BY c.price_id, w.currency, c.quantity, c.amount, c.tax_code, c.refund_on_failure
"""


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each broken promise: I6, I8 and I13; `now` plays no part."""
    del now
    found = []
    for name, statement in _STATEMENTS:
        rows = await tx.sql(f"{statement.rstrip()} LIMIT {MOST}")
        found += [f"{name}: {fault}" for fault in rows.scalars()]
    return found + await _rated_again(tx)


async def _rated_again(tx: Tx) -> list[str]:
    versions: dict[PriceId, PriceVersion | None] = {}
    found = []
    for row in (await tx.sql(_RATED)).all():
        price_id = PriceId(row.price_id)
        if price_id not in versions:
            versions[price_id] = await catalogue.price_version(tx, price_id)
        version = versions[price_id]
        charges = f"I13: charge {row.example} and {row.charges - 1} alike"
        if version is None:
            found.append(f"{charges} name price {price_id}, which is not there")
            continue
        amount = priced(version.price, row.quantity).micros if row.currency == CNY else row.quantity
        if row.amount != amount:
            found.append(f"{charges} cost {row.amount}, by their price {amount}")
        if row.tax_code != version.tax_code:
            found.append(f"{charges} have tax code {row.tax_code}, by their price another")
        if row.refund_on_failure != (version.charge_on is ChargeOn.DELIVERY):
            found.append(f"{charges} differ from their price in when the money is due")
    return found[:MOST]
