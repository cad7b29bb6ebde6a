"""What went over the lines in the last minutes, from the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from umcloud.infra.db import Tx
from umcloud.kernel.ids import LANES, floor_of

_RETRIED_FOR = timedelta(hours=1)
"""A message older than this is not submitted any more, so its rows need no look."""


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute: `begins`, and how many parts the carriers took, refused or left unanswered."""

    begins: datetime
    submitted: int
    rejected: int
    unknown: int


async def minutes(
    tx: Tx, now: datetime, *, line: int | None = None, count: int = 15
) -> list[Minute]:
    """Return the last `count` minutes, oldest first, the running one last; of one line or all."""
    begins = now.replace(second=0, microsecond=0) - timedelta(minutes=count - 1)
    rows = await tx.sql(
        "SELECT date_trunc('minute', s.at) AS begins, s.state, count(*) AS parts "
        "FROM generate_series(0, :last) AS l(lane) CROSS JOIN LATERAL "
        "(SELECT at, state, line FROM submission s WHERE s.lane = l.lane AND s.id >= :floor) s "
        "WHERE s.at >= :begins AND (cast(:line AS smallint) IS NULL OR s.line = :line) "
        "GROUP BY 1, 2",
        last=LANES - 1,
        floor=floor_of(begins - _RETRIED_FOR),
        begins=begins,
        line=line,
    )
    found = {(row.begins, row.state): row.parts for row in rows}
    every = [begins + timedelta(minutes=number) for number in range(count)]
    return [
        Minute(
            one,
            found.get((one, "submitted"), 0),
            found.get((one, "rejected"), 0),
            found.get((one, "unknown"), 0),
        )
        for one in every
    ]
