"""A whole cloud of its own for a measurement: real processes, durable commits, a fresh home."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from umcloud.infra.settings import Settings, settings
from umcloud.main.database import embedded

READY_SECONDS = 120.0
STOP_SECONDS = 40.0
ENTRY = "umcloud.main.command"
PORTS = ("UMCLOUD_PORT", "UMCLOUD_WORLD_PORT", "UMCLOUD_CARRIER_PORT", "UMCLOUD_SMTP_PORT")


class DidNotStartError(Exception):
    """The cloud did not come up; the message ends with what it printed."""


@dataclass(slots=True)
class Usage:
    """What the processes of one name used: CPU seconds so far, and memory now."""

    cpu: float = 0.0
    megabytes: float = 0.0
    """Resident; of PostgreSQL the proportional share, so that shared buffers count once."""
    processes: int = 0


@dataclass(slots=True)
class Stack:
    """A running cloud. `close` stops it and removes everything."""

    home: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    """The supervisor's lines, as they come."""

    @property
    def settings(self) -> Settings:
        """Return what its processes were told."""
        return settings(self.environment)

    @property
    def url(self) -> str:
        """Return the address of the HTTP doors."""
        return self.settings.public_url

    @property
    def world_url(self) -> str:
        """Return the address of the sandbox's pages."""
        return f"http://127.0.0.1:{self.settings.world_port}"

    @property
    def database_url(self) -> str:
        """Return the libpq URL of its PostgreSQL."""
        return embedded(self.settings).url()

    def pids(self) -> dict[str, int]:
        """Return who is who now."""
        path = self.home / "processes.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def answers(self) -> bool:
        """Tell whether the HTTP doors take connections."""
        try:
            socket.create_connection(("127.0.0.1", self.settings.port), timeout=1).close()
        except OSError:
            return False
        return True

    def usage(self) -> dict[str, Usage]:
        """Return what each of its programs has used, children included."""
        found: dict[str, Usage] = {}
        for name, pid in self.pids().items():
            if name == "supervisor":
                continue
            try:
                parent = psutil.Process(pid)
                everybody = [parent, *parent.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            found[name] = _sum(everybody, shared=name == "postgres")
        return found

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `umcloud …` against it."""
        return subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", ENTRY, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def sql(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask its database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return list(connection.execute(query.encode(), parameters or None))

    def do(self, statement: str) -> None:
        """Change its database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def close(self) -> None:
        """Stop everything in order, then remove the home."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        elsewhere = self.home / "postgres"
        if elsewhere.is_symlink():
            shutil.rmtree(elsewhere.resolve(), ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@contextmanager
def running(**extra: str) -> Iterator[Stack]:
    """Give a fresh cloud that is ready; `extra` goes into its environment."""
    home = Path(tempfile.mkdtemp(prefix="umcloud-bench-"))
    home.chmod(0o755)
    mine = {k: v for k, v in os.environ.items() if not k.startswith("UMCLOUD_")}
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    environment = {**mine, **ports, "UMCLOUD_HOME": str(home), "LANG": "C.UTF-8", **extra}
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", ENTRY, "up", "--sandbox"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    stack = Stack(home, environment, process)
    reader = threading.Thread(target=_read, args=(stack,), daemon=True)
    reader.start()
    try:
        _wait_ready(stack)
        yield stack
    finally:
        stack.close()
        reader.join(5)
        if process.stdout is not None:
            process.stdout.close()


def staff_sign_in(stack: Stack) -> tuple[str, str]:
    """Return the operator's e-mail and password, as printed at the start."""
    printed = "\n".join(stack.said)
    found = re.search(r"(\S+@umcloud\.example)\s+(\S+)", printed)
    if found is None:
        raise DidNotStartError(f"no sign-in of the operator in:\n{printed}")
    return found[1], found[2]


def _read(stack: Stack) -> None:
    if stack.process.stdout is not None:
        for line in stack.process.stdout:
            stack.said.append(line.rstrip("\n"))


def _wait_ready(stack: Stack) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not any(line.startswith("ready") for line in stack.said):
        if stack.process.poll() is not None or time.monotonic() > deadline:
            printed = "\n".join(stack.said)
            raise DidNotStartError(f"the cloud did not start:\n{printed[-3000:]}")
        time.sleep(0.05)


def _sum(everybody: list[psutil.Process], *, shared: bool) -> Usage:
    total = Usage()
    for one in everybody:
        try:
            times = one.cpu_times()
            memory = one.memory_full_info().pss if shared else one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        # The parent's own sum of its dead children keeps what short-lived backends have used.
        total.cpu += times.user + times.system
        total.cpu += times.children_user + times.children_system if one is everybody[0] else 0.0
        total.megabytes += memory / 1e6
        total.processes += 1
    return total
