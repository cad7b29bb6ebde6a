"""A line whose process, carrier or database goes away in the middle loses and doubles nothing."""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from tests.lines.recorder import carrier_running
from tests.lines.stage import Stage, abandon, eventually, running, staged
from umcloud.infra.db import Database
from umcloud.infra.postgres import Cluster
from umcloud.infra.schema import create_tables
from umcloud.sandbox.carrier import Knobs

FINE = "8613800138888"
STEADY = Knobs(latency_ms=20, receipt_delay_ms=40)


@pytest.fixture
async def stage(database: Database, now: datetime) -> AsyncIterator[Stage]:
    async with staged(database, now) as made:
        yield made


async def test_a_killed_process_is_taken_over_and_little_is_sent_twice(stage: Stage) -> None:
    window, count = 20, 200
    async with carrier_running(STEADY) as (carrier, port):
        await stage.line(port, window=window)
        ids = await stage.accept(*[FINE] * count)
        kills = 0
        for threshold in (30, 80, 130):
            async with running(stage) as runner:

                async def far_enough(sent: int = threshold) -> bool:
                    return carrier.counts.arrived >= sent

                await eventually(far_enough)
                await abandon(runner)
                kills += 1
        async with running(stage, park=0.5):

            async def all_ended() -> bool:
                return len(await stage.finals()) == count

            await eventually(all_ended)

            async def all_acknowledged() -> bool:
                return carrier.counts.acknowledged == carrier.counts.accepted

            await eventually(all_acknowledged)
        assert count <= carrier.counts.arrived <= count + kills * window
    assert set(await stage.finals()) == set(ids)
    assert await stage.spent() == count


async def test_a_line_that_lost_its_link_goes_on(stage: Stage) -> None:
    async with carrier_running(STEADY) as (carrier, port):
        await stage.line(port, window=20)
        codes = await stage.accept(*[FINE] * 40, cls="otp")
        notices = await stage.accept(*[FINE] * 40)
        async with running(stage) as runner:
            for threshold in (20, 60):

                async def far_enough(sent: int = threshold) -> bool:
                    return carrier.counts.arrived >= sent

                await eventually(far_enough)
                carrier.drop_links()

            async def all_ended() -> bool:
                return len(await stage.finals()) == 80

            await eventually(all_ended)
            counts = runner.counts[1]
            assert carrier.counts.arrived == 80 + counts.resent
            assert counts.resent <= 40
    finals = await stage.finals()
    assert {finals[id_][0] for id_ in codes} <= {"delivered", "unknown"}
    assert {finals[id_][0] for id_ in notices} == {"delivered"}


async def test_a_disabled_line_sends_nothing_and_a_draining_one_finishes(stage: Stage) -> None:
    async with carrier_running(STEADY) as (carrier, port):
        await stage.line(port)
        await stage.rows("UPDATE carrier_line SET state = 'disabled' RETURNING 1")
        await stage.accept(*[FINE] * 3)
        async with running(stage) as runner:
            await stage.accept(FINE)
            assert runner.counts == {}
            assert carrier.counts.arrived == 0
            async with stage.database.transaction() as tx:
                await tx.sql("UPDATE carrier_line SET state = 'draining'")
                await tx.sql("NOTIFY lines_changed")

            async def all_ended() -> bool:
                return len(await stage.finals()) == 4

            await eventually(all_ended)
            async with stage.database.transaction() as tx:
                await tx.sql("UPDATE carrier_line SET state = 'disabled'")
                await tx.sql("NOTIFY lines_changed")

            async def hung_up() -> bool:
                return carrier.binds() == {"umcloud": 0}

            await eventually(hung_up)


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """Give a PostgreSQL of the test's own, which it may kill."""
    with tempfile.TemporaryDirectory(prefix="umcloud-tests-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = Cluster(home, password=secrets.token_hex(8))
        server.start()
        server.ensure_database()
        create_tables(server.url(), unfinished=True)
        try:
            yield server
        finally:
            server.stop()


@pytest.mark.timeout(90)
async def test_a_killed_database_delays_and_neither_loses_nor_doubles(
    mortal: Cluster, now: datetime
) -> None:
    count = 150
    database = Database(mortal.url(), application="test")
    async with staged(database, now) as stage, carrier_running(STEADY) as (carrier, port):
        await stage.line(port, window=20)
        ids = await stage.accept(*[FINE] * count)
        async with running(stage, park=1.0) as runner:

            async def some_sent() -> bool:
                return carrier.counts.arrived >= 40

            await eventually(some_sent)
            assert mortal.pid is not None
            psutil.Process(mortal.pid).send_signal(signal.SIGKILL)
            await asyncio.to_thread(_start_again, mortal)

            async def all_ended() -> bool:
                return len(await stage.finals()) == count

            await eventually(all_ended, seconds=30)

            async def all_acknowledged() -> bool:
                return carrier.counts.acknowledged == count

            await eventually(all_acknowledged)
            assert carrier.counts.arrived == count
            assert runner.counts[1].orphans == 0
        assert set(await stage.finals()) == set(ids)
        assert await stage.spent() == count
    await database.close()


def _start_again(server: Cluster) -> None:
    psutil.wait_procs([psutil.Process(server.pid)] if server.pid else [], timeout=10)
    server.start()
