"""Things to do later, many at once: one timer for all, and one list for each few milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

_GRAIN = 0.01
# uvloop's clock has whole milliseconds: a slot is due although floats may differ in the last bit.
_EARLY = 0.0005


class Schedule:
    """Calls `action(argument)` at the first grain after the delay; cheap for 100,000 a second."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, list[tuple[Callable[[Any], None], Any]]] = {}
        self._order: list[int] = []
        self._timer: asyncio.TimerHandle | None = None
        self._armed = 0

    def later(self, seconds: float, action: Callable[[Any], None], argument: object) -> None:
        """Do it after so many seconds, to the grain of 10 ms."""
        slot = int((self._loop.time() + seconds) / _GRAIN) + 1
        due = self._slots.get(slot)
        if due is None:
            self._slots[slot] = due = []
            heappush(self._order, slot)
            self._arm()
        due.append((action, argument))

    def stop(self) -> None:
        """Forget everything."""
        if self._timer is not None:
            self._timer.cancel()
        self._slots.clear()
        self._order.clear()

    def _arm(self) -> None:
        first = self._order[0]
        if self._timer is not None:
            if self._armed <= first:
                return
            self._timer.cancel()
        self._armed = first
        self._timer = self._loop.call_at(first * _GRAIN, self._run)

    def _run(self) -> None:
        self._timer = None
        now = self._loop.time() + _EARLY
        while self._order and self._order[0] * _GRAIN <= now:
            for action, argument in self._slots.pop(heappop(self._order)):
                action(argument)
        if self._order:
            self._arm()
