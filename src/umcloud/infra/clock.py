"""The only place that asks what time it is, once per request, PDU batch or job.

In the sandbox the clock can be moved forward; the offset lives in the database, so that every
process agrees. Outside the sandbox moving it is refused (`ClockIsFixed`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Table

from umcloud.infra.db import Tx, metadata
from umcloud.kernel.refusals import Kind, Refusal

#: Gives the current moment, aware, in UTC.
Now = Callable[[], datetime]

clock_offset = Table(
    "clock_offset",
    metadata,
    Column("only", Boolean, primary_key=True),
    Column("microseconds", BigInteger, nullable=False),
    CheckConstraint('"only"', name="one_row"),
    CheckConstraint("microseconds >= 0", name="forward_only"),
)


class ClockIsFixed(Refusal):
    """The clock can be moved in the sandbox only."""

    code: ClassVar[str] = "clock.fixed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class ClockRunsForward(Refusal):
    """Time can be moved forward only; books and chains are ordered by it."""

    code: ClassVar[str] = "clock.forward_only"
    kind: ClassVar[Kind] = Kind.MALFORMED


class Clock:
    """The machine's clock plus the sandbox's offset."""

    def __init__(self, *, movable: bool) -> None:
        self.movable = movable
        self.offset = timedelta()

    def __call__(self) -> datetime:
        """Return the current moment, aware, in UTC."""
        return datetime.now(UTC) + self.offset

    async def refresh(self, tx: Tx) -> timedelta:
        """Read the shared offset; call at start and when `clock_moved` is notified."""
        if self.movable:
            row = (await tx.sql("SELECT microseconds FROM clock_offset")).one_or_none()
            self.offset = timedelta(microseconds=row.microseconds if row else 0)
        return self.offset

    async def advance(self, tx: Tx, by: timedelta) -> timedelta:
        """Move everybody's clock forward; takes effect elsewhere when the transaction commits."""
        if not self.movable:
            raise ClockIsFixed
        if by <= timedelta():
            raise ClockRunsForward
        row = (
            await tx.sql(
                'INSERT INTO clock_offset ("only", microseconds) VALUES (true, :step) '
                'ON CONFLICT ("only") DO UPDATE SET '
                "microseconds = clock_offset.microseconds + excluded.microseconds "
                "RETURNING microseconds",
                step=by // timedelta(microseconds=1),
            )
        ).one()
        await tx.sql("NOTIFY clock_moved")
        self.offset = timedelta(microseconds=row.microseconds)
        return self.offset
