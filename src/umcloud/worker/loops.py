"""Runs the jobs, each in a loop of its own: one that fails rests and hurts no other."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from umcloud.worker.schedule import JOBS, Job
from umcloud.worker.tools import Tools

log = logging.getLogger(__name__)

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
GRACE = 8.0
"""Seconds that jobs under way get to end when the worker stops."""
CLOCK_CHECK = 5.0
"""Seconds between looks at the shared clock, should a notice of its moving be lost."""


@dataclass(slots=True)
class Loops:
    """All jobs' loops of one process."""

    tools: Tools
    jobs: Sequence[Job] = JOBS
    first_delay: float = FIRST_DELAY
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _wakes: list[asyncio.Event] = field(default_factory=list)

    def stop(self) -> None:
        """Let every loop end after what it is doing."""
        self._stopping.set()
        self.wake()

    def wake(self) -> None:
        """Let every loop look now: the clock moved."""
        for wake in self._wakes:
            wake.set()

    async def run(self) -> None:
        """Run until `stop`; what has not ended in the grace time is cancelled, and undone."""
        running = [asyncio.create_task(self._mind(job), name=job.name) for job in self.jobs]
        clock = asyncio.create_task(self._follow_clock())
        await self._stopping.wait()
        clock.cancel()
        _, late = await asyncio.wait(running, timeout=GRACE)
        for task in late:
            log.warning("job %s was cut off", task.get_name())
            task.cancel()
        await asyncio.gather(clock, *running, return_exceptions=True)

    async def _mind(self, job: Job) -> None:
        wake = asyncio.Event()
        self._wakes.append(wake)
        delay = self.first_delay
        while not self._stopping.is_set():
            begun = time.perf_counter()
            try:
                done = await job.run(self.tools)
            except Exception as error:  # noqa: BLE001 - whatever it was, the loop goes on
                # The class alone: a message may quote a number, a text or an address.
                log.warning("job %s: %s; again in %g s", job.name, type(error).__name__, delay)
                pause = delay
                delay = min(delay * 2, LONGEST_DELAY)
            else:
                delay = self.first_delay
                took = time.perf_counter() - begun
                pause = max(job.every, took / job.share - took)
                if job.greedy and done >= job.full:
                    pause = 0.0
            await _wait(wake, pause)

    async def _follow_clock(self) -> None:
        if not self.tools.clock.movable:
            return
        while True:
            try:
                await self._listen()
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                log.warning("clock: %s", type(error).__name__)
                await asyncio.sleep(self.first_delay)

    async def _listen(self) -> None:
        connection = await self.tools.database.raw_connection()
        try:
            await connection.execute("LISTEN clock_moved")
            while True:
                await self._refresh_clock()
                async for _ in connection.notifies(timeout=CLOCK_CHECK, stop_after=1):
                    pass
        finally:
            await connection.close()

    async def _refresh_clock(self) -> None:
        # Who is cancelled in the middle of a question loses the pool a connection: let it end.
        asking = asyncio.create_task(self._ask_clock())
        try:
            await asyncio.shield(asking)
        except asyncio.CancelledError:
            await asyncio.wait([asking], timeout=GRACE)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            raise

    async def _ask_clock(self) -> None:
        before = self.tools.clock.offset
        async with self.tools.database.transaction() as tx:
            after = await self.tools.clock.refresh(tx)
        if after != before:
            self.wake()


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
    wake.clear()
