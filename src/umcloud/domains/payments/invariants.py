"""What must always be true of payments; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.infra.db import Tx

# Taken is what a channel has collected for us: paid payments, and second trades in suspense. It is
# due in the statement where the statement of its Shanghai day was imported.
_DIFFERENCES = """
WITH taken AS (
    SELECT channel, trade_number, amount, paid_at FROM payment WHERE state = 'paid'
    UNION ALL
    SELECT channel, trade_number, amount, paid_at FROM payment_notice
    WHERE outcome = 'second_trade'
), booked AS (
    SELECT taken.*, EXISTS (
        SELECT FROM payment_statement s WHERE s.channel = taken.channel
        AND s.day = (taken.paid_at AT TIME ZONE INTERVAL '+08:00')::date
    ) AS due FROM taken
)
SELECT coalesce(b.channel, l.channel) AS channel, coalesce(b.amount, l.amount) AS amount,
    coalesce(b.trade_number, l.trade_number) AS trade_number, b.trade_number IS NULL AS unbooked
FROM booked b FULL JOIN payment_statement_line l
    ON l.channel = b.channel AND l.trade_number = b.trade_number AND l.amount = b.amount
WHERE b.trade_number IS NULL OR (l.trade_number IS NULL AND b.due)
ORDER BY 1, 3, 4
"""
_COUNTED = """
SELECT s.channel, s.day, s.lines FROM payment_statement s WHERE s.lines <>
    (SELECT count(*) FROM payment_statement_line l WHERE l.channel = s.channel AND l.day = s.day)
"""


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each difference between our books and the channels' statements (I11).

    Only days whose statement was imported are compared, so `now` changes nothing.
    """
    del now
    found = [
        f"I11: trade {row.trade_number} ({row.amount} micros) is "
        + (
            f"in the statement of {row.channel} and not in our books"
            if row.unbooked
            else f"in our books and not in the statement of {row.channel}"
        )
        for row in await tx.sql(_DIFFERENCES)
    ]
    found += [
        f"I11: the statement of {row.channel} for {row.day} has not its {row.lines} lines"
        for row in await tx.sql(_COUNTED)
    ]
    return found
