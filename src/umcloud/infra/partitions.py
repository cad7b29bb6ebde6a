"""Daily partitions of the log tables, by the time inside their version-7 ids.

A row's day is a pure function of its id, so a unique key that contains the id stays unique across
midnight (PostgreSQL wants the partition key inside every unique key). Days are Asia/Shanghai's.
Rows outside every day land in the default partition: nothing is ever refused for want of one.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Table

from umcloud.infra.db import Tx, after
from umcloud.kernel.ids import floor_of
from umcloud.kernel.moments import day_begins

_partitioned: list[str] = []


def partition_daily(table: Table) -> None:
    """Give a table declared `PARTITION BY RANGE (id)` its default partition and register it."""
    _partitioned.append(table.name)
    after(table, f"CREATE TABLE {table.name}_default PARTITION OF {table.name} DEFAULT")


async def ensure_days(tx: Tx, first: date, days: int) -> int:
    """Make the partitions of `days` days from `first` on; return how many were made.

    A day whose rows already lie in the default partition keeps them there.
    """
    made = 0
    for name in _partitioned:
        for offset in range(days):
            made += await _ensure(tx, name, first + timedelta(days=offset))
    return made


async def known_days(tx: Tx) -> tuple[date, date] | None:
    """Return the first and the last day that has partitions; None where no day has."""
    row = (
        await tx.sql(
            "SELECT min(right(c.relname, 8)) AS first, max(right(c.relname, 8)) AS last "
            "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "JOIN pg_class p ON p.oid = i.inhparent "
            "WHERE p.relname = ANY(:tables) AND c.relname ~ '_[0-9]{8}$'",
            tables=_partitioned,
        )
    ).one()
    if row.first is None:
        return None
    return date.fromisoformat(row.first), date.fromisoformat(row.last)


async def _ensure(tx: Tx, table: str, day: date) -> int:
    partition = f"{table}_{day:%Y%m%d}"
    present = (await tx.sql("SELECT to_regclass(:name) AS found", name=partition)).scalar_one()
    if present is not None:
        return 0
    lower, upper = floor_of(day_begins(day)), floor_of(day_begins(day + timedelta(days=1)))
    query = f"SELECT 1 FROM {table}_default WHERE id >= :lower"  # noqa: S608 - a name of ours
    stray = await tx.sql(
        f"{query} AND id < :upper LIMIT 1",
        lower=lower,
        upper=upper,
    )
    if stray.first() is not None:
        return 0
    await tx.sql(
        f"CREATE TABLE {partition} PARTITION OF {table} FOR VALUES FROM ('{lower}') TO ('{upper}')"
    )
    return 1
