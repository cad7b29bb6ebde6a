"""The writer of a line: one transaction at a time, with all that was heard meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg

from umcloud.domains.messaging.following import WRITE_CURSORS, Follower, checkpoint_call
from umcloud.domains.messaging.report_model import Orphan, Sent
from umcloud.domains.messaging.reports import (
    STATEMENTS,
    News,
    RepeatedError,
    find,
    record,
    state_of,
)
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.infra.hot import HotConnection
from umcloud.lines.flight import Ears, Flight, Heard, code_of, name_of
from umcloud.lines.smpp.words import Receipt

GAP_SECONDS = 0.010
"""After a small transaction: the next one carries more."""
BUSY_GAP_SECONDS = 0.025
_BUSY = 60
"""So many outcomes and reports in 10 ms are thousands a second, and the gap may be longer."""
_SMALL = 1_000
_TICK_SECONDS = 1.0
_PARKED_MOST = 10_000
_CAREFUL_BATCHES = 100
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0
_log = logging.getLogger("umcloud.lines")


def _nothing() -> None:
    """Be called where nobody listens yet."""


class Writer:
    """Writes when woken. What was heard stays in memory until it is committed, whatever happens."""

    def __init__(
        self,
        number: int,
        flight: Flight,
        follower: Follower,
        database: Database,
        now: Now,
        *,
        park_seconds: float,
    ) -> None:
        self.written: Callable[[], None] = _nothing
        self._number = number
        self._flight = flight
        self._follower = follower
        self._database = database
        self._now = now
        self._park_seconds = park_seconds
        self._loop = asyncio.get_running_loop()
        self._dirty = asyncio.Event()
        self._idle = asyncio.Event()
        self._connection: HotConnection | None = None
        self._pending: tuple[Heard, News] | None = None
        self._noted: dict[int, int] = {}
        self._careful = 0
        """For so many batches more nothing is taken to be new."""
        self._tick_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Write soon."""
        self._dirty.set()

    async def run(self) -> None:
        """Write for ever."""
        delay = _FIRST_DELAY
        self._tick()
        try:
            while True:
                await self._dirty.wait()
                self._dirty.clear()
                self._idle.clear()
                try:
                    size = await self._write()
                    delay = _FIRST_DELAY
                except (psycopg.Error, OSError) as error:
                    # A database that restarts, or a charge that somebody else ended meanwhile:
                    # the same again, with fresh eyes.
                    _log.warning("line %d: writer: %s; again", self._number, type(error).__name__)
                    await asyncio.sleep(delay)
                    delay = min(_LONGEST_DELAY, delay * 2)
                    self._dirty.set()
                    continue
                if not self._dirty.is_set():
                    self._idle.set()
                if size < _SMALL:
                    await asyncio.sleep(GAP_SECONDS if size < _BUSY else BUSY_GAP_SECONDS)
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def finish(self) -> None:
        """Return when everything heard is committed, and the checkpoint with it."""
        while True:
            self._tick_at = 0.0
            self._idle.clear()
            self.wake()
            await self._idle.wait()
            if self._pending is None and not self._flight.heard:
                return

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_SECONDS, self._tick)
        self._dirty.set()

    async def _connected(self) -> HotConnection:
        if self._connection is None or self._connection.closed:
            statements = (*STATEMENTS, WRITE_CURSORS)
            self._connection = await HotConnection.open(self._database, statements)
        return self._connection

    async def _write(self) -> int:
        connection = await self._connected()
        if self._pending is None:
            orphans = await self._identify(connection)
            heard = self._flight.collect()
            self._pending = heard, News(heard.tried, heard.reported, _orphans(orphans))
            for receipt, ears in orphans:
                heard.acks.setdefault(ears, []).append(receipt.ack)
        heard, news = self._pending
        if news.tried or news.reported or news.orphans:
            await self._record(connection, news)
        self._pending = None
        self._flight.committed(heard)
        for ears, tokens in heard.acks.items():
            ears.acknowledge(tokens)
        self._flight.counts.orphans += len(news.orphans)
        if heard.landed:
            self.written()
        if self._loop.time() >= self._tick_at:
            await self._checkpoint(connection)
        return len(news.tried) + len(news.reported)

    async def _record(self, connection: HotConnection, news: News) -> None:
        """Write the news as new; where some is not, carefully, and for a while from then on.

        A carrier that says a thing twice does so again, and each time would cost the batch twice.
        """
        if not self._careful:
            try:
                await record(connection, news, line=self._number, now=self._now(), new=True)
            except RepeatedError:
                self._careful = _CAREFUL_BATCHES
            else:
                return
        self._careful -= 1
        await record(connection, news, line=self._number, now=self._now())

    async def _checkpoint(self, connection: HotConnection) -> None:
        self._tick_at = self._loop.time() + _TICK_SECONDS
        safe = self._flight.checkpoint(self._follower.cursors)
        moved = {
            lane: id_ for lane, id_ in safe.items() if self._noted.get(lane) != id_ and id_ > 0
        }
        if moved:
            await connection.run([checkpoint_call(self._number, moved)])
            self._noted.update(moved)

    async def _identify(self, connection: HotConnection) -> list[tuple[Receipt, Ears]]:
        """Find out whose the unknown receipts are; return those that are nobody's.

        A stranger is looked up when it comes and once more when its time is over: until then the
        answer to its submission, or another transaction, may say whose it is.
        """
        flight = self._flight
        now = self._loop.time()
        late = [id_ for id_, waiting in flight.parked.items() if waiting[0][2] <= now]
        fresh = list(flight.strangers)
        if not fresh and not late:
            return []
        asked = [*fresh, *(flight.parked[id_][0][:2] for id_ in late)]
        names = list({name_of(receipt) for receipt, _ in asked})
        found: dict[str, tuple[Sent, int]] = await find(connection, names, line=self._number)
        del flight.strangers[: len(fresh)]
        orphans = []
        for id_ in late:
            # What was parked may have been taken by its answer during the look-up.
            for receipt, ears, _ in flight.parked.pop(id_, ()):
                if not flight.identified(found, receipt, ears):
                    orphans.append((receipt, ears))
        for receipt, ears in fresh:
            if flight.identified(found, receipt, ears):
                continue
            if len(flight.parked) >= _PARKED_MOST:
                orphans.append((receipt, ears))
                continue
            deadline = now + self._park_seconds
            flight.parked.setdefault(receipt.carrier_id, []).append((receipt, ears, deadline))
        return orphans


def _orphans(strays: list[tuple[Receipt, Ears]]) -> list[Orphan]:
    return [
        Orphan(name_of(receipt), state_of(receipt.state) or "", code_of(receipt), receipt.done_at)
        for receipt, _ in strays
    ]
