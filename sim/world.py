"""The platform in one process, with the second opinion beside it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sim.books import Books, DiffersError
from sim.clock import SteppedClock
from sim.gateway import CLEARING, PaperGateway
from umcloud.cli import audit
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.audit import asking, runs
from umcloud.domains.audit.model import Scope
from umcloud.domains.callbacks.dispatcher import Dispatcher
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.messaging import service as messaging
from umcloud.domains.messaging.pump import Pump
from umcloud.infra.db import Database, Tx
from umcloud.infra.mail import Mail
from umcloud.infra.outbound import Outbound
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import uuid7
from umcloud.kernel.moments import SHANGHAI
from umcloud.kernel.refusals import Refusal
from umcloud.main import wiring
from umcloud.worker import schedule
from umcloud.worker.tools import Tools

LINE = 1
SOURCE = "10690001"
SECRET = "what seals the simulated cloud"  # noqa: S105 - it opens nothing but this run
_NETWORK = "callbacks"
"""The job that calls other people's machines is left out."""
_PARTITIONS = "log partitions"
_COUNTS = "counts by day"
"""Follows the ends of messages, and a later job ends some too."""
_CHECKS = "promises"
"""The job that asks what is new, once a day."""
_CHECKS_ALL = "promises in full"
"""Is left out: everything is asked each evening, without waiting for the night."""
_ROUNDS_MOST = 1_000


class Postbox:
    """Takes every mail."""

    sent = 0

    async def send(self, mail: Mail) -> None:
        """Count it."""
        del mail
        self.sent += 1


@dataclass(slots=True)
class World:
    """What deeds are done with."""

    database: Database
    clock: SteppedClock
    tools: Tools
    vault: Vault
    gateway: PaperGateway
    pump: Pump
    chance: Random
    books: Books = field(default_factory=Books)
    deeds: list[str] = field(default_factory=list)
    """What was done today, in order."""
    spent: dict[str, float] = field(default_factory=dict)
    """Seconds by what they went into."""

    def act(self, door: Door = Door.PORTAL) -> Act:
        """Return the circumstances of a deed that begins a moment after the last."""
        now = self.clock.tick()
        return Act(SYSTEM, now, door, uuid7(now))

    def note(self, deed: str) -> None:
        """Write down what is being done."""
        self.deeds.append(f"{self.clock().astimezone(SHANGHAI):%H:%M:%S} {deed}")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Open a transaction of the platform's."""
        async with self.database.transaction() as tx:
            yield tx

    async def refused(self, code: str, deed: Callable[[Tx], Awaitable[object]]) -> None:
        """Do a deed that must be refused with this code."""
        try:
            async with self.transaction() as tx:
                await deed(tx)
        except Refusal as refusal:
            if refusal.code == code:
                self.books.refusals[code] += 1
                return
            raise DiffersError(f"refused with {refusal.code}, expected {code}") from refusal
        raise DiffersError(f"not refused, expected {code}")

    @asynccontextmanager
    async def timed(self, what: str) -> AsyncIterator[None]:
        """Add the seconds that the block takes."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.spent[what] = self.spent.get(what, 0.0) + time.perf_counter() - begun

    async def move_to(self, moment: datetime) -> None:
        """Move the clock there, where it is not there yet."""
        if moment > self.clock():
            async with self.transaction() as tx:
                await self.clock.move_to(tx, moment)

    async def look_ahead(self) -> None:
        """Let the worker make the logs' partitions of the next days."""
        await self._exhaust(self._job(_PARTITIONS))

    async def run_jobs(self) -> None:
        """Let the worker do all that is due now, then let the second opinion do the same."""
        self.clock.tick(timedelta(minutes=3))
        self.note("the worker's jobs")
        for job in schedule.JOBS:
            if job.name not in {_NETWORK, _PARTITIONS, _CHECKS, _CHECKS_ALL}:
                await self._exhaust(job)
        await self._exhaust(self._job(_COUNTS))
        for notice in self.gateway.told:
            self.books.paid(notice.bill_number, CLEARING)
        self.gateway.told.clear()
        self.books.pass_time(self.clock())

    async def check_promises(self) -> tuple[str, ...]:
        """Ask everything that `umcloud audit` asks, and what is new as the worker does.

        Returns what does not hold.
        """
        found: list[str] = []
        async for answer in asking.everything(self.database, self.tools.questions, self.clock):
            found += [f"{answer.slice}: {fault}" for fault in answer.violations]
        await self._job(_CHECKS).run(self.tools)
        async with self.transaction() as tx:
            (latest,) = await runs.latest(tx, 1, Scope.NEW)
        if latest.at != self.clock():
            raise DiffersError("the promises were not asked")
        return tuple(dict.fromkeys([*found, *latest.violations]))

    def _job(self, name: str) -> schedule.Job:
        (job,) = [job for job in schedule.JOBS if job.name == name]
        return job

    async def _exhaust(self, job: schedule.Job) -> None:
        async with self.timed(f"job: {job.name}"):
            for _ in range(_ROUNDS_MOST):
                if not await job.run(self.tools) or not job.greedy:
                    return
        raise DiffersError(f"job {job.name} never comes to an end")


@asynccontextmanager
async def opened(url: str, *, seed: int, begin: datetime) -> AsyncIterator[World]:
    """Give a migrated, empty database everything that a cloud has on its first day."""
    async with AsyncExitStack() as closing:
        sealer = Sealer(SECRET)
        database = Database(url, pool_size=4, application="umcloud sim")
        closing.push_async_callback(database.close)
        wiring.wire(database.bus, sealer=sealer)
        clock = SteppedClock(begin)
        dispatcher = Dispatcher(database, clock, sealer=sealer, outbound=Outbound(loopback=True))
        gateway = PaperGateway()
        tools = Tools(
            database=database,
            clock=clock,
            sealer=sealer,
            mail=Postbox(),
            dispatcher=await closing.enter_async_context(dispatcher),
            channel=gateway,
            questions=audit.found(),
            closing=closing,
        )
        pump = Pump(database, clock)
        world = World(
            database=database,
            clock=clock,
            tools=tools,
            vault=Vault(sealer, memory_kib=8, rounds=1),
            gateway=gateway,
            pump=pump,
            chance=Random(seed),  # noqa: S311 - a run that can be repeated
        )
        async with world.transaction() as tx:
            act = world.act(Door.CLI)
            await catalogue.publish_shipped(tx, act)
            await agreements.publish_shipped(tx, act)
            line = messaging.NewLine(LINE, "sim", "127.0.0.1", 2775, "sim", b"sealed", SOURCE)
            await messaging.put_line(tx, act, line)
        await pump.start()
        closing.push_async_callback(pump.stop)
        yield world
