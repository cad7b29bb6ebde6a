"""The reader of a line: from the message log into the flight, a little ahead of the link."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg

from umcloud.domains.messaging.following import STATEMENTS, Follower
from umcloud.infra.db import Database
from umcloud.infra.hot import HotConnection
from umcloud.lines.flight import Flight

GAP_SECONDS = 0.010
"""Between two reads: a busy log is read in batches."""
BUSY_GAP_SECONDS = 0.025
"""After a read of many: at thousands a second, what a read costs by itself counts for more."""
BUSY = 30
_POLL_SECONDS = 1.0
_READ_MOST = 2_000
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0
_log = logging.getLogger("umcloud.lines")


def _nothing() -> None:
    """Be called where nobody listens yet."""


class Reader:
    """Reads when woken, and once a second; after the database was lost, from the same place."""

    def __init__(self, number: int, flight: Flight, follower: Follower, database: Database) -> None:
        self.found: Callable[[], None] = _nothing
        self.hungry = False
        """Whether the last read was cut short: by its own limit or for want of room."""
        self._number = number
        self._flight = flight
        self._follower = follower
        self._database = database
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Read soon."""
        self._wanted.set()

    async def run(self) -> None:
        """Read for ever."""
        delay = _FIRST_DELAY
        while True:
            connection: HotConnection | None = None
            try:
                connection = await HotConnection.open(self._database, STATEMENTS)
                if not self._follower.cursors:
                    await self._follower.begin(connection)
                delay = _FIRST_DELAY
                await self._read_on(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                _log.warning(
                    "line %d: reader lost the database (%s)", self._number, type(error).__name__
                )
                await asyncio.sleep(delay)
                delay = min(_LONGEST_DELAY, delay * 2)
            finally:
                if connection is not None:
                    await connection.close()

    async def _read_on(self, connection: HotConnection) -> None:
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None
        try:
            while True:
                self._wanted.clear()
                appetite = self._flight.appetite
                batch = []
                if appetite >= self._flight.window // 2:
                    limit = min(appetite, _READ_MOST)
                    batch = await self._follower.read(connection, limit)
                    self.hungry = len(batch) >= limit or self._follower.behind
                    self._flight.add(batch)
                    self.found()
                else:
                    self.hungry = True
                if batch:
                    await asyncio.sleep(GAP_SECONDS if len(batch) < BUSY else BUSY_GAP_SECONDS)
                    if self.hungry:
                        continue
                timer = loop.call_later(_POLL_SECONDS, self._wanted.set)
                await self._wanted.wait()
                timer.cancel()
        finally:
            if timer is not None:
                timer.cancel()
