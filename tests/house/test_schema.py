"""`schema.sql` ≡ what the migrations make ≡ what the tables say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Copies
from umcloud.infra.postgres import Cluster
from umcloud.infra.schema import FIRST, SCHEMA, create_tables, dump, migrate

STALE = "run `./dev schema` after changing tables"


@pytest.fixture
def empty_url(cluster: Cluster, copies: Copies) -> Iterator[str]:
    name = "house_schema"
    cluster.ensure_database(name)
    yield cluster.url(name)
    copies.drop(cluster.url(name))


def test_the_migrations_make_the_schema(cluster: Cluster, empty_url: str) -> None:
    migrate(empty_url)
    made = dump(empty_url, cluster.program("pg_dump"))
    assert made == SCHEMA.read_text(encoding="utf-8"), STALE


def test_the_tables_make_the_schema(cluster: Cluster, empty_url: str) -> None:
    statements = create_tables(empty_url)
    made = dump(empty_url, cluster.program("pg_dump"))
    assert made == SCHEMA.read_text(encoding="utf-8"), STALE
    assert statements == FIRST.read_text(encoding="utf-8"), STALE


def test_migrating_twice_changes_nothing(cluster: Cluster, empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    made = dump(empty_url, cluster.program("pg_dump"))
    assert made == SCHEMA.read_text(encoding="utf-8"), STALE
