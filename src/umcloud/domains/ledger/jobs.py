"""What the worker does for the books: seal journals into a chain, fold the operator's entries.

Neither blocks nor is blocked by those who book.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from umcloud.domains.ledger.rules import chain_hash
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import floor_of, moment_of

GENESIS = bytes(32)
"""What stands before the first block."""
SETTLING = timedelta(seconds=2)
"""Journals younger than this may still have unfinished neighbours; they wait for the next block."""
LATENESS = timedelta(minutes=10)
"""How late, by its id, a journal may be committed and still be found by the next sealing."""

# One sealer and one folder at a time. The numbers are arbitrary and used nowhere else.
_SEALING_LOCK = 4_110_318
_FOLDING_LOCK = 4_110_319
_PAGE = 20

_UNSEALED = """
SELECT j.lane, j.id FROM generate_series(0, 255) AS l(lane) CROSS JOIN LATERAL (
    SELECT j.lane, j.id FROM journal j
    WHERE j.lane = l.lane AND j.id >= :since AND j.id < :until AND NOT EXISTS (
        SELECT FROM journal_seal s WHERE s.lane = j.lane AND s.journal_id = j.id)
    ORDER BY j.id LIMIT :limit
) j ORDER BY j.id, j.lane LIMIT :limit
"""
_SEAL = """
INSERT INTO journal_seal (lane, journal_id, block)
SELECT lane, id, :block
FROM unnest(CAST(:lanes AS smallint[]), CAST(:ids AS uuid[])) AS j(lane, id)
"""
# Text that does not depend on the session: numbers as they are, moments as micros since 1970.
_CANONICAL = """
SELECT s.block, jsonb_build_array(j.lane, j.id, j.kind,
    (extract(epoch FROM j.booked_at) * 1000000)::bigint, to_char(j.effective_on, 'YYYY-MM-DD'),
    j.reason, j.actor_id, j.reverses, j.idempotency_key, encode(j.request_hash, 'hex'),
    (SELECT jsonb_agg(jsonb_build_array(e.wallet_id, e.seq, e.amount, e.balance_after)
        ORDER BY e.wallet_id) FROM entry e WHERE e.journal_lane = j.lane AND e.journal_id = j.id),
    (SELECT jsonb_agg(jsonb_build_array(o.line, o.ledger_account, o.currency, o.amount)
        ORDER BY o.line) FROM operator_entry o WHERE o.lane = j.lane AND o.journal_id = j.id)
)::text AS canonical
FROM journal_seal s LEFT JOIN journal j ON j.lane = s.lane AND j.id = s.journal_id
WHERE s.block BETWEEN :first AND :last ORDER BY s.block, s.journal_id, s.lane
"""
_FOLD = """
INSERT INTO operator_fold (ledger_account, currency, lane, balance, upto_block)
SELECT o.ledger_account, o.currency, o.lane, sum(o.amount)::bigint, :last
FROM journal_seal s JOIN operator_entry o ON o.lane = s.lane AND o.journal_id = s.journal_id
WHERE s.block > :done AND s.block <= :last GROUP BY o.ledger_account, o.currency, o.lane
ON CONFLICT (ledger_account, currency, lane) DO UPDATE
SET balance = operator_fold.balance + excluded.balance, upto_block = excluded.upto_block
"""


async def seal(tx: Tx, act: Act, limit: int = 5_000) -> int:
    """Seal up to `limit` journals into the next block of the chain (I18); return how many.

    A block is hashed together with the hash before it. What commits late goes into a later block.
    """
    await tx.sql("SELECT pg_advisory_xact_lock(:lock)", lock=_SEALING_LOCK)
    head = (
        await tx.sql("SELECT number, upto_id, hash FROM journal_block ORDER BY number DESC LIMIT 1")
    ).one_or_none()
    since = floor_of(moment_of(head.upto_id) - LATENESS) if head else UUID(int=0)
    found = (
        await tx.sql(_UNSEALED, since=since, until=floor_of(act.now - SETTLING), limit=limit)
    ).all()
    if not found:
        return 0
    number = head.number + 1 if head else 1
    ids = [row.id for row in found]
    await tx.sql(_SEAL, block=number, lanes=[row.lane for row in found], ids=ids)
    rows = [row.canonical for row in await tx.sql(_CANONICAL, first=number, last=number)]
    # The furthest id ever sealed, so that one late journal does not move the search window back.
    await tx.sql(
        "INSERT INTO journal_block (number, from_id, upto_id, journals, hash, sealed_at) "
        "VALUES (:number, :first, :last, :journals, :hash, :at)",
        number=number,
        first=ids[0],
        last=max(ids[-1], head.upto_id) if head else ids[-1],
        journals=len(ids),
        hash=chain_hash(bytes(head.hash) if head else GENESIS, rows),
        at=act.now,
    )
    return len(ids)


async def fold_operator(tx: Tx, limit: int = 1_000) -> int:
    """Add the operator entries of the next sealed blocks to `operator_fold`; return how many.

    More than `limit` blocks only where so many have no entry of the operator's.
    """
    await tx.sql("SELECT pg_advisory_xact_lock(:lock)", lock=_FOLDING_LOCK)
    row = (
        await tx.sql(
            "SELECT (SELECT coalesce(max(upto_block), 0) FROM operator_fold) AS done, "
            "(SELECT coalesce(max(number), 0) FROM journal_block) AS last"
        )
    ).one()
    last = int(row.done)
    while last < row.last:
        last = min(int(row.last), last + limit)
        if (await tx.sql(_FOLD, done=row.done, last=last)).rowcount:
            return last - int(row.done)
    return 0


async def blocks_reach(tx: Tx) -> tuple[int, int]:
    """Return 0 and the number behind the last block's."""
    found = await tx.sql("SELECT coalesce(max(number), 0) FROM journal_block")
    return 0, int(found.scalar_one()) + 1


