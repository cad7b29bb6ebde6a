"""One carrier line at work: reads the log, keeps its binds busy, writes down what it hears."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from umcloud.domains.messaging.following import Follower, LineConfig
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.lines.bind import Bind, Health
from umcloud.lines.flight import Flight
from umcloud.lines.inbound import Keeper
from umcloud.lines.reading import Reader
from umcloud.lines.writing import Writer

_TICK_SECONDS = 0.05
_STOP_SECONDS = 8.0
_log = logging.getLogger("umcloud.lines")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a line waits; seconds."""

    response: float = 30.0
    """For the answer to a submission; then its outcome is unknown."""
    park: float = 30.0
    """For the answer that explains a receipt; then the receipt is nobody's."""


class Line:
    """Runs one line until `stop`. `failed` ends with the error of a task that broke."""

    def __init__(
        self,
        config: LineConfig,
        password: str,
        *,
        database: Database,
        now: Now,
        patience: Patience,
        binds: int = 1,
    ) -> None:
        self.config = config
        self.flight = Flight(config.window, config.per_second)
        self.health = Health()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        follower = Follower(config.number)
        self._writer = Writer(
            config.number, self.flight, follower, database, now, park_seconds=patience.park
        )
        self._reader = Reader(config.number, self.flight, follower, database)
        self._keeper = Keeper(config.number, database, now)
        self._reader.found = self._feed
        self._writer.written = self._feed
        self._binds = [
            Bind(
                config,
                password,
                self.flight,
                self._keeper,
                news=self._writer.wake,
                up=self._feed,
                response_seconds=patience.response,
                health=self.health,
            )
            for _ in range(binds)
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._feeding = True
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._run(self._writer.run())
        self._run(self._reader.run())
        self._run(self._keeper.run())
        self._run(self._tick())
        for bind in self._binds:
            self._run(bind.run())

    def wake(self) -> None:
        """Look into the log now: something was accepted."""
        self._reader.wake()

    async def stop(self) -> None:
        """Send nothing more, wait a little for answers, write down what was heard, hang up."""
        self._feeding = False
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks[1:], return_exceptions=True)
        await asyncio.gather(*(bind.close() for bind in self._binds))
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._keeper.finish()
                await self._writer.finish()
        except TimeoutError:
            _log.warning("line %d: stopped before all was written", self.config.number)
        self._tasks[0].cancel()
        await asyncio.gather(self._tasks[0], return_exceptions=True)
        await self._writer.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failed.done():
            return
        error = task.exception()
        if error is not None:
            self.failed.set_exception(error)

    def _feed(self) -> None:
        """Submit as much as links, window and speed allow, and read on where little is left."""
        if not self._feeding:
            return
        now = self._loop.time()
        for bind in self._binds:
            link = bind.link
            if link is not None and link.room > 0:
                batch = self.flight.take(link.room, now)
                if batch:
                    link.submit(batch)
        if self._reader.hungry:
            self._reader.wake()

    async def _tick(self) -> None:
        """Go on after pauses that no event ends: speed limits, a slow socket, a throttle."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._feed()
