"""What must always be true of callbacks; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.infra.db import Tx

_UNCOUNTED = """
SELECT 'delivery ' || d.id || ' counts ' || d.attempts || ' attempts, its log has '
    || count(a.number) AS fault
FROM callback_delivery AS d LEFT JOIN callback_attempt AS a ON a.delivery_id = d.id
GROUP BY d.id HAVING d.attempts <> count(a.number) LIMIT 100
"""
_UNPROVED = """
SELECT 'delivery ' || d.id || ' is called delivered, but its last attempt was refused' AS fault
FROM callback_delivery AS d
JOIN callback_attempt AS a ON a.delivery_id = d.id AND a.number = d.attempts
WHERE d.state = 'delivered' AND a.error IS NOT NULL LIMIT 100
"""


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each delivery whose log does not bear out what it says."""
    del now
    return [row.fault for sql in (_UNCOUNTED, _UNPROVED) for row in await tx.sql(sql)]
