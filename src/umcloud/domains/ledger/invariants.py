"""What must always be true of the books; `umcloud audit` prints each exception.

One statement a promise, each reading its tables once. A statement names at most `MOST` faults: a
hundred say as much as a million.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from umcloud.domains.ledger.jobs import LATENESS, broken_blocks
from umcloud.infra.db import Tx
from umcloud.kernel.ids import floor_of, moment_of

GRACE = timedelta(minutes=15)
"""How long a hold may stay open past its expiry until the job has seen it."""
VOIDED_WITHIN = timedelta(days=1)
"""How long what is left of an expired bucket may stay until a job has voided it."""
MOST = 100

_I1 = """
WITH line AS (
    SELECT e.journal_lane AS lane, e.journal_id, w.currency, e.amount
    FROM entry e JOIN wallet w ON w.lane = e.lane AND w.id = e.wallet_id
    UNION ALL SELECT lane, journal_id, currency, amount FROM operator_entry
)
SELECT 'journal ' || journal_id || ' sums to ' || sum(amount) || ' ' || currency
FROM line GROUP BY lane, journal_id, currency HAVING sum(amount) <> 0
"""
_I1_ABSENT = """
SELECT 'entries of journal ' || journal_id || ', which is not there' FROM (
    SELECT journal_lane AS lane, journal_id FROM entry
    UNION SELECT lane, journal_id FROM operator_entry
    EXCEPT SELECT lane, id FROM journal
) AS stray
"""
_I2 = """
SELECT 'wallet ' || w.id || ' holds ' || w.posted || ', its entries sum to '
    || coalesce(e.amount, 0)
FROM wallet w LEFT JOIN (
    SELECT lane, wallet_id, sum(amount) AS amount FROM entry GROUP BY lane, wallet_id
) e ON e.lane = w.lane AND e.wallet_id = w.id
WHERE w.posted <> coalesce(e.amount, 0)
"""
_I2_FOLD = """
WITH folded AS (
    SELECT o.ledger_account, o.currency, o.lane, sum(o.amount) AS amount
    FROM journal_seal s JOIN operator_entry o ON o.lane = s.lane AND o.journal_id = s.journal_id
    WHERE s.block <= (SELECT max(upto_block) FROM operator_fold)
    GROUP BY o.ledger_account, o.currency, o.lane
)
SELECT 'fold of ' || ledger_account || ' ' || currency || ' on lane ' || lane || ' is '
    || coalesce(f.balance, 0) || ', its entries sum to ' || coalesce(x.amount, 0)
FROM operator_fold f FULL JOIN folded x USING (ledger_account, currency, lane)
WHERE coalesce(f.balance, 0) <> coalesce(x.amount, 0)
"""
_I3 = """
SELECT 'wallet ' || wallet_id || ' breaks its chain at entry ' || seq FROM (
    SELECT lane, wallet_id, seq, amount, balance_after,
        coalesce(lag(seq) OVER chain, 0) AS seq_before,
        coalesce(lag(balance_after) OVER chain, 0) AS balance_before
    FROM entry WINDOW chain AS (PARTITION BY lane, wallet_id ORDER BY seq)
) e WHERE seq <> seq_before + 1 OR balance_after <> balance_before + amount
"""
_I3_LAST = """
SELECT 'wallet ' || w.id || ' counts ' || w.seq || ' entries, the last is '
    || coalesce(e.last, 0)
FROM wallet w LEFT JOIN LATERAL (
    SELECT e.seq AS last FROM entry e WHERE e.lane = w.lane AND e.wallet_id = w.id
    ORDER BY e.seq DESC LIMIT 1
) e ON true WHERE w.seq <> coalesce(e.last, 0)
"""
_I4 = """
SELECT 'wallet ' || id || ' has spent more than it has' FROM wallet
WHERE posted - held + credit_limit < 0
"""
_I5 = """
SELECT 'wallet ' || w.id || ' holds back ' || w.held || ', its open holds sum to '
    || coalesce(h.amount, 0)
FROM wallet w LEFT JOIN (
    SELECT lane, wallet_id, sum(amount) AS amount FROM hold WHERE state = 'open'
    GROUP BY lane, wallet_id
) h ON h.lane = w.lane AND h.wallet_id = w.id
WHERE w.held <> coalesce(h.amount, 0)
"""
_I5_LATE = """
SELECT 'hold ' || id || ' is open past its time' FROM hold
WHERE state = 'open' AND expires_at < :overdue
"""
_I9 = """
SELECT 'wallet ' || w.id || ' holds ' || w.posted || ', its cash and buckets sum to '
    || w.cash + coalesce(b.remaining, 0)
