"""What the database calls out reaches the runner, and so does its loss."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from tests.lines.recorder import until
from umcloud.infra.db import Database
from umcloud.lines.listening import CHANNELS, Ear


@pytest.fixture
async def listening(database: Database) -> AsyncIterator[psycopg.AsyncConnection]:
    connection = await database.raw_connection()
    for channel in CHANNELS:
        await connection.execute(f"LISTEN {channel}".encode())
    yield connection
    await connection.close()


async def test_news_is_told_at_once_and_a_change_ends_the_wait(
    database: Database, listening: psycopg.AsyncConnection
) -> None:
    told: list[int] = []
    with Ear(listening.pgconn, lambda: told.append(1)) as ear:
        async with database.transaction() as tx:
            await tx.sql("NOTIFY accepted")
        await until(lambda: told)
        assert not ear.heard_of_change
        async with database.transaction() as tx:
            await tx.sql("NOTIFY lines_changed")
        await ear.changed(8.0)
        assert ear.heard_of_change
        ear.heard_of_change = False
        await ear.changed(0.01)
        assert not ear.heard_of_change, "the time was over"
    assert told == [1]


async def test_a_lost_database_is_an_error_of_the_wait(
    database: Database, listening: psycopg.AsyncConnection
) -> None:
    with Ear(listening.pgconn, lambda: None) as ear:
        async with database.transaction() as tx:
            await tx.sql("SELECT pg_terminate_backend(:pid)", pid=listening.info.backend_pid)
        for _ in range(2):
            with pytest.raises(psycopg.OperationalError):
                await ear.changed(8.0)
