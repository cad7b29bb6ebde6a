"""What must always be true of inbound messages; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.infra.db import Tx

_STRANGERS = """
SELECT 'inbound message ' || i.id || ' was given to an account that did not write' AS fault
FROM inbound_message AS i LEFT JOIN message AS m ON m.id = i.message_id
    AND m.account_id = i.account_id AND m.destination = i.source AND m.source = i.destination
WHERE i.account_id IS NOT NULL AND m.id IS NULL LIMIT 100
"""
_LOST = """
SELECT 'inbound message ' || i.id || ' lacks parts that came' AS fault
FROM inbound_message AS i JOIN inbound_part AS p ON p.inbound_id = i.id
GROUP BY i.id HAVING count(*) > i.parts - i.missing LIMIT 100
"""


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each message that is not its account's, or not whole."""
    del now
    return [row.fault for sql in (_STRANGERS, _LOST) for row in await tx.sql(sql)]
