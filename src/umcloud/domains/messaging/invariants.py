"""What must always be true of the message log; `umcloud audit` prints each exception.

Ends are new by their transaction: they come long after the id of their message was made. What was
accepted is new by its id.
"""

from __future__ import annotations

from umcloud.domains.audit.questions import DAYS, all_of, by_id, stretch

_I7 = """
SELECT CASE WHEN c.id IS NULL THEN 'message ' || m.id || ' was not charged'
    WHEN m.id IS NULL THEN 'charge ' || c.id || ' is for no message'
    WHEN c.account_id <> m.account_id THEN 'message ' || m.id || ' was charged to another account'
    ELSE 'message ' || m.id || ' has ' || m.segments || ' segments, ' || c.quantity || ' charged'
    END
FROM {messages} AS m FULL JOIN {charges} AS c ON c.lane = m.lane AND c.id = m.id
WHERE c.id IS NULL OR m.id IS NULL OR c.account_id <> m.account_id OR c.quantity <> m.segments
"""
# The two ways to fail, and the reason of a person. OFFSET asks for each in its own partition.
_I8_UNFOUNDED = """
SELECT 'charge ' || o.id || ' was given back without a failed report' FROM {outcomes} AS o
WHERE o.kind = 'refund' AND o.reason NOT LIKE 'operator:%'
    AND NOT EXISTS (SELECT FROM receipt r
        WHERE r.lane = o.lane AND r.id = o.id AND r.state = 'failed' OFFSET 0)
    AND NOT EXISTS (SELECT FROM submission s
        WHERE s.lane = o.lane AND s.id = o.id AND s.state = 'rejected' OFFSET 0)
"""
_ENDED_TWICE = """
SELECT 'message ' || id || ' has ended ' || count(*) || ' times' FROM final
WHERE {ended} GROUP BY lane, id HAVING count(*) > 1
"""
_UNCHARGED_END = """
SELECT 'message ' || coalesce(f.id, o.id) || CASE WHEN f.id IS NULL
    THEN ' has not ended, but its charge has' ELSE ' has ended, but its charge has not' END
FROM (SELECT lane, id FROM final WHERE id >= :first AND id < :last) AS f
FULL JOIN (SELECT lane, id FROM charge_outcome WHERE id >= :first AND id < :last) AS o
    ON o.lane = f.lane AND o.id = f.id
WHERE f.id IS NULL OR o.id IS NULL
"""
# What was accepted lately cannot have ended before: its end is among the new ones, or nowhere.
_UNCHARGED_END_LATELY = """
WITH ended AS MATERIALIZED (
    SELECT lane, id FROM final WHERE xid >= CAST(:xid AS xid8) AND id >= :oldest
)
SELECT fault FROM (
    SELECT 'message ' || f.id || ' has ended, but its charge has not' AS fault FROM ended AS f
    WHERE NOT EXISTS (SELECT FROM charge_outcome o
        WHERE o.lane = f.lane AND o.id = f.id OFFSET 0)
    UNION ALL
    SELECT 'message ' || o.id || ' has not ended, but its charge has' FROM {new} AS o
    WHERE NOT EXISTS (SELECT FROM ended AS f WHERE f.lane = o.lane AND f.id = o.id)
) AS faults
"""
_NO_LINE = """
SELECT 'message ' || m.id || ' has no line' FROM {messages} AS m
WHERE NOT EXISTS (SELECT FROM carrier_line l WHERE l.number = m.line)
"""
_MESSAGES, _OUTCOMES = stretch("message"), stretch("charge_outcome", lane=None)
_ENDED_OUTCOMES = """(SELECT o.* FROM final AS f CROSS JOIN LATERAL (
    SELECT * FROM charge_outcome AS o WHERE o.lane = f.lane AND o.id = f.id OFFSET 0) AS o
WHERE f.xid >= CAST(:xid AS xid8) AND f.id >= :oldest)"""

QUESTIONS = (
    by_id("I7", "charged", _I7.format(messages=_MESSAGES, charges=stretch("charge", lane=None))),
    by_id(
        "I8",
        "refund founded",
        _I8_UNFOUNDED.format(outcomes=_OUTCOMES),
        lately=_I8_UNFOUNDED.format(outcomes=_ENDED_OUTCOMES),
    ),
    by_id(
        "I7",
        "ended once",
        _ENDED_TWICE.format(ended="id >= :first AND id < :last"),
        lately=_ENDED_TWICE.format(ended="xid >= CAST(:xid AS xid8) AND id >= :oldest"),
        axis=DAYS,
    ),
    by_id(
        "I7",
        "end charged",
        _UNCHARGED_END,
        lately=_UNCHARGED_END_LATELY.format(new=_OUTCOMES),
        axis=DAYS,
    ),
    by_id("I7", "line", _NO_LINE.format(messages=_MESSAGES)),
)
violations = all_of(QUESTIONS)
