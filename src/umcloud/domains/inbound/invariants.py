"""What must always be true of inbound messages; `umcloud audit` prints each exception."""

from __future__ import annotations

from umcloud.domains.audit.questions import all_of, by_id

# A message is found by its account: no index is led by its id alone.
_STRANGERS = """
SELECT 'inbound message ' || i.id || ' was given to an account that did not write'
FROM inbound_message AS i
WHERE i.id >= :first AND i.id < :last AND i.account_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM message AS m WHERE m.account_id = i.account_id AND m.id = i.message_id
        AND m.destination = i.source AND m.source = i.destination OFFSET 0)
"""
_LOST = """
SELECT 'inbound message ' || i.id || ' lacks parts that came'
FROM inbound_message AS i JOIN inbound_part AS p ON p.inbound_id = i.id
WHERE i.id >= :first AND i.id < :last GROUP BY i.id HAVING count(*) > i.parts - i.missing
"""

QUESTIONS = (by_id("", "sender", _STRANGERS), by_id("", "parts", _LOST))
violations = all_of(QUESTIONS)
