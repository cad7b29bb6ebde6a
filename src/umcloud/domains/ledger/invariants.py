"""What must always be true of the books; `umcloud audit` prints each exception.

New are the journals by their ids, and the wallets that their entries touch.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from umcloud.domains.audit.questions import (
    MOMENTS,
    Axis,
    Lately,
    Piece,
    Question,
    all_of,
    by_id,
    by_lane,
    given_lately,
    stretch,
    told,
    whole,
)
from umcloud.domains.ledger.jobs import LATENESS, blocks_reach, broken_blocks, first_block
from umcloud.infra.db import Tx
from umcloud.kernel.ids import floor_of, moment_of

GRACE = timedelta(minutes=15)
"""How long a hold may stay open past its expiry until the job has seen it."""
VOIDED_WITHIN = timedelta(days=1)
"""How long what is left of an expired bucket may stay until a job has voided it."""

_I1 = """
WITH line AS (
    SELECT e.journal_lane AS lane, e.journal_id, w.currency, e.amount
    FROM {entries} AS e JOIN wallet w ON w.lane = e.lane AND w.id = e.wallet_id
    UNION ALL SELECT lane, journal_id, currency, amount FROM {own} AS o
)
SELECT 'journal ' || journal_id || ' sums to ' || sum(amount) || ' ' || currency
FROM line GROUP BY lane, journal_id, currency HAVING sum(amount) <> 0
"""
_I1_ABSENT = """
SELECT 'entries of journal ' || journal_id || ', which is not there' FROM (
    SELECT journal_lane AS lane, journal_id FROM {entries} AS e
    UNION SELECT lane, journal_id FROM {own} AS o
    EXCEPT SELECT lane, id FROM {journals} AS j
) AS stray
"""
_I2 = """
SELECT 'wallet ' || w.id || ' holds ' || w.posted || ', its entries sum to '
    || coalesce(e.amount, 0)
FROM wallet w LEFT JOIN (
    SELECT lane, wallet_id, sum(amount) AS amount FROM entry
    WHERE lane >= :first AND lane < :last GROUP BY lane, wallet_id
) e ON e.lane = w.lane AND e.wallet_id = w.id
WHERE w.lane >= :first AND w.lane < :last AND w.posted <> coalesce(e.amount, 0)
"""
# What a wallet had before its first new entry, and what came since.
_I2_LATELY = """
SELECT 'wallet ' || w.id || ' holds ' || w.posted || ', its entries sum to ' || b.before + s.since
FROM {touched} AS t JOIN wallet w ON w.lane = t.lane AND w.id = t.wallet_id
CROSS JOIN LATERAL (SELECT coalesce((
    SELECT e.balance_after FROM entry e
    WHERE e.lane = t.lane AND e.wallet_id = t.wallet_id AND e.seq < t.seq
    ORDER BY e.seq DESC LIMIT 1), 0) AS before) AS b
CROSS JOIN LATERAL (SELECT sum(e.amount) AS since FROM entry e
    WHERE e.lane = t.lane AND e.wallet_id = t.wallet_id AND e.seq >= t.seq) AS s
WHERE w.posted <> b.before + s.since
"""
_I2_FOLD = """
WITH folded AS (
    SELECT o.ledger_account, o.currency, o.lane, sum(o.amount) AS amount
    FROM journal_seal s JOIN operator_entry o ON o.lane = s.lane AND o.journal_id = s.journal_id
    WHERE s.block <= (SELECT max(upto_block) FROM operator_fold)
        AND o.lane >= :first AND o.lane < :last AND s.lane >= :first AND s.lane < :last
    GROUP BY o.ledger_account, o.currency, o.lane
)
SELECT 'fold of ' || ledger_account || ' ' || currency || ' on lane ' || lane || ' is '
    || coalesce(f.balance, 0) || ', its entries sum to ' || coalesce(x.amount, 0)
