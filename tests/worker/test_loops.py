from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.worker.conftest import PATIENCE, running, until
from umcloud.domains.audit import runs, sweeps
from umcloud.domains.audit.model import Scope
from umcloud.domains.audit.questions import Lately, Piece, Question
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database, Tx
from umcloud.worker.loops import Loops
from umcloud.worker.schedule import JOBS, Job
from umcloud.worker.tools import Tools


async def test_a_job_that_fails_rests_and_hurts_no_other(
    tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    calls = {"bad": 0, "good": 0}

    async def bad(given: Tools) -> int:
        del given
        calls["bad"] += 1
        raise ValueError("13800138000")

    async def good(given: Tools) -> int:
        del given
        calls["good"] += 1
        return 1

    with caplog.at_level(logging.WARNING):
        async with running(tools, Job("bad", 60, bad), Job("good", 60, good, greedy=True)):
            await until(lambda: calls["bad"] >= 3 and calls["good"] >= 3)
    assert "job bad: ValueError" in caplog.text
    assert "13800138000" not in caplog.text


async def test_a_greedy_job_goes_on_only_after_a_full_run(tools: Tools) -> None:
    calls = {"little": 0, "much": 0}

    async def little(given: Tools) -> int:
        del given
        calls["little"] += 1
        return 9

    async def much(given: Tools) -> int:
        del given
        await asyncio.sleep(0.02)  # work, during which the loops' own clock gets its look
        calls["much"] += 1
        return 10

    jobs = Job("l", 3600, little, greedy=True, full=10), Job("m", 3600, much, greedy=True, full=10)
    async with running(tools, *jobs):
        await until(lambda: calls["much"] >= 5)
    assert calls["little"] == 1


async def test_moving_the_clock_wakes_every_job(tools: Tools, database: Database) -> None:
    seen: list[datetime] = []

    async def look(given: Tools) -> int:
        seen.append(given.clock())
        return 0

    async with running(tools, Job("look", 3600, look)):
        await until(lambda: len(seen) == 1)
        other = Clock(movable=True)
        async with database.transaction() as tx:
            await other.advance(tx, timedelta(days=3))
        await until(lambda: len(seen) >= 2 and seen[-1] - seen[0] > timedelta(days=2))


async def test_what_does_not_end_is_cut_off(tools: Tools) -> None:
    """A stop gives a job under way time to end; here it ends in that time."""
    ended: list[bool] = []
    begun = asyncio.Event()

    async def slow(given: Tools) -> int:
        del given
        begun.set()
        await asyncio.sleep(0.2)
        ended.append(True)
        return 0

    async with running(tools, Job("slow", 60, slow)):
        await asyncio.wait_for(begun.wait(), PATIENCE)
    assert ended == [True]


async def test_every_job_runs_on_an_empty_cloud_and_again(tools: Tools) -> None:
    for job in JOBS:
        await job.run(tools)
    assert {job.name: await job.run(tools) for job in JOBS} == dict.fromkeys(
        (job.name for job in JOBS), 0
    )


async def test_broken_promises_are_kept_for_the_office(tools: Tools, database: Database) -> None:
    async def whole(tx: Tx, piece: Piece) -> list[str]:
        del tx, piece
        return []

    async def broken(tx: Tx, lately: Lately) -> list[str]:
        del tx, lately
        return ["a bucket is below zero"]

    tools.questions = {
        "ledger": [Question("I5", "buckets", whole, broken)],
        "orders": [Question("", "prices", whole, None)],
    }
    (check,) = [job for job in JOBS if job.name == "promises"]
    await check.run(tools)
    async with database.transaction() as tx:
        (run,) = await runs.latest(tx)
        assert await sweeps.standing(tx) == ["ledger: I5: a bucket is below zero"]
    assert run.violations == ("ledger: I5: a bucket is below zero",)
    assert (run.scope, run.checked) == (Scope.NEW, 1)


async def test_partitions_reach_a_week_ahead(tools: Tools, database: Database) -> None:
    (make,) = [job for job in JOBS if job.name == "log partitions"]
    assert await make.run(tools) > 0
    day = tools.clock() + timedelta(days=7)

    async def found(name: str) -> Any:
        async with database.transaction() as tx:
            return (await tx.sql("SELECT to_regclass(:name)", name=name)).scalar_one()

    assert await found(f"message_{day + timedelta(hours=8):%Y%m%d}") is not None


async def test_a_stop_in_the_middle_of_the_clocks_question_leaves_the_pool_whole(
    tools: Tools, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever is cut off in the middle of a question leaves a connection that answers nobody."""
    tools.database = Database(database_url, pool_size=1)
    backends = set()

    async def nothing(given: Tools) -> int:
        async with given.database.transaction() as tx:
            backends.add((await tx.sql("SELECT pg_backend_pid()")).scalar_one())
        return 0

    try:
        for steps in range(0, 900, 15):
            # Each stop comes a few steps of the loop later than the one before.
            loops = Loops(tools, [Job("nothing", 3600, nothing)])
            follow = asyncio.create_task(loops._refresh_clock())
            for _ in range(steps):
                await asyncio.sleep(0)
            follow.cancel()
            await asyncio.gather(follow, return_exceptions=True)
            await nothing(tools)
    finally:
        await tools.database.close()
    assert len(backends) == 1
    assert [record.message for record in caplog.records] == []
