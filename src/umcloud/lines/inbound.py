"""The keeper of a line: what handsets write, into the database, before the carrier is answered.

It has a queue, a task and transactions of its own: a storm of answers delays no receipt.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from umcloud.domains.inbound import service
from umcloud.domains.inbound.model import HeardPart
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.kernel.ids import uuid7
from umcloud.lines.smpp.words import Inbound

SETTLED_SECONDS = 5.0
"""A link that lives so long after our answer has brought it to the carrier."""
_BATCH = 200
_TICK_SECONDS = 1.0
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0
_log = logging.getLogger("umcloud.lines")


class Ears(Protocol):
    """The link that a message came over and is answered over."""

    gone: asyncio.Event

    def acknowledge(self, tokens: list[int]) -> None:
        """Tell the carrier that these are durable."""


class Keeper:
    """Keeps what handsets write. Memory holds at most what the link's window lets in."""

    def __init__(self, number: int, database: Database, now: Now) -> None:
        self._number = number
        self._database = database
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[HeardPart, Ears, int]] = deque()
        self._unsure: deque[tuple[float, Ears, tuple[UUID, int]]] = deque()
        self._wanted = asyncio.Event()

    def new_link(self) -> UUID:
        """Return the name of a link that begins."""
        return uuid7(self._now())

    def hear(self, ears: Ears, link: UUID, ordinal: int, message: Inbound) -> None:
        """Take a message; it is answered once it is durable."""
        part = message.part
        heard = HeardPart(
            link=link,
            ordinal=ordinal,
            source=message.source,
            destination=message.destination,
            octets=message.payload,
            coding=message.data_coding,
            reference=part.reference if part and part.total > 1 else None,
            total=part.total if part else 1,
            number=part.number if part else 1,
            at=self._now(),
        )
        self._queue.append((heard, ears, message.ack))
        self._wanted.set()

    async def run(self) -> None:
        """Keep for ever; after the database was lost, from the same place."""
        delay = _FIRST_DELAY
        while True:
            try:
                await self._keep()
                await self._settle()
                delay = _FIRST_DELAY
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                # The class alone: a message of the database may quote people's data.
                _log.warning("line %d: keeper: %s; again", self._number, type(error).__name__)
                await asyncio.sleep(delay)
                delay = min(_LONGEST_DELAY, delay * 2)
                continue
            await self._rest()

    async def finish(self) -> None:
        """Keep what is left; what was answered before the links were closed in order, is."""
        orderly = [key for _, ears, key in self._unsure if not ears.gone.is_set()]
        try:
            if orderly:
                async with self._database.transaction() as tx:
                    await service.answered(tx, orderly)
            await self._keep()
        except (psycopg.Error, SQLAlchemyError, OSError) as error:
            # The carrier has no answer to the rest, and will bring it again.
            _log.warning("line %d: keeper: %s; ended", self._number, type(error).__name__)

    async def _rest(self) -> None:
        """Wait for news; while some have yet to prove that they were answered, for a tick."""
        if self._queue:
            return
        self._wanted.clear()
        try:
            async with asyncio.timeout(_TICK_SECONDS if self._unsure else None):
                await self._wanted.wait()
        except TimeoutError:
            return

    async def _keep(self) -> None:
        while self._queue:
            batch = [self._queue[n] for n in range(min(_BATCH, len(self._queue)))]
            async with self._database.transaction() as tx:
                await service.keep(tx, line=self._number, parts=[part for part, _, _ in batch])
            for _ in batch:
                self._queue.popleft()
            self._answer(batch)

    def _answer(self, batch: Sequence[tuple[HeardPart, Ears, int]]) -> None:
        tokens: dict[Ears, list[int]] = {}
        due = self._loop.time() + SETTLED_SECONDS
        for part, ears, ack in batch:
            tokens.setdefault(ears, []).append(ack)
            self._unsure.append((due, ears, (part.link, part.ordinal)))
        for ears, acks in tokens.items():
            ears.acknowledge(acks)

    async def _settle(self) -> None:
        """Note which answers have reached the carrier: those whose link outlived them."""
        now = self._loop.time()
        ripe = 0
        while ripe < len(self._unsure) and self._unsure[ripe][0] <= now:
            ripe += 1
        sure = [key for _, ears, key in list(self._unsure)[:ripe] if not ears.gone.is_set()]
        if sure:
            async with self._database.transaction() as tx:
                await service.answered(tx, sure)
        for _ in range(ripe):
            self._unsure.popleft()
