"""The database: one engine for ordinary statements, raw connections for the hot path.

A `Tx` is an open transaction. Services receive one and never commit: the edge that opened it does.
"""

from __future__ import annotations

import select
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import DDL, MetaData, Table, event, text
from sqlalchemy.engine import CursorResult, Row, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql import Executable
from sqlalchemy.types import UserDefinedType

from umcloud.infra.bus import Bus, Event
from umcloud.kernel.act import Act

#: All tables of all slices register here; migrations and `schema.sql` are tested equal to it.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number, as a column type."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the name of the type."""
        return "XID8"


def _ddl(statement: str) -> DDL:
    # SQLAlchemy formats DDL with `%`, so a literal one is doubled.
    make = cast("Callable[[str], DDL]", DDL)
    return make(statement.replace("%", "%%"))


def before_all(statement: str) -> None:
    """Run the DDL before any table is made (functions that triggers name)."""
    event.listen(metadata, "before_create", _ddl(statement))


def after(table: Table, statement: str) -> None:
    """Run the DDL once the table is made: triggers, partitions, prepared shapes."""
    event.listen(table, "after_create", _ddl(statement))


def _refuse_lost(connection: Any, *_: object) -> None:
    """Let the pool connect anew where a pooled connection was lost, without asking the server.

    An idle connection has nothing to read. Where there is something, the server has said goodbye
    (it was restarted, or somebody ended this back end), and asking costs nothing.
    """
    below = cast("psycopg.AsyncConnection[Any]", connection.driver_connection)
    if below.closed or below.info.transaction_status is not TransactionStatus.IDLE:
        raise DisconnectionError
    waiting = select.poll()
    waiting.register(below.pgconn.socket, select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError


class Tx:
    """An open transaction on one connection."""

    def __init__(self, connection: AsyncConnection, bus: Bus) -> None:
        self.connection = connection
        self.bus = bus

    async def announce(self, act: Act, event: Event) -> None:
        """Tell whoever listens, in this transaction (see `infra.bus`)."""
        await self.bus.announce(self, act, event)

    async def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run a Core statement; errors are SQLAlchemy's."""
        return cast("CursorResult[Any]", await self.connection.execute(statement, parameters))

    async def sql(self, statement: str, **parameters: object) -> CursorResult[Any]:
        """Run plain SQL with `:name` parameters."""
        return await self.execute(text(statement), parameters or None)

    async def one_or_none(self, statement: Executable) -> Row[Any] | None:
        """Return the only row, or None; more than one row is an error."""
        return (await self.execute(statement)).one_or_none()

    async def all(self, statement: Executable) -> Sequence[Row[Any]]:
        """Return all rows."""
        return (await self.execute(statement)).all()

    async def raw(self) -> psycopg.AsyncConnection[Any]:
        """Return psycopg's connection below, inside the same transaction (COPY, jobs, notify)."""
        wrapped = await self.connection.get_raw_connection()
        return cast("psycopg.AsyncConnection[Any]", wrapped.driver_connection)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo what happens inside, and nothing else, where the block raises."""
        async with self.connection.begin_nested():
            yield


class Database:
    """A pool of connections to one PostgreSQL (≥ 16)."""

    def __init__(
        self,
        url: str,
        *,
        bus: Bus | None = None,
        pool_size: int = 12,
        application: str = "umcloud",
    ) -> None:
        """Take a libpq-style URL: `postgresql://user:password@host:port/name`."""
        self.url = url
        self.bus = bus or Bus()
        driver_url = make_url(url).set(drivername="postgresql+psycopg")
        self.engine: AsyncEngine = create_async_engine(
            driver_url,
            pool_size=pool_size,
            # None beyond the pool: a connection made and dropped again costs ten questions.
            max_overflow=0,
            # Those used last first: their server side has its plans and catalogue at hand.
            pool_use_lifo=True,
            hide_parameters=True,  # they are people's numbers, and errors end in logs
            connect_args={"application_name": application, "options": "-c timezone=UTC"},
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_lost)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Open a transaction; commit where the block ends well, roll back where it raises."""
        async with self.engine.begin() as connection:
            yield Tx(connection, self.bus)

    async def raw_connection(self, *, autocommit: bool = True) -> psycopg.AsyncConnection[Any]:
        """Open a connection outside the pool: hot path, LISTEN. The caller closes it."""
        plain = (
            make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        )
        return await psycopg.AsyncConnection.connect(
            plain, autocommit=autocommit, options="-c timezone=UTC"
        )

    async def close(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()