FROM (SELECT * FROM operator_fold WHERE lane >= :first AND lane < :last) AS f
FULL JOIN folded x USING (ledger_account, currency, lane)
WHERE coalesce(f.balance, 0) <> coalesce(x.amount, 0)
"""
_I3 = """
SELECT 'wallet ' || wallet_id || ' breaks its chain at entry ' || seq FROM (
    SELECT lane, wallet_id, seq, amount, balance_after,
        coalesce(lag(seq) OVER chain, 0) AS seq_before,
        coalesce(lag(balance_after) OVER chain, 0) AS balance_before
    FROM entry WHERE lane >= :first AND lane < :last
    WINDOW chain AS (PARTITION BY lane, wallet_id ORDER BY seq)
) e WHERE seq <> seq_before + 1 OR balance_after <> balance_before + amount
"""
_I3_LATELY = """
SELECT 'wallet ' || e.wallet_id || ' breaks its chain at entry ' || e.seq
FROM {entries} AS e LEFT JOIN LATERAL (
    SELECT balance_after FROM entry p
    WHERE p.lane = e.lane AND p.wallet_id = e.wallet_id AND p.seq = e.seq - 1) AS p ON true
WHERE (e.seq > 1 AND p.balance_after IS NULL)
    OR e.balance_after <> coalesce(p.balance_after, 0) + e.amount
"""
_I3_LAST = """
SELECT 'wallet ' || w.id || ' counts ' || w.seq || ' entries, the last is '
    || coalesce(e.last, 0)
FROM {wallets} AS w LEFT JOIN LATERAL (
    SELECT e.seq AS last FROM entry e WHERE e.lane = w.lane AND e.wallet_id = w.id
    ORDER BY e.seq DESC LIMIT 1
) e ON true WHERE w.seq <> coalesce(e.last, 0)
"""
_I4 = """
SELECT 'wallet ' || id || ' has spent more than it has' FROM {wallets} AS w
WHERE posted - held + credit_limit < 0
"""
_I5 = """
SELECT 'wallet ' || w.id || ' holds back ' || w.held || ', its open holds sum to '
    || coalesce(h.amount, 0)
FROM {wallets} AS w LEFT JOIN (
    SELECT lane, wallet_id, sum(amount) AS amount FROM hold WHERE state = 'open'
    GROUP BY lane, wallet_id
) h ON h.lane = w.lane AND h.wallet_id = w.id
WHERE w.held <> coalesce(h.amount, 0)
"""
_I5_LATE = """
SELECT 'hold ' || id || ' is open past its time' FROM hold
WHERE state = 'open' AND expires_at < CAST(:now AS timestamptz) - make_interval(secs => {grace})
"""
_I9 = """
SELECT 'wallet ' || w.id || ' holds ' || w.posted || ', its cash and buckets sum to '
    || w.cash + coalesce(b.remaining, 0)
FROM {wallets} AS w CROSS JOIN LATERAL (
    SELECT sum(remaining) AS remaining FROM bucket b
    WHERE b.lane = w.lane AND b.wallet_id = w.id) AS b
WHERE w.posted <> w.cash + coalesce(b.remaining, 0)
"""
_I9_NEGATIVE = """
SELECT 'bucket ' || b.id || ' of wallet ' || w.id || ' is below zero'
FROM {wallets} AS w JOIN bucket b ON b.lane = w.lane AND b.wallet_id = w.id
WHERE b.remaining < 0 AND b.kind <> 'credit'
UNION ALL SELECT 'the cash of wallet ' || id || ' is below zero' FROM {wallets} AS w WHERE cash < 0
"""
# A refund fills an expired bucket again, and the end of a hold lets more be voided: either gives
# the job another day.
_I9_EXPIRED = """
SELECT 'bucket ' || b.id || ' of wallet ' || w.id || ' expired over a day ago and still holds '
    || b.remaining
FROM bucket b JOIN {wallets} AS w ON w.lane = b.lane AND w.id = b.wallet_id
WHERE b.expires_at < {stale} AND b.remaining > 0 AND w.posted - w.held + w.credit_limit > 0
AND NOT EXISTS (
    SELECT FROM entry e JOIN journal j ON j.lane = e.journal_lane AND j.id = e.journal_id
    WHERE e.lane = w.lane AND e.wallet_id = w.id AND j.kind = 'refund' AND j.booked_at >= {stale})
