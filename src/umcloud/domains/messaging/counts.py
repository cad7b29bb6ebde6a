"""How many messages of which day became what: folded behind, read from the log in front.

`daily_count` holds what was counted, by account and Shanghai day of acceptance; `accepted` stands
beside the ends. Two followers fill it, one of the log of ends (`jobs.fold_daily`) and one of the
messages (`fold_accepted`). Whoever asks adds what lies in front of their cursors, in one statement
and so of one moment: the answer is exact at any time, and ninety days cost what one day does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, floor_of, lane_of
from umcloud.kernel.moments import day_begins

ACCEPTED = "accepted"
ENDS = "daily_count"
"""The follower of the log of ends in `log_cursor`."""

_MILLISECONDS = " | ".join(
    f"(get_byte(uuid_send({{id}}), {byte})::bigint << {40 - 8 * byte})" for byte in range(6)
)
#: A day of acceptance is in the id: its first 48 bits are milliseconds since 1970 (version 7),
#: and Shanghai is eight hours ahead.
DAY_OF_ID = f"DATE '1970-01-01' + ((({_MILLISECONDS}) + 28800000) / 86400000)::int"

#: What lies in front of a cursor is short, which no statistics tell: a planner that guesses a third
#: of the table would read all of it. So reading from one end to the other is not on offer here, and
#: OFFSET keeps it from joining lanes the other way round.
_BY_INDEX = "SET LOCAL enable_seqscan = off"
_AS_USUAL = "SET LOCAL enable_seqscan = on"
_IN_ORDER = "SET LOCAL enable_bitmapscan = off"

_FOLD_ACCEPTED = f"""
WITH behind AS MATERIALIZED (
    SELECT c.lane, c.id, l.last_id FROM accepted_cursor c JOIN lane_log l ON l.lane = c.lane
    WHERE l.last_id > c.id ORDER BY c.lane FOR UPDATE OF c SKIP LOCKED
), page AS MATERIALIZED (
    SELECT lane, id AS reached, coalesce((
        SELECT m.id FROM message m WHERE m.lane = b.lane AND m.id > b.id AND m.id <= b.last_id
        ORDER BY m.id OFFSET :limit - 1 LIMIT 1), last_id) AS up_to
    FROM behind b
), moved AS (
    UPDATE accepted_cursor c SET id = p.up_to FROM page p WHERE c.lane = p.lane
), counted AS MATERIALIZED (
    SELECT m.account_id, {DAY_OF_ID.format(id="m.id")} AS day, m."class" AS cls,
        count(*) AS messages, sum(m.segments) AS segments
    FROM page p CROSS JOIN LATERAL (
        SELECT id, account_id, "class", segments FROM message
        WHERE lane = p.lane AND id > p.reached AND id <= p.up_to OFFSET 0
    ) m GROUP BY 1, 2, 3
), folded AS (
    INSERT INTO daily_count (account_id, day, "class", state, messages, segments)
    SELECT account_id, day, cls, '{ACCEPTED}', messages, segments FROM counted
    ON CONFLICT (account_id, day, "class", state) DO UPDATE
    SET messages = daily_count.messages + excluded.messages,
        segments = daily_count.segments + excluded.segments
)
SELECT coalesce(sum(messages), 0) FROM counted
"""  # noqa: S608 - our own words

_COUNTS = f"""
SELECT day, state, sum(messages)::bigint AS messages, sum(segments)::bigint AS segments FROM (
    SELECT day, state, messages, segments FROM daily_count
    WHERE day BETWEEN :first AND :last {{of_account}}
    UNION ALL
    SELECT {DAY_OF_ID.format(id="f.id")}, f.state, 1, f.segments FROM final f
    WHERE f.id >= :since AND f.id < :until {{of_account}}
        AND f.id >= (SELECT c.open_from FROM log_cursor c WHERE c.follower = '{ENDS}')
        AND (f.xid, f.lane, f.id) > (SELECT c.xid, c.lane, c.id FROM log_cursor c
            WHERE c.follower = '{ENDS}')
    UNION ALL
    SELECT {DAY_OF_ID.format(id="m.id")}, '{ACCEPTED}', m.messages, m.segments
    FROM accepted_cursor c CROSS JOIN LATERAL (
        SELECT id, 1 AS messages, segments FROM message
        WHERE lane = c.lane AND id > c.id AND id >= :since AND id < :until {{of_account}}
        OFFSET 0
    ) m {{of_lane}}
) AS counted GROUP BY day, state
"""  # noqa: S608 - our own words


async def fold_accepted(tx: Tx, limit: int = 200) -> int:
    """Count the next accepted messages, at most `limit` a lane; return how many were read.

    A lane's last id is written with its messages, so up to it there is nothing still to come. In a
    transaction of its own, for it forbids the planner a few ways.
    """
    await tx.sql(_BY_INDEX)
    await tx.sql(_IN_ORDER)
    return int((await tx.sql(_FOLD_ACCEPTED, limit=limit)).scalar_one())


async def by_day(
    tx: Tx, account_id: AccountId | None, first: date, last: date
) -> Mapping[date, Mapping[str, tuple[int, int]]]:
    """Return messages and segments by Shanghai day of acceptance and state, `accepted` among them.

    Of one account or of all; days without messages are left out.
    """
    whose: dict[str, object] = {}
    of_account = of_lane = ""
    if account_id is not None:
        whose = {"account": account_id, "of_lane": lane_of(account_id)}
        of_account, of_lane = "AND account_id = :account", "WHERE c.lane = :of_lane"
    await tx.sql(_BY_INDEX)
    rows = await tx.sql(
        _COUNTS.format(of_account=of_account, of_lane=of_lane),
        first=first,
        last=last,
        since=floor_of(day_begins(first)),
        until=floor_of(day_begins(last + timedelta(days=1))),
        **whose,
    )
    await tx.sql(_AS_USUAL)
    found: dict[date, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        found[row.day][row.state] = (row.messages, row.segments)
    return found
