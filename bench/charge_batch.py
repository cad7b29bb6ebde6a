"""What `charge_batch` does alone: one hot wallet and 10,000 wallets, durable commits.

    python bench/charge_batch.py [seconds a run]

Batches of 1,000 events on 1, 2 and 3 connections of one client process, against an embedded
PostgreSQL of its own. Two floors are measured in the same run: the disk's fdatasync, and the bare
insert of as many charge rows with nothing around them. Figures are medians of three runs.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
import uvloop

from umcloud.domains.charging import hot
from umcloud.domains.charging.model import Claim, Rate
from umcloud.domains.charging.service import charge_batch
from umcloud.infra.db import Database, Tx
from umcloud.infra.hot import BEGIN, COMMIT, HotConnection
from umcloud.infra.postgres import Cluster
from umcloud.infra.schema import create_tables
from umcloud.kernel.ids import lane_of, uuid7

BATCH = 1_000
WALLETS = 10_000
ROUNDS = 3
RATE = Rate("SMS.N", 1, 50_000, 1, "sms.6", refund_on_failure=False)
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)

Step = Callable[[HotConnection, int], Awaitable[None]]


@dataclass(frozen=True)
class Figure:
    """One configuration's median run."""

    per_second: float
    client: float
    """CPU-µs an event in this process."""
    server: float
    """CPU-µs an event in all processes of PostgreSQL."""


def say(line: str = "") -> None:
    """Print a line of the report."""
    print(line, flush=True)  # noqa: T201 - a table


def event_ids() -> Iterator[int]:
    """Return first ids of batches, each with room for a batch."""
    base = uuid7(NOW).int >> 16 << 16
    return iter(range(base, base + (1 << 62), 1 << 16))


async def fill(tx: Tx, accounts: list[UUID]) -> None:
    """Give each account a wallet with cash and nothing else."""
    ids = [uuid7(NOW) for _ in accounts]
    columns = {"lanes": [lane_of(a) for a in accounts], "accounts": accounts, "ids": ids}
    await tx.sql(
        "INSERT INTO wallet "
        "(lane, id, account_id, currency, posted, cash, held, credit_limit, seq) "
        "SELECT lane, id, account, 'CNY', 1000000000000, 1000000000000, 0, 0, 0 "
        "FROM unnest(CAST(:lanes AS smallint[]), CAST(:ids AS uuid[]), CAST(:accounts AS uuid[])) "
        "AS w(lane, id, account)",
        **columns,
    )


def charging(accounts: list[UUID], connections: int) -> list[Step]:
    """Return each connection's step: a batch of its own part of the accounts."""
    firsts = event_ids()

    def step_of(own: list[tuple[int, int]]) -> Step:
        async def step(connection: HotConnection, turn: int) -> None:
            first = next(firsts)
            if len(own) == 1:
                account, lane = own[0]
                ids = [first + n for n in range(BATCH)]
                claims = [Claim(account, lane, ids, [RATE] * BATCH, atomic=False)]
            else:
                at = turn * BATCH % len(own)
                payers = [own[(at + n) % len(own)] for n in range(BATCH)]
                claims = [
                    Claim(account, lane, [first + n], [RATE], atomic=False)
                    for n, (account, lane) in enumerate(payers)
                ]
            await charge_batch(connection, claims, now=NOW, new_id=lambda: uuid7(NOW))

        return step

    pairs = [(account.int, lane_of(account)) for account in accounts]
    parts = [pairs[n::connections] if len(pairs) > 1 else pairs for n in range(connections)]
    return [step_of(part) for part in parts]


def inserting() -> list[Step]:
    """Return the floor: the same rows of `charge` and nothing else."""
    firsts = event_ids()
    same = [1] * BATCH

    async def step(connection: HotConnection, turn: int) -> None:
        first = next(firsts)
        row = hot.WRITE_CHARGES.call(
            [turn % 256] * BATCH,
            list(range(first, first + BATCH)),
            same,
            same,
            same,
            [50_000] * BATCH,
            same,
            same,
            ["sms.6"] * BATCH,
            [False] * BATCH,
            [None] * BATCH,
            turn % 256,
            1,
        )
        await connection.run([BEGIN, row, COMMIT])

    return [step]


