"""What must always be true of payments; `umcloud audit` prints each exception."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from umcloud.domains.audit.questions import Lately, Piece, Question, all_of
from umcloud.infra.db import Tx

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

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
# What a statement tells is new when it is imported.
_DIFFERENCES_LATELY = """
WITH imported AS (SELECT channel, day FROM payment_statement WHERE imported_at >= :since),
taken AS (
    SELECT channel, trade_number, amount, paid_at FROM payment WHERE state = 'paid'
        AND paid_at >= :oldest
    UNION ALL
    SELECT channel, trade_number, amount, paid_at FROM payment_notice
    WHERE outcome = 'second_trade' AND paid_at >= :oldest
)
SELECT l.channel, l.amount, l.trade_number, true AS unbooked
FROM imported i JOIN payment_statement_line l ON l.channel = i.channel AND l.day = i.day
WHERE NOT EXISTS (SELECT FROM payment p WHERE p.channel = l.channel
        AND p.trade_number = l.trade_number AND p.amount = l.amount AND p.state = 'paid')
    AND NOT EXISTS (SELECT FROM payment_notice n WHERE n.channel = l.channel
        AND n.trade_number = l.trade_number AND n.amount = l.amount
        AND n.outcome = 'second_trade')
UNION ALL
SELECT t.channel, t.amount, t.trade_number, false
FROM imported i JOIN taken t ON t.channel = i.channel
    AND i.day = (t.paid_at AT TIME ZONE INTERVAL '+08:00')::date
WHERE NOT EXISTS (SELECT FROM payment_statement_line l WHERE l.channel = t.channel
    AND l.trade_number = t.trade_number AND l.amount = t.amount)
ORDER BY 1, 3, 4
"""
_COUNTED = """
SELECT s.channel, s.day, s.lines FROM payment_statement s
WHERE s.imported_at >= :since AND s.lines <>
    (SELECT count(*) FROM payment_statement_line l WHERE l.channel = s.channel AND l.day = s.day)
"""
_REACH = timedelta(days=45)
"""How old a payment may be that the short form looks for in a statement."""


async def _all(tx: Tx, piece: Piece) -> list[str]:
    """Return a line for each difference between our books and the channels' statements (I11).

    Only days whose statement was imported are compared.
    """
    del piece
    return _told(await tx.sql(_DIFFERENCES)) + await _miscounted(tx, _BEGINNING)


async def _new(tx: Tx, lately: Lately) -> list[str]:
    oldest = max(lately.since, _BEGINNING + _REACH) - _REACH
    rows = await tx.sql(_DIFFERENCES_LATELY, since=lately.since, oldest=oldest)
    return _told(rows) + await _miscounted(tx, lately.since)


def _told(rows: Iterable[Row[Any]]) -> list[str]:
    return [
        f"I11: trade {row.trade_number} ({row.amount} micros) is "
        + (
            f"in the statement of {row.channel} and not in our books"
            if row.unbooked
            else f"in our books and not in the statement of {row.channel}"
        )
        for row in rows
    ]


async def _miscounted(tx: Tx, since: datetime) -> list[str]:
    return [
        f"I11: the statement of {row.channel} for {row.day} has not its {row.lines} lines"
        for row in await tx.sql(_COUNTED, since=since)
    ]


QUESTIONS = (Question("", "statements", _all, _new),)
violations = all_of(QUESTIONS)
