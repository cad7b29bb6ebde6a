"""The schema: every slice's tables together, the migrations that make them, and a readable dump."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import MetaData, create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.pool import NullPool

import umcloud
from umcloud.infra.db import metadata
from umcloud.infra.postgres import Cluster

_PACKAGE = Path(umcloud.__file__).parent
MIGRATIONS = _PACKAGE / "migrations"
SCHEMA = MIGRATIONS / "schema.sql"
FIRST = MIGRATIONS / "versions" / "0001_first_message.sql"
LOCK_TIMEOUT_SECONDS = 5
_MIGRATING = 0x756D6967  # advisory lock: one migration at a time

_HEADER = "-- Written by `./dev schema` from the slices' tables; do not edit.\n\n"
_INDEX = re.compile(r"CREATE (UNIQUE )?INDEX ")
_SESSION = re.compile(r"^(SET |SELECT pg_catalog\.set_config|\\(un)?restrict |--)")


def load_tables() -> MetaData:
    """Import every module that declares tables and return the metadata with all of them."""
    for name in _modules():
        importlib.import_module(name)
    return metadata


def _modules() -> Iterator[str]:
    places = {*_PACKAGE.rglob("tables.py"), *_PACKAGE.rglob("tables/*.py")}
    places |= set((_PACKAGE / "infra").rglob("*.py"))
    for path in sorted(places):
        parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _connect(url: str) -> Connection:
    driver_url = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(driver_url, poolclass=NullPool).connect()


def create_tables(url: str, *, unfinished: bool = False) -> str:
    """Create everything straight from the tables and return the SQL that did it.

    `unfinished=True` leaves out foreign keys to tables that nobody has written yet.
    """
    tables = load_tables()
    if unfinished:
        _forget_dangling(tables)
    statements: list[str] = []

    def remember(_c: object, _k: object, statement: str, *_: object) -> None:
        # SQLAlchemy doubled the percent signs for the driver.
        statements.append(f"{statement.strip().replace('%%', '%')};\n")

    with _connect(url) as connection, connection.begin():
        event.listen(connection, "before_cursor_execute", remember)
        # By name: which slice happened to be imported first must not show in the migration.
        by_name = sorted(tables.tables.values(), key=lambda table: table.name)
        tables.create_all(connection, tables=by_name, checkfirst=False)
    whole = _HEADER + "\n".join(_settled(statements))
    return re.sub(r" +$", "", whole, flags=re.MULTILINE)


def _settled(statements: list[str]) -> Iterator[str]:
    """Put each table's indexes into one order; SQLAlchemy keeps them in a set."""
    for is_index, run in itertools.groupby(statements, lambda line: bool(_INDEX.match(line))):
        together = list(run)
        yield from sorted(together) if is_index else together


def _forget_dangling(tables: MetaData) -> None:
    for table in tables.tables.values():
        for constraint in list(table.foreign_key_constraints):
            targets = {key.target_fullname.rsplit(".", 1)[0] for key in constraint.elements}
            if targets - set(tables.tables):
                table.constraints.discard(constraint)
                for key in constraint.elements:
                    table.foreign_keys.discard(key)
                    key.parent.foreign_keys.discard(key)


class SchemaDiffers(Exception):  # noqa: N818 - said to a person, who did nothing wrong
    """The database was made by other migrations than the ones installed; nothing was changed."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the database was made by another version of umcloud: {why}. Go on with the version "
            "that made it; or, if nothing in it matters, remove the data folder (UMCLOUD_HOME) or "
            "drop the database (UMCLOUD_DATABASE_URL), then start again"
        )


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database to the newest schema; waits for another migration, never for a user.

    `SchemaDiffers` where other migrations made it. A lock that is not had within five seconds is an
    error (psycopg's `LockNotAvailable`), so that a migration cannot queue the whole platform up
    behind a long transaction.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with _connect(url) as connection, connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
        _check_made_by_these(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _record_fingerprints(connection)


def is_current(url: str) -> bool:
    """Return whether the database has the newest schema.

    `SchemaDiffers` where other migrations made it.
    """
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with _connect(url) as connection:
        _check_made_by_these(connection)
        return _applied(connection) == newest


def _applied(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _fingerprints(head: str) -> dict[str, str]:
    """Return the SHA-256 of every installed migration up to `head`, by revision.

    CommandError where `head` is not installed.
    A migration's words are its SQL file where it has one: how the module beside it is laid out
    makes no other tables.
    """
    found = {}
    installed = ScriptDirectory(str(MIGRATIONS))
    installed.get_revision(head)
    for script in installed.iterate_revisions(head, "base"):
        module = Path(script.path)
        words = module.with_suffix(".sql")
        made_of = words if words.exists() else module
        found[script.revision] = hashlib.sha256(made_of.read_bytes()).hexdigest()
    return found


def _check_made_by_these(connection: Connection) -> None:
    """Refuse a database whose migrations had these names and other words.

    Before the first release a migration is written anew with every change of a table, so the
    revision alone does not tell what a database has.
    """
    applied = _applied(connection)
    if applied is None:
        return
    try:
        ours = _fingerprints(applied)
    except CommandError:
        raise SchemaDiffers(f"its migration {applied} is unknown to this one") from None
    noted = connection.scalar(text("SELECT obj_description('alembic_version'::regclass)"))
    theirs = dict(pair.partition("=")[::2] for pair in (noted or "").split())
    for revision in sorted(ours):
        if theirs.get(revision) != ours[revision]:
            raise SchemaDiffers(f"its migration {revision} was another one")


def _record_fingerprints(connection: Connection) -> None:
    """Note beside the revision which words made it. A comment travels with every dump."""
    applied = _applied(connection)
    pairs = sorted(_fingerprints(applied).items()) if applied else []
    noted = " ".join(f"{revision}={digest}" for revision, digest in pairs)
    connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{noted}'"))


def dump(url: str, pg_dump: Path) -> str:
    """Return the database's schema as readable SQL: normalised, without owners and settings."""
    plain = make_url(url)
    finished = subprocess.run(
        [
            str(pg_dump),
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--exclude-table=alembic_version",
            "--dbname",
            plain._replace(password=None).render_as_string(),
        ],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PGPASSWORD": plain.password or "", "LC_ALL": "C.UTF-8"},
    )
    kept = [line for line in finished.stdout.splitlines() if not _SESSION.match(line)]
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return f"{_HEADER}{body}\n"


def write(maintenance_url: str, pg_dump: Path) -> None:
    """Write the first migration's SQL and `schema.sql` from the tables.

    `maintenance_url` leads to a cluster in which databases may be made and dropped.
    """
    scratch = "umcloud_schema"
    url = make_url(maintenance_url).set(database=scratch).render_as_string(hide_password=False)
    with psycopg.connect(maintenance_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {scratch}")
        admin.execute(f"CREATE DATABASE {scratch}")
        FIRST.write_text(create_tables(url), encoding="utf-8")
        SCHEMA.write_text(dump(url, pg_dump), encoding="utf-8")
        admin.execute(f"DROP DATABASE {scratch}")


def _write_from_scratch() -> None:
    with tempfile.TemporaryDirectory(prefix="umcloud-schema-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        cluster = Cluster(home, password="scratch", durable=False)  # noqa: S106 - lives a second
        cluster.start()
        try:
            write(cluster.url("postgres"), cluster.program("pg_dump"))
        finally:
            cluster.stop()


if __name__ == "__main__":
    _write_from_scratch()
    sys.stdout.write(f"written: {FIRST.name}, {SCHEMA.name}\n")
