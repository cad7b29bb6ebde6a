"""The sandbox's movable clock over a machine whose own clock stands still."""

from __future__ import annotations

from datetime import datetime, timedelta

from umcloud.infra.clock import Clock
from umcloud.infra.db import Tx


class SteppedClock(Clock):
    """Begins where it is told and moves only when it is moved, so that a run can be repeated."""

    def __init__(self, begin: datetime) -> None:
        super().__init__(movable=True)
        self._begin = begin
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the simulated moment."""
        return self._begin + self.offset + self._ahead

    def tick(self, by: timedelta = timedelta(milliseconds=50)) -> datetime:
        """Let a little time pass between two deeds; return the moment."""
        self._ahead += by
        return self()

    async def move_to(self, tx: Tx, moment: datetime) -> None:
        """Move the shared clock there; ticks since the last move are caught up with."""
        step = moment - self() + self._ahead
        self._ahead = timedelta()
        await self.advance(tx, step)
