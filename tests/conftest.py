"""What every test may ask for: a database, a transaction, a deed and a moment."""

from __future__ import annotations

import itertools
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from umcloud.infra.db import Database, Tx
from umcloud.infra.postgres import Cluster
from umcloud.infra.schema import create_tables, migrate
from umcloud.kernel.act import SYSTEM, Act, Door

pytest_plugins = ["tests.browser"]

# No test judges by the wall clock, a busy machine's least of all.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Copies:
    """Makes databases as copies of one that the migrations built."""

    cluster: Cluster
    admin: psycopg.Connection

    def make(self) -> str:
        """Return the URL of a fresh, migrated, empty database."""
        name = f"copy_{next(_numbers)}"
        self.admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template_umcloud STRATEGY file_copy").format(
                sql.Identifier(name)
            )
        )
        return self.cluster.url(name)

    def drop(self, url: str) -> None:
        """Drop it, whoever is still connected."""
        name = url.rpartition("/")[2].partition("?")[0]
        self.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Return a PostgreSQL of this test session's own."""
    with tempfile.TemporaryDirectory(prefix="umcloud-tests-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = Cluster(home, password=secrets.token_hex(8), durable=False)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def copies(cluster: Cluster) -> Iterator[Copies]:
    """Return the copying machine: `make()` gives the URL of a fresh migrated database.

    `UMCLOUD_TEST_SCHEMA=tables` builds the original from the tables rather than the migrations:
    for working on tables before `./dev schema` has been run.
    """
    cluster.ensure_database("template_umcloud")
    original = cluster.url("template_umcloud")
    if os.environ.get("UMCLOUD_TEST_SCHEMA") == "tables":
        create_tables(original, unfinished=True)
    else:
        migrate(original)
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        yield Copies(cluster, admin)


@pytest.fixture(scope="session")
def shared_url(copies: Copies) -> str:
    """Return the database of those tests that commit nothing."""
    return copies.make()


@pytest.fixture
def database_url(copies: Copies) -> Iterator[str]:
    """Return the URL of a fresh, migrated, empty database of this test's own."""
    url = copies.make()
    yield url
    copies.drop(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return a fresh, migrated, empty database in which the test may commit."""
    opened = Database(database_url, application="test")
    yield opened
    await opened.close()


@pytest.fixture
async def tx(shared_url: str) -> AsyncIterator[Tx]:
    """Return a transaction that is rolled back at the end; nothing of it can be committed."""
    opened = Database(shared_url, pool_size=1, application="test")
    async with opened.engine.connect() as connection:
        yield Tx(connection, opened.bus)
        await connection.rollback()
    await opened.close()


@pytest.fixture
def now() -> datetime:
    """Return the moment of all tests: noon in Shanghai on 2 March 2026."""
    return datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def act(now: datetime) -> Act:
    """Return a deed of the platform itself."""
    return Act(SYSTEM, now, Door.CLI, UUID(int=1))
