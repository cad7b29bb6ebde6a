"""A day whose messages have all ended is closed: followers need not search it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

from umcloud.domains.messaging import counts, finals, jobs
from umcloud.infra.db import Database, Tx
from umcloud.infra.partitions import ensure_days
from umcloud.kernel.ids import floor_of, moment_of, uuid7
from umcloud.kernel.moments import day_begins, shanghai_day

DAYS = 40
LANE = 7
READ = f"{finals.PAGE} SELECT count(*) FROM page"  # noqa: S608 - our own words


async def accept(tx: Tx, moment: datetime) -> UUID:
    """Write a message as a pump does: with its lane's last id."""
    id_ = uuid7(moment)
    await tx.sql(
        "INSERT INTO message (lane, id, account_id, line, class, destination, source, text, "
        "parts, segments, template_id) "
        "VALUES (:lane, :id, :id, 1, 'otp', 'x', 'x', 'x', 1, 1, :id)",
        lane=LANE,
        id=id_,
    )
    await tx.sql("UPDATE lane_log SET last_id = :id WHERE lane = :lane", lane=LANE, id=id_)
    return id_


async def end(tx: Tx, id_: UUID, at: datetime) -> None:
    """Write its end."""
    await tx.sql(
        "INSERT INTO final (lane, id, account_id, class, segments, state, code, at) "
        "VALUES (:lane, :id, :id, 'otp', 1, 'delivered', '000', :at)",
        lane=LANE,
        id=id_,
        at=at,
    )


async def count(database: Database) -> None:
    """Count what was accepted and what has ended."""
    async with database.transaction() as tx:
        await counts.fold_accepted(tx)
    async with database.transaction() as tx:
        await jobs.fold_daily(tx)


async def close(database: Database, now: datetime) -> int:
    async with database.transaction() as tx:
        return await jobs.close_days(tx, now)


async def open_from(database: Database, follower: str) -> UUID:
    async with database.transaction() as tx:
        cursor = await finals.locked_cursor(tx, follower)
    assert cursor is not None
    found = cursor["open_from"]
    assert isinstance(found, UUID)
    return found


async def test_only_days_whose_messages_all_ended_are_closed(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as tx:
        ids = [await accept(tx, now - timedelta(days=days)) for days in (5, 4, 3, 2, 1)]
    assert await close(database, now) == 0  # nothing of it is counted yet
    await count(database)
    assert await close(database, now) == 1
    assert await open_from(database, counts.ENDS) == day_of(ids[0])
    for ended, open_day in ((0, 1), (2, 1), (1, 3), (3, None)):
        async with database.transaction() as tx:
            await end(tx, ids[ended], now)
        await count(database)
        await close(database, now)
        # Of yesterday and today some may not be counted yet, so they are never closed.
        bound = floor_of(day_begins(shanghai_day(now) - timedelta(days=1)))
        wanted = bound if open_day is None else day_of(ids[open_day])
        assert await open_from(database, counts.ENDS) == wanted


async def test_who_has_not_read_as_far_as_the_counts_is_spared_nothing(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as tx:
        id_ = await accept(tx, now - timedelta(days=5))
        await finals.locked_cursor(tx, "slow")
    async with database.transaction() as tx:
        await end(tx, id_, now)
    await count(database)
    assert await close(database, now) == 1
    assert await open_from(database, "slow") == UUID(int=0)
    assert await read(database, "slow") == 1
    assert await close(database, now + timedelta(days=1)) == 2
    assert await open_from(database, "slow") == await open_from(database, counts.ENDS)


async def test_an_end_that_comes_weeks_later_is_read(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        old, new = [await accept(tx, now - timedelta(days=days)) for days in (33, 1)]
        await finals.locked_cursor(tx, "other")
        await end(tx, new, now)
    await count(database)
    assert await read(database, "other") == 1
    await close(database, now)
    async with database.transaction() as tx:
        await end(tx, old, now)
    assert await read(database, "other") == 1


async def test_a_poll_searches_open_days_alone(database: Database, now: datetime) -> None:
    """After a year of partitions a poll costs what it did on the first day."""
    async with database.transaction() as tx:
        await ensure_days(tx, shanghai_day(now) - timedelta(days=DAYS), DAYS + 1)
        id_ = await accept(tx, now - timedelta(days=2))
    await count(database)
    assert await partitions_read(database) == DAYS + 2
    async with database.transaction() as tx:
        await end(tx, id_, now)
    await count(database)
    await close(database, now)
    # Yesterday, today, and the default one, whose bounds nobody knows.
    assert await partitions_read(database) <= 3


async def partitions_read(database: Database) -> int:
    """Return in how many partitions of the log a poll looks."""
    async with database.transaction() as tx:
        cursor = await finals.locked_cursor(tx, counts.ENDS)
        assert cursor is not None
        plan = await tx.sql(f"EXPLAIN {READ}", **cursor, limit=9)
        return len(set(re.findall(r" on (final_\w+)", "\n".join(plan.scalars()))))


async def read(database: Database, follower: str) -> int:
    """Let a follower read on; return how many ends it read."""
    async with database.transaction() as tx:
        cursor = await finals.locked_cursor(tx, follower)
        assert cursor is not None
        page = await tx.sql(READ, **cursor, limit=9)
        return int(page.scalar_one())


def day_of(id_: UUID) -> UUID:
    """Return the bound of an id's day."""
    return floor_of(day_begins(shanghai_day(moment_of(id_))))
