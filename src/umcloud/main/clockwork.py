"""One clock a process, kept at the sandbox's time by the database's word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from umcloud.infra.clock import Clock
from umcloud.infra.db import Database

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 1.0


@asynccontextmanager
async def clockwork(database: Database, *, movable: bool) -> AsyncIterator[Clock]:
    """Give the process's clock; where it is movable, it follows every move until the end."""
    clock = Clock(movable=movable)
    if not movable:
        yield clock
        return
    await _refresh(database, clock)
    following = asyncio.create_task(_follow(database, clock), name="clockwork")
    try:
        yield clock
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def _follow(database: Database, clock: Clock) -> None:
    while True:
        try:
            async with await database.raw_connection() as connection:
                await connection.execute("LISTEN clock_moved")
                # What moved before we listened was told to nobody.
                await _refresh(database, clock)
                async for _ in connection.notifies():
                    await _refresh(database, clock)
        except (psycopg.Error, SQLAlchemyError, OSError) as error:
            log.warning("lost the clock's news: %s; listening again", type(error).__name__)
        await asyncio.sleep(_AGAIN_SECONDS)


async def _refresh(database: Database, clock: Clock) -> None:
    async with database.transaction() as tx:
        await clock.refresh(tx)
