"""A list as a page and as a file: one way to fetch, the same filters, the same rows.

What a list says of itself stands in its `TableSpec`; here a page is read from the address, fetched
in one transaction and filled, and the file is streamed with some hundred rows in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.live import csv_response
from umcloud.doors.kit.table import (
    Cursor,
    Query,
    Table,
    TableSpec,
    csv_heading,
    csv_row,
    fill_table,
    read_query,
)
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.moments import day_begins

AT_ONCE: Final = 500
"""Rows of a file that are in memory."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows are asked for: those that fit the query, after a cursor, so many at the most."""

    query: Query
    after: Cursor | None
    limit: int

    @property
    def after_id(self) -> UUID | None:
        """Return the id after which the rows begin; the first rows where it is no id."""
        try:
            return UUID(self.after[0]) if self.after else None
        except ValueError:
            return None

    @property
    def after_number(self) -> int | None:
        """Return the number after which the rows begin; the first rows where it is none."""
        text = self.after[0] if self.after else ""
        return int(text) if text.isascii() and text.isdigit() else None

    def since(self, name: str = "since") -> datetime | None:
        """Return when the day of that filter begins in Shanghai."""
        day = self.query.day(name)
        return day_begins(day) if day else None

    def until(self, name: str = "until") -> datetime | None:
        """Return when the day of that filter is over in Shanghai."""
        day = self.query.day(name)
        return day_begins(day + timedelta(days=1)) if day else None


Fetch = Callable[[Tx, Slice], Awaitable[Sequence[Any]]]
CursorOf = Callable[[Any], Sequence[object]]
Write = Callable[[Texts, TableSpec, Any], Sequence[str]]


def by_id(row: Any) -> tuple[object, ...]:
    """Return the cursor of rows that are ordered by their ids."""
    return (row.id,)


async def listing(
    request: Request, spec: TableSpec, fetch: Fetch, cursor: CursorOf = by_id
) -> Table:
    """Return the page of the list that the address asks for."""
    query = read_query(request, spec)
    async with context_of(request).transaction() as tx:
        rows = await fetch(tx, Slice(query, query.after, query.limit + 1))
    return fill_table(request, spec, query, rows, cursor)


def csv_of(
    request: Request,
    spec: TableSpec,
    fetch: Fetch,
    filename: str,
    cursor: CursorOf = by_id,
    *,
    write: Write = csv_row,
) -> Response:
    """Return everything that fits the address's filters as a file; each part is a transaction."""
    context, query = context_of(request), read_query(request, spec)

    async def rows() -> AsyncIterator[Sequence[str]]:
        after: Cursor | None = None
        while True:
            async with context.transaction() as tx:
                found = await fetch(tx, Slice(query, after, AT_ONCE))
            for row in found:
                yield write(context.texts, spec, row)
            if len(found) < AT_ONCE:
                return
            after = tuple(map(str, cursor(found[-1])))

    return csv_response(filename, csv_heading(context.texts, spec), rows())
