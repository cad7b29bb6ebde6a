"""What must always be true of callbacks; `umcloud audit` prints each exception."""

from __future__ import annotations

from umcloud.domains.audit.questions import all_of, by_id

_UNCOUNTED = """
SELECT 'delivery ' || d.id || ' counts ' || d.attempts || ' attempts, its log has ' || a.logged
FROM callback_delivery AS d CROSS JOIN LATERAL (
    SELECT count(*) AS logged FROM callback_attempt AS a WHERE a.delivery_id = d.id) AS a
WHERE d.id >= :first AND d.id < :last AND d.attempts <> a.logged
"""
_UNPROVED = """
SELECT 'delivery ' || d.id || ' is called delivered, but its last attempt was refused'
FROM callback_delivery AS d CROSS JOIN LATERAL (
    SELECT error FROM callback_attempt AS a
    WHERE a.delivery_id = d.id AND a.number = d.attempts OFFSET 0) AS a
WHERE d.id >= :first AND d.id < :last AND d.state = 'delivered' AND a.error IS NOT NULL
"""

QUESTIONS = (by_id("", "attempts", _UNCOUNTED), by_id("", "delivered", _UNPROVED))
violations = all_of(QUESTIONS)
