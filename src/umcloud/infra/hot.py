"""The hot path's connection: prepared statements, several of them in one round trip.

A batch is written as `EXECUTE name(literal, …)` texts joined into one simple query, so a whole
transaction costs two round trips whatever its size, and the server reuses its plans. Arrays travel
as PostgreSQL array literals; the functions here are the only place that quotes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from umcloud.infra.db import Database

#: One result set: rows of text cells, None for NULL.
Rows = list[tuple[str | None, ...]]

_FINE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that every hot connection prepares under its name."""

    name: str
    types: str
    """The parameters' types, e.g. `int2[], uuid[]`; may be empty."""
    sql: str

    def call(self, *literals: str) -> str:
        """Return the text that runs it with these literals (see `ints`, `uuids`, `texts` …)."""
        return f"EXECUTE {self.name}({', '.join(literals)})" if literals else f"EXECUTE {self.name}"


def ints(values: Iterable[int]) -> str:
    """Return an array literal of whole numbers."""
    return "'{" + ",".join(map(str, values)) + "}'"


def uuids(values: Iterable[int | None]) -> str:
    """Return an array literal of UUIDs given as 128-bit integers."""
    given = list(values)
    try:
        packed = b"".join([v.to_bytes(16, "big") for v in cast("list[int]", given)])
    except AttributeError:  # a None among them, which is rare
        return "'{" + ",".join(["NULL" if v is None else f"{v:032x}" for v in given]) + "}'"
    return "'{" + packed.hex(",", 16) + "}'"


def read_uuid(text: str) -> int:
    """Return the 128-bit integer of a UUID as PostgreSQL writes it."""
    return int(text.replace("-", ""), 16)


def texts(values: Sequence[str | None]) -> str:
    """Return an array literal of texts; a text holding NUL cannot be stored and raises."""
    try:
        joined = '","'.join(values)  # type: ignore[arg-type]  # None raises, and is rare
    except TypeError:
        joined = ""
    # The separators bring two quotes a gap; any more belong to a value and need the slow way.
    plain = joined and joined.count('"') == 2 * (len(values) - 1) and "\\" not in joined
    body = f'"{joined}"' if plain else ",".join(map(_element, values))
    if "\x00" in body:
        raise ValueError("text with a NUL character cannot be stored")
    return "'{" + body.replace("'", "''") + "}'"


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def one(value: str | int | UUID | None) -> str:
    """Return the literal of a single value."""
    if value is None:
        return "NULL"
    text = str(value)
    if "\x00" in text:
        raise ValueError("text with a NUL character cannot be stored")
    return "'" + text.replace("'", "''") + "'"


class HotConnection:
    """One connection of one writer. Not for concurrent use."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, database: Database, statements: Iterable[Prepared]) -> HotConnection:
        """Connect and prepare; index look-ups are preferred, since batches are small."""
        hot = cls(await database.raw_connection())
        settings = [
            "SET plan_cache_mode = force_generic_plan",
            "SET enable_hashjoin = off",
            "SET enable_mergejoin = off",
            "SET enable_seqscan = off",
            # Joins run in the order they are written: from the batch's few rows to the big tables.
            "SET join_collapse_limit = 1",
            "SET from_collapse_limit = 1",
            "SET jit = off",
            "SET standard_conforming_strings = on",
        ]
        prepares = [
            f"PREPARE {s.name}{f' ({s.types})' if s.types else ''} AS {s.sql}" for s in statements
        ]
        try:
            await hot.run([*settings, *prepares])
        except BaseException:
            await hot.close()
            raise
        return hot

    async def run(self, calls: Sequence[str]) -> list[Rows]:
        """Run the texts in one round trip; return a result set for each.

        A server error is raised as psycopg's; an open transaction then waits for `rollback`.
        """
        pgconn = self._connection.pgconn
        pgconn.send_query("; ".join(calls).encode())
        results = await self._connection.wait(generators.execute(pgconn))
        for result in results:
            if result.status not in _FINE:
                raise psycopg.errors.error_from_result(result)
        return [_rows(result) for result in results]

    async def rollback(self) -> None:
        """Undo the open transaction."""
        await self.run(["ROLLBACK"])

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.closed


def _rows(result: PGresult) -> Rows:
    columns = range(result.nfields)
    get = result.get_value
    return [
        tuple(
            [
                cell.decode() if (cell := get(row, column)) is not None else None
                for column in columns
            ]
        )
        for row in range(result.ntuples)
    ]
