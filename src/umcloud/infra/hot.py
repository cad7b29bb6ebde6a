"""The hot path's connection: prepared statements, several of them in one round trip.

A batch is a list of calls of prepared statements, sent down PostgreSQL's pipeline with one sync at
its end, so a whole transaction costs two round trips whatever its size, and the server reuses its
plans. Values travel as PostgreSQL's binary formats (ADR 0031): nothing is quoted, and nothing has
to be taken apart again on the other side. The functions here are the only place that writes them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from struct import Struct
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

from umcloud.infra.db import Database

#: One result set: rows of cells, None for NULL. Whole numbers and truth values come as such, a
#: UUID as its 128-bit integer, everything else as text.
Rows = list[tuple[Any, ...]]

_FINE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_DAY = date(2000, 1, 1)

_INT2, _INT4, _INT8 = Struct(">h"), Struct(">i"), Struct(">q")
_HEADER = Struct(">iiIii")
"""Of an array: dimensions, whether it has NULLs, the elements' type, length, lowest index."""
_NULL = b"\xff\xff\xff\xff"
_EMPTY = bytes(8)
_UUID = 2950

Encode = Callable[[Any], bytes]


class Call(NamedTuple):
    """One run of a prepared statement, ready to be sent."""

    name: bytes
    values: list[bytes | None]
    formats: list[int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that every hot connection prepares under its name."""

    name: str
    types: str
    """The parameters' types, e.g. `int2[], uuid[]`; may be empty."""
    sql: str
    _encoders: tuple[Encode, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look the types up, so that a wrong one fails when the module is read."""
        object.__setattr__(self, "_encoders", tuple(_TYPES[t].encode for t in self._type_names))

    @property
    def _type_names(self) -> list[str]:
        return self.types.split(", ") if self.types else []

    @property
    def oids(self) -> list[int]:
        """The parameters' types by PostgreSQL's numbers."""
        return [_TYPES[name].oid for name in self._type_names]

    def call(self, *values: Any) -> Call:
        """Return the call with these values, one a parameter; None is NULL.

        A list goes to an array parameter, whole numbers to `int…`, a 128-bit integer to `uuid`,
        an aware datetime to `timestamptz`. Raises ValueError for a text that holds NUL, which
        PostgreSQL cannot store, and where the number of values is wrong.
        """
        encoded = [
            None if value is None else encode(value)
            for encode, value in zip(self._encoders, values, strict=True)
        ]
        return Call(self.name.encode(), encoded, [1] * len(encoded))


def _whole(values: Sequence[int | None], number: Struct, oid: int) -> bytes:
    if not values:
        return _empty(oid)
    size, pack = _INT4.pack(number.size), number.pack
    first = values[0]
    if values.count(first) == len(values) and first is not None:
        return _header(values, oid) + (size + pack(first)) * len(values)
    try:
        return _header(values, oid) + size + size.join([pack(value) for value in values])
    except struct.error:  # a None among them; a number too large raises again
        cells = [_NULL if value is None else size + pack(value) for value in values]
        return _header(values, oid, nulls=True) + b"".join(cells)


def _header(values: Sequence[object], oid: int, *, nulls: bool = False) -> bytes:
    return _HEADER.pack(1, nulls, oid, len(values), 1)


def _empty(oid: int) -> bytes:
    return _EMPTY + oid.to_bytes(4, "big")


def _int2s(values: Sequence[int | None]) -> bytes:
    return _whole(values, _INT2, 21)


def _int4s(values: Sequence[int | None]) -> bytes:
    return _whole(values, _INT4, 23)


def _int8s(values: Sequence[int | None]) -> bytes:
    return _whole(values, _INT8, 20)


_SIXTEEN = _INT4.pack(16)


def _uuid(value: int) -> bytes:
    return value.to_bytes(16, "big")


def _uuids(values: Sequence[int | None]) -> bytes:
    if not values:
        return _empty(2950)
    try:
        packed = [value.to_bytes(16, "big") for value in cast("Sequence[int]", values)]
    except AttributeError:  # a None among them, which is rare
        cells = [_NULL if v is None else _SIXTEEN + v.to_bytes(16, "big") for v in values]
        return _header(values, 2950, nulls=True) + b"".join(cells)
    return _header(values, 2950) + _SIXTEEN + _SIXTEEN.join(packed)


def _text(value: str) -> bytes:
    encoded = value.encode()
    if b"\0" in encoded:
        raise ValueError("text with a NUL character cannot be stored")
    return encoded


def _texts(values: Sequence[str | None]) -> bytes:
    if not values:
        return _empty(25)
    first = values[0]
    if values.count(first) == len(values):  # a class, a source, a tax code: one for the batch
        return _header(values, 25, nulls=first is None) + _text_cell(first) * len(values)
    try:
        encoded = [value.encode() for value in cast("Sequence[str]", values)]
    except AttributeError:
        return _header(values, 25, nulls=True) + b"".join([_text_cell(v) for v in values])
    pack = _INT4.pack
    body = b"".join(chain.from_iterable([(pack(len(cell)), cell) for cell in encoded]))
    # Lengths hold zero bytes too, so the texts themselves are looked through.
    if b"\0" in b"".join(encoded):
        raise ValueError("text with a NUL character cannot be stored")
    return _header(values, 25) + body


def _text_cell(value: str | None) -> bytes:
    if value is None:
        return _NULL
    encoded = _text(value)
    return _INT4.pack(len(encoded)) + encoded


def _bools(values: Sequence[bool]) -> bytes:
    if not values:
        return _empty(16)
    one = _INT4.pack(1)
    return _header(values, 16) + one + one.join([b"\1" if value else b"\0" for value in values])


def _moment(value: datetime) -> bytes:
    return _INT8.pack((value - _EPOCH) // _MICROSECOND)


def _moments(values: Sequence[datetime | None]) -> bytes:
    micros = [None if v is None else (v - _EPOCH) // _MICROSECOND for v in values]
    return _whole(micros, _INT8, 1184)


def _day(value: date) -> bytes:
    return _INT4.pack((value - _FIRST_DAY).days)


class _Type(NamedTuple):
    oid: int
    encode: Encode


#: PostgreSQL's types that the hot path sends, with their numbers in `pg_type`.
_TYPES = {
    "int2": _Type(21, _INT2.pack),
    "int8": _Type(20, _INT8.pack),
    "uuid": _Type(2950, _uuid),
    "text": _Type(25, _text),
    "timestamptz": _Type(1184, _moment),
    "date": _Type(1082, _day),
    "int2[]": _Type(1005, _int2s),
    "int4[]": _Type(1007, _int4s),
    "int8[]": _Type(1016, _int8s),
    "uuid[]": _Type(2951, _uuids),
    "text[]": _Type(1009, _texts),
    "bool[]": _Type(1000, _bools),
    "timestamptz[]": _Type(1185, _moments),
}


BEGIN = Prepared("begin", "", "BEGIN").call()
COMMIT = Prepared("commit", "", "COMMIT").call()
ROLLBACK = Prepared("rollback", "", "ROLLBACK").call()
_PLAIN = (BEGIN, COMMIT, ROLLBACK)


#: How plans are made. Index look-ups are preferred, since batches are small.
SETTINGS = (
    "SET plan_cache_mode = force_generic_plan; "
    "SET enable_hashjoin = off; "
    "SET enable_mergejoin = off; "
    "SET enable_seqscan = off; "
    # Joins run in the order they are written: from the batch's few rows to the big tables.
    "SET join_collapse_limit = 1; "
    "SET from_collapse_limit = 1; "
    "SET jit = off"
)


class HotConnection:
    """One connection of one writer. Not for concurrent use."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, database: Database, statements: Iterable[Prepared]) -> HotConnection:
        """Connect and prepare."""
        connection = await database.raw_connection()
        hot = cls(connection)
        try:
            await connection.execute(SETTINGS)
            connection.pgconn.enter_pipeline_mode()
            await hot._prepare(statements)
        except BaseException:
            await hot.close()
            raise
        return hot

    async def _prepare(self, statements: Iterable[Prepared]) -> None:
        pgconn = self._connection.pgconn
        for plain in _PLAIN:
            pgconn.send_prepare(plain.name, plain.name)
        for statement in statements:
            pgconn.send_prepare(statement.name.encode(), statement.sql.encode(), statement.oids)
        pgconn.pipeline_sync()
        await self._results()

    async def run(self, calls: Sequence[Call]) -> list[Rows]:
        """Make the calls in one round trip; return a result set for each.

        A server error is raised as psycopg's, and none of the calls after it was made; an open
        transaction then waits for `rollback`.
        """
        self.send(calls)
        return await self.answers()

    def send(self, calls: Sequence[Call]) -> None:
        """Make the calls; `answers` must be asked for before anything else."""
        pgconn = self._connection.pgconn
        send = pgconn.send_query_prepared
        for name, values, formats in calls:
            send(name, values, formats, 1)
        pgconn.pipeline_sync()

    async def answers(self) -> list[Rows]:
        """Return what `run` returns, of the calls that were sent."""
        return [_rows(result) for result in await self._results()]

    async def _results(self) -> list[PGresult]:
        results = await self._connection.wait(_exchange(self._connection.pgconn))
        for result in results:
            if result.status not in _FINE:
                raise _error(result)
        return results

    async def rollback(self) -> None:
        """Undo the open transaction."""
        await self.run([ROLLBACK])

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.closed


def _exchange(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """Send what is queued and return the results up to the sync, in order."""
    while pgconn.flush():
        ready = yield Wait.RW
        if ready & Ready.R:
            # The server answers early calls while later ones are still under way to it.
            pgconn.consume_input()
    results: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            if pgconn.status != ConnStatus.OK:
                raise psycopg.OperationalError("the connection is lost")
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)


def _error(result: PGresult) -> psycopg.Error:
    if result.error_field(DiagnosticField.SQLSTATE) is None:
        return psycopg.OperationalError("the connection is lost")
    return psycopg.errors.error_from_result(result)


def _rows(result: PGresult) -> Rows:
    if not result.ntuples:
        return []
    reader = Transformer()
    reader.set_pgresult(result, set_loaders=True)
    rows: Rows = reader.load_rows(0, result.ntuples, tuple)
    ids = [column for column in range(result.nfields) if result.ftype(column) == _UUID]
    if not ids:
        return rows
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for column in ids:
        columns[column] = [cell and cell.int for cell in columns[column]]
    return list(zip(*columns, strict=True))