AND NOT EXISTS (
    SELECT FROM hold h
    WHERE h.lane = w.lane AND h.wallet_id = w.id AND h.settled_at >= {stale})
"""
_I10 = """
SELECT 'journals ' || string_agg(id::text, ', ' ORDER BY id) || ' share one idempotency key'
FROM journal WHERE idempotency_key IS NOT NULL AND lane >= :first AND lane < :last
GROUP BY lane, idempotency_key HAVING count(*) > 1
"""
_I10_LATELY = """
SELECT 'journals ' || same.ids || ' share one idempotency key'
FROM (SELECT DISTINCT lane, idempotency_key FROM {journals} AS j
    WHERE idempotency_key IS NOT NULL) AS k
CROSS JOIN LATERAL (SELECT string_agg(id::text, ', ' ORDER BY id) AS ids, count(*) AS n
    FROM journal j WHERE j.lane = k.lane AND j.idempotency_key = k.idempotency_key) AS same
WHERE same.n > 1
"""
_I10_HASH = """
SELECT 'journal ' || id || ' has a key without the hash of its request, or the reverse'
FROM {journals} AS j WHERE (idempotency_key IS NULL) <> (request_hash IS NULL)
"""
# What we owe (wallets above zero) less what is owed to us (those below) is the operator's side.
_I16 = """
WITH owed AS (
    SELECT currency, sum(greatest(posted, 0)) AS liability, sum(greatest(-posted, 0)) AS receivable
    FROM wallet GROUP BY currency
), own AS (SELECT currency, sum(amount) AS amount FROM {own} AS o GROUP BY currency)
SELECT 'the trial balance in ' || currency || ' is '
    || coalesce(liability - receivable, 0) + coalesce(own.amount, 0)
FROM owed FULL JOIN own USING (currency)
WHERE coalesce(liability - receivable, 0) + coalesce(own.amount, 0) <> 0
"""
_I18_UNBLOCKED = """
SELECT 'journals are sealed in block ' || s.block || ', which is not there'
FROM (SELECT DISTINCT block FROM journal_seal WHERE block >= :first AND block < :last) AS s
WHERE NOT EXISTS (SELECT FROM journal_block b WHERE b.number = s.block)
"""
_I18_SKIPPED = """
SELECT 'journal ' || j.id || ' was never sealed' FROM {journals} AS j
WHERE j.id < :searched AND NOT EXISTS (
    SELECT FROM journal_seal s WHERE s.lane = j.lane AND s.journal_id = j.id)
