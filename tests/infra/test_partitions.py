"""Daily partitions: made once, found by id, never in the way of a row."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from umcloud.infra.db import Database
from umcloud.infra.partitions import ensure_days
from umcloud.kernel.ids import floor_of, uuid7
from umcloud.kernel.moments import day_begins, shanghai_day

RECEIPT = (
    "INSERT INTO receipt (lane, id, part, state, code, at) "
    "VALUES (0, :id, 1, 'delivered', 'DELIVRD', :at)"
)


async def test_days_are_made_once_and_hold_their_rows(database: Database, now: datetime) -> None:
    today = shanghai_day(now)
    async with database.transaction() as tx:
        made = await ensure_days(tx, today, 2)
        assert made > 0
        assert await ensure_days(tx, today, 2) == 0
        first: UUID = floor_of(day_begins(today))
        for identifier in (first, uuid7(now), uuid7(now + timedelta(days=1))):
            await tx.sql(RECEIPT, id=identifier, at=now)
        held = await tx.sql(
            "SELECT tableoid::regclass::text AS place, count(*) FROM receipt GROUP BY 1 ORDER BY 1"
        )
        assert [tuple(row) for row in held] == [
            (f"receipt_{today:%Y%m%d}", 2),
            (f"receipt_{today + timedelta(days=1):%Y%m%d}", 1),
        ]


async def test_a_day_that_began_in_the_default_partition_stays_there(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as tx:
        await tx.sql(RECEIPT, id=uuid7(now), at=now)
        await ensure_days(tx, shanghai_day(now), 1)
        place = (await tx.sql("SELECT tableoid::regclass::text FROM receipt")).scalar_one()
        assert place == "receipt_default"
