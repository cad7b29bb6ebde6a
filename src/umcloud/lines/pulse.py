"""What the runner tells about its lines, about once a second."""

from __future__ import annotations

import asyncio
from collections import deque

from umcloud.domains.messaging.pulses import Pulse, Trouble
from umcloud.infra.clock import Now
from umcloud.lines.line import Line

_OVER_SECONDS = 5.0
_LEAST_SECONDS = 1.0


class Meter:
    """Takes one line's pulse; rates are over the last five seconds."""

    def __init__(self, line: Line) -> None:
        """Take the line as it starts."""
        self._line = line
        self._told = 0
        self._seen: deque[tuple[float, int, int]] = deque()

    def take(self, now: Now) -> Pulse:
        """Return how the line does; a trouble is told once, with the moment it was noticed."""
        flight, health = self._line.flight, self._line.health
        here = asyncio.get_running_loop().time()
        self._seen.append((here, flight.counts.submitted, flight.counts.receipts))
        while here - self._seen[0][0] > _OVER_SECONDS:
            self._seen.popleft()
        begun, submitted, receipts = self._seen[0]
        passed = max(here - begun, _LEAST_SECONDS)
        moment = now()
        news = health.troubles != self._told
        self._told = health.troubles
        return Pulse(
            line=self._line.config.number,
            at=moment,
            is_bound=health.bound > 0,
            in_flight=max(0, flight.in_flight),
            waiting=flight.waiting,
            submitted_per_second=round((flight.counts.submitted - submitted) / passed),
            receipts_per_second=round((flight.counts.receipts - receipts) / passed),
            trouble=Trouble(health.kind, health.detail, moment) if news else None,
        )