def server_seconds(cluster: Cluster) -> float:
    """Return the CPU time that PostgreSQL's living processes have taken."""
    root = psutil.Process(cluster.pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system
    return total


async def timed(
    database: Database, cluster: Cluster, steps: list[Step], seconds: float
) -> tuple[float, float, float]:
    """Return events a second, and CPU-µs an event here and in PostgreSQL."""
    connections = [await HotConnection.open(database, hot.STATEMENTS) for _ in steps]
    done = 0

    async def work(step: Step, connection: HotConnection, until: float) -> None:
        nonlocal done
        turn = 0
        while time.perf_counter() < until:
            await step(connection, turn)
            turn += 1
            done += BATCH

    own, server, begun = time.process_time(), server_seconds(cluster), time.perf_counter()
    await asyncio.gather(
        *(work(s, c, begun + seconds) for s, c in zip(steps, connections, strict=True))
    )
    took = time.perf_counter() - begun
    cost = [time.process_time() - own, server_seconds(cluster) - server]
    for connection in connections:
        await connection.close()
    return done / took, cost[0] / done * 1e6, cost[1] / done * 1e6


async def median(
    database: Database, cluster: Cluster, make: Callable[[], list[Step]], seconds: float
) -> Figure:
    """Return the median of the rounds, by speed."""
    runs = [await timed(database, cluster, make(), seconds) for _ in range(ROUNDS)]
    return Figure(*sorted(runs)[ROUNDS // 2])


def syncs(folder: Path, seconds: float = 1.0) -> float:
    """Return how many 8 KiB writes with fdatasync the disk does a second, one after another."""
    counts = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryFile(dir=folder) as file:
            begun, done = time.perf_counter(), 0
            while time.perf_counter() - begun < seconds / ROUNDS:
                os.pwrite(file.fileno(), bytes(8192), done * 8192)
                os.fdatasync(file.fileno())
                done += 1
            counts.append(done / (time.perf_counter() - begun))
    return statistics.median(counts)


async def measure(cluster: Cluster, folder: Path, seconds: float) -> None:
    """Measure everything and print the table."""
    database = Database(cluster.url("bench"))
    accounts = sorted(uuid7(NOW) for _ in range(WALLETS))
    async with database.transaction() as tx:
        await fill(tx, accounts)
    async with database.transaction() as tx:
        await tx.sql("ANALYZE")
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    say(f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, load {load:.1f} before")
    floor = await median(database, cluster, inserting, seconds)
    say(f"fdatasync {syncs(folder):,.0f}/s; plain insert of charges {floor.per_second:,.0f}/s")
    say(f"\n{'wallets':>8}{'conns':>7}{'events/s':>12}{'of floor':>10}{'client µs':>11}"
        f"{'server µs':>11}")  # fmt: skip
    gc.freeze()
    for count in (1, WALLETS):
        for connections in (1, 2, 3):
            figure = await median(
                database,
                cluster,
                functools.partial(charging, accounts[:count], connections),
                seconds,
            )
            say(
                f"{count:>8,}{connections:>7}{figure.per_second:>12,.0f}"
                f"{figure.per_second / floor.per_second:>10.0%}"
                f"{figure.client:>11.1f}{figure.server:>11.1f}"
            )
    await database.close()


def main() -> None:
    """Bring PostgreSQL up in a folder of its own, measure, take it down."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    with tempfile.TemporaryDirectory(prefix="umcloud-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = Cluster(folder, password="bench")  # noqa: S106 - lives for a minute
        cluster.start()
        try:
            cluster.ensure_database("bench")
            create_tables(cluster.url("bench"), unfinished=True)
            uvloop.run(measure(cluster, folder, seconds))
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
