"""A database made by other migrations than these is refused, and nothing of it is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Copies
from umcloud.infra.postgres import Cluster
from umcloud.infra.schema import SchemaDiffers, is_current, migrate
from umcloud.main.command import main


@pytest.fixture
def made(cluster: Cluster, copies: Copies) -> Iterator[str]:
    """Return the URL of a database that these migrations made."""
    cluster.ensure_database("infra_schema")
    url = cluster.url("infra_schema")
    migrate(url)
    yield url
    copies.drop(url)


def change(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_the_same_migrations_go_on(made: str) -> None:
    assert is_current(made)
    migrate(made)
    assert is_current(made)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("COMMENT ON TABLE alembic_version IS '0001=0123abcd'", "0001 was another one"),
        # Made by a checkout from before fingerprints were kept.
        ("COMMENT ON TABLE alembic_version IS NULL", "0001 was another one"),
        ("UPDATE alembic_version SET version_num = '9876'", "9876 is unknown"),
    ],
)
def test_a_database_of_another_checkout_is_refused(made: str, damage: str, why: str) -> None:
    change(made, damage)
    with pytest.raises(SchemaDiffers, match=why):
        migrate(made)
    with pytest.raises(SchemaDiffers, match=why):
        is_current(made)


def test_an_empty_database_has_no_migrations_to_differ(cluster: Cluster, copies: Copies) -> None:
    cluster.ensure_database("infra_empty")
    assert not is_current(cluster.url("infra_empty"))
    copies.drop(cluster.url("infra_empty"))


@pytest.mark.parametrize("command", ["migrate", "audit"])
def test_the_command_says_what_to_do(
    made: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(made, "COMMENT ON TABLE alembic_version IS '0001=0123abcd'")
    monkeypatch.setenv("UMCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("UMCLOUD_DATABASE_URL", made)
    assert main([command]) == 1
    said = capsys.readouterr().err
    assert said.startswith("umcloud: the database was made by another version")
    assert "UMCLOUD_HOME" in said
    assert "version that made it" in said