FROM wallet w LEFT JOIN (
    SELECT lane, wallet_id, sum(remaining) AS remaining FROM bucket GROUP BY lane, wallet_id
) b ON b.lane = w.lane AND b.wallet_id = w.id
WHERE w.posted <> w.cash + coalesce(b.remaining, 0)
"""
_I9_NEGATIVE = """
SELECT 'bucket ' || id || ' of wallet ' || wallet_id || ' is below zero' FROM bucket
WHERE remaining < 0 AND kind <> 'credit'
UNION ALL SELECT 'the cash of wallet ' || id || ' is below zero' FROM wallet WHERE cash < 0
"""
# A refund fills an expired bucket again, and the end of a hold lets more be voided: either gives
# the job another day.
_I9_EXPIRED = """
SELECT 'bucket ' || b.id || ' of wallet ' || w.id || ' expired over a day ago and still holds '
    || b.remaining
FROM bucket b JOIN wallet w ON w.lane = b.lane AND w.id = b.wallet_id
WHERE b.expires_at < :stale AND b.remaining > 0 AND w.posted - w.held + w.credit_limit > 0
AND NOT EXISTS (
    SELECT FROM entry e JOIN journal j ON j.lane = e.journal_lane AND j.id = e.journal_id
    WHERE e.lane = w.lane AND e.wallet_id = w.id AND j.kind = 'refund' AND j.booked_at >= :stale)
AND NOT EXISTS (
    SELECT FROM hold h
    WHERE h.lane = w.lane AND h.wallet_id = w.id AND h.settled_at >= :stale)
"""
_I10 = """
SELECT 'journals ' || string_agg(id::text, ', ' ORDER BY id) || ' share one idempotency key'
FROM journal WHERE idempotency_key IS NOT NULL
GROUP BY lane, idempotency_key HAVING count(*) > 1
"""
_I10_HASH = """
SELECT 'journal ' || id || ' has a key without the hash of its request, or the reverse'
FROM journal WHERE (idempotency_key IS NULL) <> (request_hash IS NULL)
"""
# What we owe (wallets above zero) less what is owed to us (those below) is the operator's side.
_I16 = """
WITH owed AS (
    SELECT currency, sum(greatest(posted, 0)) AS liability, sum(greatest(-posted, 0)) AS receivable
    FROM wallet GROUP BY currency
), own AS (SELECT currency, sum(amount) AS amount FROM operator_entry GROUP BY currency)
SELECT 'the trial balance in ' || currency || ' is '
    || coalesce(liability - receivable, 0) + coalesce(own.amount, 0)
FROM owed FULL JOIN own USING (currency)
WHERE coalesce(liability - receivable, 0) + coalesce(own.amount, 0) <> 0
"""
_I18_UNBLOCKED = """
SELECT 'journals are sealed in block ' || s.block || ', which is not there'
FROM (SELECT DISTINCT block FROM journal_seal) s
WHERE NOT EXISTS (SELECT FROM journal_block b WHERE b.number = s.block)
"""
_I18_SKIPPED = """
SELECT 'journal ' || j.id || ' was never sealed' FROM journal j
WHERE j.id < :searched AND NOT EXISTS (
    SELECT FROM journal_seal s WHERE s.lane = j.lane AND s.journal_id = j.id)
"""

_STATEMENTS = (
    ("I1", _I1),
    ("I1", _I1_ABSENT),
    ("I2", _I2),
    ("I2", _I2_FOLD),
    ("I3", _I3),
    ("I3", _I3_LAST),
    ("I4", _I4),
    ("I5", _I5),
    ("I5", _I5_LATE),
    ("I9", _I9),
    ("I9", _I9_NEGATIVE),
    ("I9", _I9_EXPIRED),
    ("I10", _I10),
    ("I10", _I10_HASH),
    ("I16", _I16),
    ("I18", _I18_UNBLOCKED),
    ("I18", _I18_SKIPPED),
)


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each broken promise: I1 to I5, I9, I10, I16 and I18 of the ledger."""
    newest = (
        await tx.sql("SELECT upto_id FROM journal_block ORDER BY number DESC LIMIT 1")
    ).scalar()
    searched = floor_of(moment_of(newest) - LATENESS) if newest else UUID(int=0)
    given: dict[str, object] = {
        "overdue": now - GRACE,
        "searched": searched,
        "stale": now - VOIDED_WITHIN,
    }
    found = []
    for name, statement in _STATEMENTS:
        wanted = {word: value for word, value in given.items() if f":{word}" in statement}
        rows = await tx.sql(f"{statement.rstrip()} LIMIT {MOST}", **wanted)
        found += [f"{name}: {fault}" for fault in rows.scalars()]
    async for number in broken_blocks(tx):
        found.append(f"I18: block {number} of the journals does not verify")
    return found
