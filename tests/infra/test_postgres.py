"""The embedded PostgreSQL: killed, left behind, out of reach."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from umcloud.infra.postgres import Cluster, PostgresError


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="umcloud-pg-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def durable(home: Path) -> Iterator[Cluster]:
    made = Cluster(home, password="p w/%d@:")
    made.start()
    yield made
    made.stop()


def setting(cluster: Cluster, name: str) -> str:
    with psycopg.connect(cluster.url("postgres")) as connection:
        found = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert found is not None
    return str(found[0])


@pytest.mark.timeout(60)
def test_what_is_committed_survives_a_kill(durable: Cluster) -> None:
    durable.ensure_database("kept")
    durable.ensure_database("kept")
    url = durable.url("kept")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    assert durable.pid is not None
    os.kill(durable.pid, signal.SIGKILL)
    while durable.running:
        pass
    assert durable.pid is None
    durable.start()
    assert durable.url("kept") == url
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


@pytest.mark.timeout(60)
def test_it_is_durable_and_keeps_statements_out_of_its_log(durable: Cluster) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert setting(durable, name) == "on"
    with psycopg.connect(durable.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE phone (number text UNIQUE)")
        connection.execute("INSERT INTO phone VALUES ('13800138000')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO phone VALUES ('13800138000')")
    assert "13800138000" not in durable.log.read_text()


@pytest.mark.timeout(60)
def test_a_server_left_behind_is_taken_over(durable: Cluster, home: Path) -> None:
    second = Cluster(home, password="p w/%d@:")
    assert second.answers()
    second.start()
    assert not durable.running
    assert second.answers()
    second.stop()


@pytest.mark.timeout(60)
def test_a_pid_file_that_names_a_stranger_is_no_obstacle(durable: Cluster) -> None:
    durable.stop()
    (durable.data / "postmaster.pid").write_text(f"{os.getpid()}\n{durable.data}\n")
    durable.start()
    assert durable.answers()


@pytest.mark.timeout(60)
def test_why_it_does_not_start_is_told(durable: Cluster) -> None:
    durable.stop()
    (durable.data / "global" / "pg_control").unlink()
    with pytest.raises(PostgresError, match="could not find the database system"):
        durable.start()
