"""What must always be true of the message log; `umcloud audit` prints each exception.

One statement a promise, each reading its tables once and naming at most `MOST` faults.
"""

from __future__ import annotations

from datetime import datetime

from umcloud.infra.db import Tx

MOST = 100

_I7 = """
SELECT CASE WHEN c.id IS NULL THEN 'message ' || m.id || ' was not charged'
    WHEN m.id IS NULL THEN 'charge ' || c.id || ' is for no message'
    WHEN c.account_id <> m.account_id THEN 'message ' || m.id || ' was charged to another account'
    ELSE 'message ' || m.id || ' has ' || m.segments || ' segments, ' || c.quantity || ' charged'
    END
FROM message m FULL JOIN charge c ON c.lane = m.lane AND c.id = m.id
WHERE c.id IS NULL OR m.id IS NULL OR c.account_id <> m.account_id OR c.quantity <> m.segments
"""
# The two ways to fail, and the reason of a person.
_I8_UNFOUNDED = """
SELECT 'charge ' || o.id || ' was given back without a failed report' FROM charge_outcome o
WHERE o.kind = 'refund' AND o.reason NOT LIKE 'operator:%'
    AND NOT EXISTS (SELECT FROM receipt r
        WHERE r.lane = o.lane AND r.id = o.id AND r.state = 'failed')
    AND NOT EXISTS (SELECT FROM submission s
        WHERE s.lane = o.lane AND s.id = o.id AND s.state = 'rejected')
"""
_ENDED_TWICE = """
SELECT 'message ' || id || ' has ended ' || count(*) || ' times' FROM final
GROUP BY lane, id HAVING count(*) > 1
"""
_UNCHARGED_END = """
SELECT 'message ' || coalesce(f.id, o.id) || CASE WHEN f.id IS NULL
    THEN ' has not ended, but its charge has' ELSE ' has ended, but its charge has not' END
FROM final f FULL JOIN charge_outcome o ON o.lane = f.lane AND o.id = f.id
WHERE f.id IS NULL OR o.id IS NULL
"""
_NO_LINE = """
SELECT 'message ' || m.id || ' has no line' FROM message m
WHERE NOT EXISTS (SELECT FROM carrier_line l WHERE l.number = m.line)
"""
_STATEMENTS = (
    ("I7", _I7),
    ("I8", _I8_UNFOUNDED),
    ("I7", _ENDED_TWICE),
    ("I7", _UNCHARGED_END),
    ("I7", _NO_LINE),
)


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each broken promise: I7, and I8's reasons; `now` plays no part."""
    del now
    found = []
    for name, statement in _STATEMENTS:
        rows = await tx.sql(f"{statement.rstrip()} LIMIT {MOST}")
        found += [f"{name}: {fault}" for fault in rows.scalars()]
    return found
