"""A bench that is told to end leaves nothing running and nothing lying about."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

STARTS = 90.0
"""Seconds in which a cloud has its processes, on a machine that does other things too."""
ENDS = 60.0
EVERYBODY = {"supervisor", "postgres", "web", "worker"}


@pytest.fixture
def room() -> Iterator[Path]:
    """Return a folder of a short name: PostgreSQL's socket lies in it, and paths are limited."""
    with tempfile.TemporaryDirectory(prefix="uc-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def homes(room: Path) -> list[Path]:
    """Return the homes of clouds that lie about."""
    return list(room.glob("umcloud-bench-*"))


def processes(room: Path) -> dict[str, int]:
    """Return who runs in the bench's cloud, as its supervisor writes it."""
    for path in room.glob("umcloud-bench-*/processes.json"):
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}
    return {}


@pytest.mark.timeout(240)
async def test_a_bench_told_to_end_takes_its_cloud_down(room: Path) -> None:
    bench = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench",
        "--quick",
        "--only",
        "accept",
        env={**os.environ, "TMPDIR": str(room)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    family: list[psutil.Process] = []
    try:
        async with asyncio.timeout(STARTS):
            while not processes(room).keys() >= EVERYBODY:
                assert bench.returncode is None
                await asyncio.sleep(0.05)
        family = psutil.Process(bench.pid).children(recursive=True)
        assert {one.pid for one in family} >= set(processes(room).values())
        bench.send_signal(signal.SIGTERM)
        await asyncio.wait_for(bench.wait(), ENDS)
        left = [one for one in family if one.is_running() and one.status() != "zombie"]
        assert left == []
        assert homes(room) == []
    finally:
        for one in [*family, *([psutil.Process(bench.pid)] if bench.returncode is None else [])]:
            if one.is_running():
                one.kill()
        await asyncio.wait_for(bench.wait(), ENDS)