async def first_block(tx: Tx, since: datetime) -> int:
    """Return the number of the first block that was sealed since a moment, or would have been."""
    found = await tx.sql(
        "SELECT number FROM journal_block WHERE sealed_at < :since ORDER BY number DESC LIMIT 1",
        since=since,
    )
    number: int | None = found.scalar_one_or_none()
    return (number or 0) + 1


async def broken_blocks(tx: Tx, first: int = 1, last: int | None = None) -> AsyncIterator[int]:
    """Yield the numbers of blocks from `first` up to `last` that are missing or do not verify."""
    first = max(first, 1)
    before = await tx.sql("SELECT hash FROM journal_block WHERE number = :n", n=first - 1)
    found = before.scalar_one_or_none()
    previous = GENESIS if first == 1 else found and bytes(found)
    expected = first
    while True:
        page = (
            await tx.sql(
                "SELECT number, journals, hash FROM journal_block WHERE number >= :first "
                "AND (CAST(:last AS bigint) IS NULL OR number < :last) "
                "ORDER BY number LIMIT :page",
                first=expected,
                last=last,
                page=_PAGE,
            )
        ).all()
        if not page:
            break
        rows: dict[int, list[str]] = {block.number: [] for block in page}
        for row in await tx.sql(_CANONICAL, first=page[0].number, last=page[-1].number):
            rows.setdefault(row.block, []).append(row.canonical)
        for block in page:
            while expected < block.number:
                yield expected
                expected += 1
            members, stored = rows[block.number], bytes(block.hash)
            # Where the block before is gone that has been said, and its hash is unknown.
            wrong = previous is not None and chain_hash(previous, members) != stored
            if len(members) != block.journals or wrong:
                yield block.number
            # Going on from the stored hash names each fault once.
            expected, previous = block.number + 1, stored
    while last is not None and expected < last:
        yield expected
        expected += 1