"""

# What the folds do not hold yet lies in front of the last block that was folded.
_OWN_LATELY = """(SELECT currency, balance AS amount FROM operator_fold
UNION ALL SELECT o.currency, o.amount FROM {own} AS o WHERE NOT EXISTS (
    SELECT FROM journal_seal s WHERE s.lane = o.lane AND s.journal_id = o.journal_id
        AND s.block <= :folded))"""

_ENTRIES, _JOURNALS = stretch("entry", "journal_id", None), stretch("journal")
_OWN = stretch("operator_entry", "journal_id")
_WALLETS = "(SELECT * FROM wallet WHERE lane >= :first AND lane < :last)"
_TOUCHED = f"""(SELECT lane, wallet_id, min(seq) AS seq FROM {_ENTRIES} AS e
GROUP BY lane, wallet_id)"""  # noqa: S608 - our own words
_TOUCHED_WALLETS = f"""(SELECT w.* FROM {_TOUCHED} AS t
JOIN wallet w ON w.lane = t.lane AND w.id = t.wallet_id)"""  # noqa: S608 - our own words
_HOLDING = f"""(SELECT w.* FROM wallet w WHERE (w.lane, w.id) IN (
    SELECT lane, wallet_id FROM hold WHERE state = 'open'
    UNION SELECT lane, wallet_id FROM {_TOUCHED} AS t))"""  # noqa: S608 - our own words
_STALE = f"CAST(:now AS timestamptz) - make_interval(secs => {VOIDED_WITHIN.total_seconds()})"
#: By the numbers of blocks.
_BLOCKS = Axis("blocks", 1 << 62, 20, 2_000, blocks_reach)


def _of_wallets(code: str, key: str, statement: str, new: str = _TOUCHED_WALLETS) -> Question:
    lately = statement.format(wallets=new)
    return by_lane(code, key, statement.format(wallets=_WALLETS), lately=lately)


async def _trial_lately(tx: Tx, lately: Lately) -> list[str]:
    row = (
        await tx.sql(
            "SELECT coalesce(max(f.upto_block), 0) AS folded, (SELECT upto_id FROM journal_block "
            "WHERE number <= max(f.upto_block) ORDER BY number DESC LIMIT 1) AS upto_id "
            "FROM operator_fold f"
        )
    ).one()
    first = floor_of(moment_of(row.upto_id) - LATENESS) if row.upto_id else UUID(int=0)
    given = {**given_lately(lately), "first": first, "folded": row.folded}
    return await told(tx, _I16.format(own=_OWN_LATELY.format(own=_OWN)), given)


async def _unblocked(tx: Tx, piece: Piece) -> list[str]:
    return await told(tx, _I18_UNBLOCKED, {"first": piece.first, "last": piece.last})


async def _unblocked_lately(tx: Tx, lately: Lately) -> list[str]:
    first = await first_block(tx, lately.since)
    return await told(tx, _I18_UNBLOCKED, {"first": first, "last": _BLOCKS.end})


async def _skipped(tx: Tx, piece: Piece) -> list[str]:
    newest = (
        await tx.sql("SELECT upto_id FROM journal_block ORDER BY number DESC LIMIT 1")
    ).scalar()
    searched = floor_of(moment_of(newest) - LATENESS) if newest else UUID(int=0)
    given: dict[str, object] = {
        "first": MOMENTS.bound(piece.first),
        "last": MOMENTS.bound(piece.last),
        "searched": searched,
    }
    return await told(tx, _I18_SKIPPED.format(journals=_JOURNALS), given)


async def _false_blocks(tx: Tx, first: int, last: int | None) -> list[str]:
    return [
        f"I18: block {number} of the journals does not verify"
        async for number in broken_blocks(tx, first, last)
    ]


async def _blocks(tx: Tx, piece: Piece) -> list[str]:
    return await _false_blocks(tx, piece.first, None if piece.last == _BLOCKS.end else piece.last)


async def _blocks_lately(tx: Tx, lately: Lately) -> list[str]:
    return await _false_blocks(tx, await first_block(tx, lately.since), None)


_LATE_HOLDS = _I5_LATE.format(grace=GRACE.total_seconds())
QUESTIONS = (
    by_id("I1", "balanced", _I1.format(entries=_ENTRIES, own=_OWN)),
    by_id("I1", "journal", _I1_ABSENT.format(entries=_ENTRIES, own=_OWN, journals=_JOURNALS)),
    by_lane("I2", "wallets", _I2, lately=_I2_LATELY.format(touched=_TOUCHED)),
    by_lane("I2", "folds", _I2_FOLD),
    by_lane("I3", "chains", _I3, lately=_I3_LATELY.format(entries=_ENTRIES)),
    _of_wallets("I3", "last entries", _I3_LAST),
    _of_wallets("I4", "affordable", _I4),
    _of_wallets("I5", "held", _I5, _HOLDING),
    whole("I5", "late holds", _LATE_HOLDS, lately=_LATE_HOLDS),
    _of_wallets("I9", "buckets", _I9),
    _of_wallets("I9", "not negative", _I9_NEGATIVE),
    by_lane("I9", "expired", _I9_EXPIRED.format(wallets=_WALLETS, stale=_STALE)),
    by_lane("I10", "keys", _I10, lately=_I10_LATELY.format(journals=_JOURNALS)),
    by_id("I10", "hashes", _I10_HASH.format(journals=_JOURNALS)),
    Question(
        "I16", "trial balance", whole("", "", _I16.format(own="operator_entry")).ask, _trial_lately
    ),
    Question("I18", "members", _unblocked, _unblocked_lately, _BLOCKS),
    Question("I18", "sealed", _skipped, None, MOMENTS),
    Question("", "blocks", _blocks, _blocks_lately, _BLOCKS),
)
violations = all_of(QUESTIONS)
