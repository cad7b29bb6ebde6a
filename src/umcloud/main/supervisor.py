"""One process that starts all others, starts again what dies, and stops everything in order.

The order is data: `PROGRAMS`. Each program is `python -m <module>`, gets its settings by the
environment, and ends well on SIGTERM. `processes.json` in the home always says who is who.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from umcloud.infra.postgres import Cluster
from umcloud.infra.processes import die_with_me, release
from umcloud.infra.schema import migrate
from umcloud.infra.settings import LOOPBACK, Settings
from umcloud.main.database import embedded, sole_user

TICK_SECONDS = 0.1
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0
STEADY_SECONDS = 30.0
"""A process that lived this long has its delays forgotten."""


@dataclass(frozen=True, slots=True)
class Program:
    """One process of the cloud."""

    name: str
    module: str
    port: Callable[[Settings], int] | None = None
    """Where it listens when it is ready; the cloud is ready when all that listen are."""
    sandbox_only: bool = False

    def host(self, chosen: Settings) -> str:
        """Return where it listens; the simulated world keeps to this machine."""
        return LOOPBACK if self.sandbox_only else chosen.host


PROGRAMS = (
    Program("world", "umcloud.main.world", lambda chosen: chosen.carrier_port, sandbox_only=True),
    Program("web", "umcloud.main.web", lambda chosen: chosen.port),
    Program("line", "umcloud.main.line"),
    Program("worker", "umcloud.main.worker"),
)


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    guard: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY_SECONDS
    again_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs the programs until told to stop."""

    settings: Settings
    programs: Sequence[Program] = PROGRAMS
    out: TextIO = field(default_factory=lambda: sys.stdout)
    _stop: threading.Event = field(default_factory=threading.Event)
    _cluster: Cluster | None = None
    _children: list[_Child] = field(default_factory=list)

    def run(self, prepare: Callable[[Settings], Sequence[str]]) -> int:
        """Start everything, mind it, stop it on SIGINT or SIGTERM; return the exit code.

        `prepare` is called once the database answers and is migrated; what it returns is printed
        when all is ready. `HomeInUse` where a supervisor minds this home already.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        with sole_user(self.settings):
            try:
                self._start_database()
                told = prepare(self.settings)
                self._start_programs()
                self._say_ready(told)
                while not self._stop.wait(TICK_SECONDS):
                    self._mind()
            finally:
                self._stop_all()
        return 0

    def _say(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def _start_database(self) -> None:
        begun = time.monotonic()
        if not self.settings.database_url:
            self._cluster = embedded(self.settings)
            self._cluster.start()
            self._cluster.ensure_database()
            self.settings = replace(self.settings, database_url=self._cluster.url())
            self._say(f"postgres  started, data in {self._cluster.data}")
        migrate(self.settings.database_url)
        self._say(f"schema    up to date ({time.monotonic() - begun:.1f} s)")

    def _start_programs(self) -> None:
        (self.settings.home / "log").mkdir(exist_ok=True)
        for program in self.programs:
            if program.sandbox_only and not self.settings.sandbox:
                continue
            child = _Child(program)
            self._children.append(child)
            self._launch(child)
        # All load at once; each one copes with the others' not being there yet.
        for child in self._children:
            self._wait_ready(child)

    def _launch(self, child: _Child) -> None:
        name = child.program.name
        with self._log_of(name).open("ab") as log:
            child.process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", child.program.module],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C at the terminal is for the supervisor, which stops the rest in order.
                start_new_session=True,
                env={**os.environ, **self.settings.environment(), "PYTHONUNBUFFERED": "1"},
            )
        child.guard = die_with_me(child.process.pid)
        child.started = time.monotonic()
        self._note()

    def _wait_ready(self, child: _Child) -> None:
        port = child.program.port
        if port is None or child.process is None:
            self._say(f"{child.program.name:<9} started")
            return
        host, number = child.program.host(self.settings), port(self.settings)
        deadline = time.monotonic() + READY_SECONDS
        while not self._stop.is_set():
            if child.process.poll() is not None or time.monotonic() > deadline:
                words = self._last_words(child.program.name)
                raise DidNotStart(f"{child.program.name} did not start:\n{words}")
            if _listens(host, number):
                self._say(f"{child.program.name:<9} listens on {host}:{number}")
                return
            time.sleep(TICK_SECONDS)

    def _say_ready(self, told: Sequence[str]) -> None:
        if self._stop.is_set():
            return
        self._say("")
        for line in told:
            self._say(line)
        self._say("ready; Ctrl-C stops everything and loses nothing")

    def _mind(self) -> None:
        """Start again what has died: the database at once, programs with a growing delay."""
        if self._cluster is not None and not self._cluster.running:
            self._say("postgres  ended; starting it again")
            self._cluster.start()
            self._note()
        for child in self._children:
            self._mind_child(child, time.monotonic())

    def _mind_child(self, child: _Child, now: float) -> None:
        if child.process is None:
            if now >= child.again_at:
                self._launch(child)
            return
        code = child.process.poll()
        if code is None:
            return
        if now - child.started >= STEADY_SECONDS:
            child.delay = FIRST_DELAY_SECONDS
        name = child.program.name
        why = f"signal {-code}" if code < 0 else f"code {code}"
        self._say(
            f"{name:<9} ended ({why}); again in {child.delay:.1f} s; see {self._log_of(name)}"
        )
        self._let_go(child)
        child.again_at = now + child.delay
        child.delay = min(child.delay * 2, LONGEST_DELAY_SECONDS)

    def _let_go(self, child: _Child) -> None:
        if child.guard is not None:
            release(child.guard)
        child.process = child.guard = None

    def _stop_all(self) -> None:
        for child in reversed(self._children):
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children):
            if child.process is not None:
                try:
                    child.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    self._say(f"{child.program.name:<9} did not stop in time; killed")
                    child.process.kill()
                    child.process.wait()
                self._let_go(child)
        if self._cluster is not None:
            self._cluster.stop()
        (self.settings.home / "processes.json").unlink(missing_ok=True)
        self._say("stopped")

    def _note(self) -> None:
        """Write down who is who, for the chaos test and for people with `kill` in their hands."""
        pids = {
            child.program.name: child.process.pid
            for child in self._children
            if child.process is not None
        }
        if self._cluster is not None and self._cluster.pid is not None:
            pids["postgres"] = self._cluster.pid
        path = self.settings.home / "processes.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"supervisor": os.getpid(), **pids}), encoding="utf-8")
        fresh.replace(path)

    def _log_of(self, name: str) -> Path:
        return self.settings.home / "log" / f"{name}.log"

    def _last_words(self, name: str) -> str:
        return self._log_of(name).read_text(encoding="utf-8", errors="replace")[-3000:]


class DidNotStart(Exception):  # noqa: N818 - what a person reads
    """A program ended, or did not listen in time, when the cloud was started."""


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
