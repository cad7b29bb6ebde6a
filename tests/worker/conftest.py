"""A worker's tools, and loops that run for the time of a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from umcloud.domains.callbacks.dispatcher import Dispatcher
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.infra.mail import Mail
from umcloud.infra.outbound import Outbound
from umcloud.infra.sealing import Sealer
from umcloud.worker.loops import Loops
from umcloud.worker.schedule import Job
from umcloud.worker.tools import Tools

PATIENCE = 10.0
SECRET = "a secret for tests only"


class Postbox:
    """Takes every mail."""

    async def send(self, mail: Mail) -> None:
        del mail


@pytest.fixture
async def tools(database: Database) -> AsyncIterator[Tools]:
    clock = Clock(movable=True)
    sealer = Sealer(SECRET)
    async with Dispatcher(
        database, clock, sealer=sealer, outbound=Outbound(loopback=True)
    ) as dispatcher:
        made = Tools(
            database=database,
            clock=clock,
            sealer=sealer,
            mail=Postbox(),
            dispatcher=dispatcher,
            channel=None,
            questions={},
        )
        async with made.closing:
            yield made


@asynccontextmanager
async def running(tools: Tools, *jobs: Job) -> AsyncIterator[Loops]:
    loops = Loops(tools, jobs, first_delay=0.01)
    task = asyncio.create_task(loops.run())
    try:
        yield loops
    finally:
        loops.stop()
        await task


async def until(found: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = found()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)
