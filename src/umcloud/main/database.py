"""Which database an installation uses, and that only one supervisor minds it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from umcloud.infra.postgres import Cluster
from umcloud.infra.settings import Settings, kept_secret

POSTGRES_SECRET = "postgres.secret"  # noqa: S105 - a file's name


class HomeInUse(Exception):  # noqa: N818 - said to a person, who did nothing wrong
    """Another process minds this home."""


@contextmanager
def sole_user(settings: Settings) -> Iterator[None]:
    """Hold the home's lock; `HomeInUse` where somebody else does. A killed holder lets go."""
    with (settings.home / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeInUse(f"another umcloud is running in {settings.home}") from None
        yield


def embedded(settings: Settings) -> Cluster:
    """Return the installation's own PostgreSQL, durable; nothing is started."""
    return Cluster(settings.home, password=kept_secret(settings.home / POSTGRES_SECRET))


@contextmanager
def reachable(settings: Settings) -> Iterator[str]:
    """Give the database's URL for one command.

    That is your own server; or the embedded one if `umcloud up` runs it; or it is started for
    the command alone.
    """
    if settings.database_url:
        yield settings.database_url
        return
    cluster = embedded(settings)
    if cluster.answers():
        yield cluster.url()
        return
    with sole_user(settings):
        cluster.start()
        try:
            cluster.ensure_database()
            yield cluster.url()
        finally:
            cluster.stop()
