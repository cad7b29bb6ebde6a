"""What runs by the clock. Each may run again at any time, and by several workers at once."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import UUID

from umcloud.domains.messaging import finals
from umcloud.domains.messaging.counts import ACCEPTED, DAY_OF_ID, ENDS
from umcloud.domains.messaging.report_model import UNKNOWN, Reported, Sent
from umcloud.domains.messaging.reports import News, record
from umcloud.infra.db import Database, Tx
from umcloud.infra.hot import HotConnection
from umcloud.kernel.ids import floor_of, moment_of
from umcloud.kernel.moments import day_begins, shanghai_day

SILENT = "silent"
SILENCE = timedelta(hours=72)
"""After this long without a report a message's end is unknown."""
LATE_SUBMISSION = timedelta(days=30)
"""How much later than it was accepted a message may have been handed over and still be found."""
_NEAR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REMEMBERED = timedelta(hours=72)
"""How long an idempotency key answers with the first answer."""
NO_REPORT = "no_report"
"""The code of a message whose report never came."""

_SILENT = """
SELECT DISTINCT ON (s.id, s.part) s.lane, s.id, s.part, s.line,
    m.account_id, m."class" AS cls, m.segments, m.parts
FROM submission s
JOIN message m ON m.lane = s.lane AND m.id = s.id AND m.id >= :first AND m.id < :last
WHERE s.id >= :first AND s.id < :last AND s.state = 'submitted' AND s.at <= :before
    AND NOT EXISTS (SELECT FROM charge_outcome o
        WHERE o.lane = s.lane AND o.id = s.id AND o.id >= :first AND o.id < :last)
    AND NOT EXISTS (SELECT FROM receipt r WHERE r.lane = s.lane AND r.id = s.id
        AND r.part = s.part AND r.id >= :first AND r.id < :last)
ORDER BY s.id, s.part, s.attempt LIMIT :limit
"""


_FOLD = f"""
{finals.PAGE}, folded AS (
    INSERT INTO daily_count (account_id, day, "class", state, messages, segments)
    SELECT account_id, {DAY_OF_ID.format(id="id")} AS day, cls, state, count(*), sum(segments)
    FROM page GROUP BY account_id, day, cls, state
    ON CONFLICT (account_id, day, "class", state) DO UPDATE
    SET messages = daily_count.messages + excluded.messages,
        segments = daily_count.segments + excluded.segments
)
SELECT count(*) FROM page
"""  # noqa: S608 - our own words


async def fold_daily(tx: Tx, limit: int = 10_000) -> int:
    """Count the next ended messages by account, Shanghai day of acceptance, class and state.

    Counts and cursor move in one statement, so each end is counted once. Returns how many ends
    were read.
    """
    cursor = await finals.locked_cursor(tx, ENDS)
    if cursor is None:
        return 0
    return int((await tx.sql(_FOLD, **cursor, limit=limit)).scalar_one())


# Messages that were accepted and have not ended, by day; the days before `:first` are closed.
_OPEN_DAY = f"""
SELECT day FROM daily_count WHERE day >= :first AND day < :last
GROUP BY day HAVING sum(CASE state WHEN '{ACCEPTED}' THEN messages ELSE -messages END) <> 0
ORDER BY day LIMIT 1
"""  # noqa: S608 - our own words
_UNCOUNTED = """
SELECT 1 FROM accepted_cursor c JOIN lane_log l ON l.lane = c.lane
WHERE l.last_id > c.id AND c.id < :bound LIMIT 1
"""
_CLOSE = """
UPDATE log_cursor SET open_from = :bound
WHERE open_from < :bound AND (xid, lane, id) >= (CAST(:xid AS xid8), :lane, :last)
"""


async def close_days(tx: Tx, now: datetime) -> int:
    """Spare followers the search in days whose messages have all ended; return who was spared.

    A message ends once, so where as many ended as were accepted no end is still to come. That is
    known where all of a day are counted: not of the last two days. Only who has read as far as
    the counts knows it too; the others are spared later.
    """
    cursor = await finals.locked_cursor(tx, ENDS)
    if cursor is None:
        return 0
    last = shanghai_day(now) - timedelta(days=1)
    open_from = cast("UUID", cursor["open_from"])
    first = shanghai_day(moment_of(open_from)) if open_from.int else date(1970, 1, 1)
    open_day = (await tx.sql(_OPEN_DAY, first=first, last=last)).scalar_one_or_none()
    bound = floor_of(day_begins(open_day or last))
    if (await tx.sql(_UNCOUNTED, bound=bound)).first() is not None:
        return 0
    given = {word: cursor[word] for word in ("xid", "lane", "last")}
    return (await tx.sql(_CLOSE, bound=bound, **given)).rowcount


async def end_silent(
    database: Database,
    connection: HotConnection,
    now: datetime,
    limit: int = 500,
    *,
    late: bool = False,
) -> int:
    """End messages of which the carrier said nothing for 72 hours; return how many parts.

    Each waiting part gets a report of our own, `unknown`, by the way of the carrier's reports: so
    the message ends once and its charge stands (the carrier had it). `connection` has the
    statements of `reports` prepared. `late` looks for messages that were handed over long after
    they were accepted, which takes reading all days that are not closed.
    """
    before = now - SILENCE
    async with database.transaction() as tx:
        reached, open_from = await _silent_cursor(tx)
        furthest = max(moment_of(reached) - (LATE_SUBMISSION if late else _NEAR), _EPOCH)
        rows = (
            await tx.sql(
                _SILENT,
                first=max(floor_of(furthest), open_from),
                last=floor_of(before),
                before=before,
                limit=limit,
            )
        ).all()
    by_line: dict[int, list[Reported]] = defaultdict(list)
    for row in rows:
        sent = Sent(row.lane, row.id.int, row.account_id.int, row.cls, row.segments, row.parts)
        by_line[row.line].append(Reported(sent, row.part, UNKNOWN, NO_REPORT, None))
    for line, reported in by_line.items():
        await record(connection, News(reported=reported), line=line, now=now)
    if len(rows) < limit:
        async with database.transaction() as tx:
            await _move_silent_cursor(tx, floor_of(before))
    return len(rows)


async def _silent_cursor(tx: Tx) -> tuple[UUID, UUID]:
    found = await tx.sql(
        "SELECT (SELECT id FROM log_cursor WHERE follower = :name) AS reached, "
        "(SELECT open_from FROM log_cursor WHERE follower = :ends) AS open_from",
        name=SILENT,
        ends=ENDS,
    )
    row = found.one()
    return row.reached or UUID(int=0), row.open_from or UUID(int=0)


async def _move_silent_cursor(tx: Tx, reached: UUID) -> None:
    await tx.sql(
        "INSERT INTO log_cursor (follower, xid, lane, id) "
        "VALUES (:name, CAST('0' AS xid8), 0, :reached) "
        "ON CONFLICT (follower) DO UPDATE SET id = greatest(log_cursor.id, excluded.id)",
        name=SILENT,
        reached=reached,
    )


async def expire_idempotency(tx: Tx, now: datetime, limit: int = 5000) -> int:
    """Forget keys older than 72 hours; return how many. The same key then is a new request."""
    done = await tx.sql(
        "DELETE FROM idempotency WHERE (lane, account_id, key) IN "
        "(SELECT lane, account_id, key FROM idempotency WHERE at < :before "
        "ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED)",
        before=now - REMEMBERED,
        limit=limit,
    )
    return done.rowcount
