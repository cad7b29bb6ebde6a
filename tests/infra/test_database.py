from __future__ import annotations

import asyncio
from datetime import datetime

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act


@pytest.mark.parametrize("turn", [1, 2, 3])
async def test_each_test_has_a_fresh_database(database: Database, turn: int) -> None:
    async with database.transaction() as tx:
        await tx.sql("CREATE TABLE mark (turn int)")
        await tx.sql("INSERT INTO mark VALUES (:turn)", turn=turn)
    async with database.transaction() as tx:
        assert (await tx.sql("SELECT turn FROM mark")).scalar_one() == turn


@pytest.mark.parametrize("turn", [1, 2, 3])
async def test_a_transaction_leaves_nothing(tx: Tx, turn: int) -> None:
    await tx.sql("CREATE TABLE mark (turn int)")
    assert turn


async def test_sessions_speak_utc(tx: Tx) -> None:
    assert (await tx.sql("SHOW timezone")).scalar_one() == "UTC"


async def test_errors_do_not_quote_what_a_statement_was_given(tx: Tx) -> None:
    with pytest.raises(DBAPIError) as raised:
        await tx.sql("SELECT * FROM nowhere WHERE number = :number", number="13800138000")
    assert "13800138000" not in str(raised.value)


async def write_and_fail(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.sql("INSERT INTO mark VALUES (1)")
        raise ZeroDivisionError


async def test_what_raises_is_undone(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.sql("CREATE TABLE mark (turn int)")
    with pytest.raises(ZeroDivisionError):
        await write_and_fail(database)
    async with database.transaction() as tx:
        assert (await tx.sql("SELECT count(*) FROM mark")).scalar_one() == 0


async def test_the_raw_connection_shares_the_transaction(tx: Tx) -> None:
    raw = await tx.raw()
    assert isinstance(raw, psycopg.AsyncConnection)
    await raw.execute("CREATE TEMP TABLE mark (turn int)")
    assert (await tx.sql("SELECT count(*) FROM mark")).scalar_one() == 0


def test_the_deed_has_the_moment(act: Act, now: datetime) -> None:
    assert act.now == now


async def back_end(database: Database, together: asyncio.Barrier) -> int:
    """Return whose transaction it was; several at once take several connections."""
    async with database.transaction() as tx:
        await together.wait()
        return int((await tx.sql("SELECT pg_backend_pid()")).scalar_one())


async def test_connections_that_were_lost_while_idle_are_made_anew(
    database: Database, database_url: str
) -> None:
    """A restarted server shows in no transaction that begins after it."""
    together = asyncio.Barrier(3)
    before = await asyncio.gather(*(back_end(database, together) for _ in range(3)))
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
        await other.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM unnest(%s) AS pid", [before]
        )
    after = await asyncio.gather(*(back_end(database, together) for _ in range(3)))
    assert len({*before, *after}) == 6


async def test_a_connection_is_used_again(database: Database) -> None:
    alone = asyncio.Barrier(1)
    assert len({await back_end(database, alone) for _ in range(5)}) == 1
