"""The keys in memory: how often the database is asked for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from tests.doors.programs import vault
from umcloud.doors.kit import keyring
from umcloud.doors.kit.keyring import KeyRing
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Door

KEYS = ("one", "two", "three")


class Counting(Database):
    """A database that counts what it is asked."""

    transactions = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Count, then do as ever."""
        self.transactions += 1
        async with super().transaction() as tx:
            yield tx


@pytest.fixture
async def counted(database_url: str) -> AsyncIterator[Counting]:
    """Give a database that counts."""
    database = Counting(database_url)
    yield database
    await database.close()


async def test_keys_are_asked_for_together(counted: Counting, now: datetime) -> None:
    ring = KeyRing(counted, vault(), lambda: now, Door.API)
    for key in KEYS:
        await ring.find(key)
    assert counted.transactions == len(KEYS)
    # All are known, and all were used a good while ago: the first to be asked for takes the
    # others along.
    for key in KEYS:
        held = ring.known(key)
        assert held is not None
        held.asked_at = time.monotonic() - keyring.FRESH_SECONDS - 0.1
    assert all(ring.known(key) for key in KEYS)
    await ring.close()
    assert counted.transactions == len(KEYS) + 1
    assert all(
        held and time.monotonic() - held.asked_at < keyring.FRESH_SECONDS
        for held in map(ring.known, KEYS)
    )


async def test_whoever_comes_at_once_shares_a_question(counted: Counting, now: datetime) -> None:
    ring = KeyRing(counted, vault(), lambda: now, Door.API)
    found = await asyncio.gather(*(ring.find(key) for key in KEYS * 2))
    assert counted.transactions == 1
    assert [held.facts for held in found] == [None] * 6
