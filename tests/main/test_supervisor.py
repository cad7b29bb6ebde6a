"""The supervisor against real processes: it restarts what dies and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from umcloud.infra.settings import settings
from umcloud.main.database import HomeInUse, embedded, sole_user

DEADLINE_SECONDS = 25.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Cloud:
    """A supervisor with its home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.variables = {"UMCLOUD_HOME": str(home), "UMCLOUD_PORT": str(free_port())}
        self.process: subprocess.Popen[str] | None = None

    def up(self) -> subprocess.Popen[str]:
        with (self.home / "said").open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.main.small_cloud"],
                stdout=said,
                text=True,
                env={**os.environ, **self.variables},
            )
        until(lambda: "ready" in self.said())
        return self.process

    def said(self) -> str:
        return (self.home / "said").read_text()

    def pids(self) -> dict[str, int]:
        try:
            found: dict[str, int] = json.loads((self.home / "processes.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def query(self, statement: str) -> list[tuple[object, ...]]:
        url = embedded(settings(self.variables)).url()
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def answers(self) -> bool:
        return embedded(settings(self.variables)).answers()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with tempfile.TemporaryDirectory(prefix="umcloud-up-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        made = Cloud(home)
        yield made
        if made.process is not None and made.process.poll() is None:
            made.process.kill()
            made.process.wait()
        until(lambda: not any(map(psutil.pid_exists, made.pids().values())))


@pytest.mark.timeout(90)
def test_what_is_killed_is_started_again_and_keeps_what_was_committed(cloud: Cloud) -> None:
    process = cloud.up()
    before = cloud.pids()
    cloud.query("CREATE TABLE kept (n int)")
    cloud.query("INSERT INTO kept VALUES (1)")
    os.kill(before["postgres"], signal.SIGKILL)
    os.kill(before["web"], signal.SIGKILL)
    until(lambda: all(cloud.pids().get(n, before[n]) != before[n] for n in ("postgres", "web")))
    assert cloud.query("SELECT n FROM kept") == [(1,)]
    assert "web       ended (signal 9)" in cloud.said()
    assert "sign in as nobody" in cloud.said()

    last = cloud.pids()
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE_SECONDS) == 0
    assert not any(psutil.pid_exists(pid) for pid in last.values() if pid != process.pid)
    assert cloud.said().endswith("stopped\n")


@pytest.mark.timeout(90)
def test_a_killed_supervisor_leaves_no_orphans_and_can_be_started_again(cloud: Cloud) -> None:
    process = cloud.up()
    cloud.query("CREATE TABLE kept (n int)")
    left = cloud.pids()
    process.kill()
    process.wait()
    until(lambda: not any(psutil.pid_exists(left[name]) for name in ("web", "postgres")))
    cloud.up()
    assert cloud.query("SELECT * FROM kept") == []


@pytest.mark.timeout(60)
def test_one_home_has_one_supervisor(cloud: Cloud) -> None:
    chosen = settings(cloud.variables)
    with sole_user(chosen), pytest.raises(HomeInUse), sole_user(chosen):
        pass
