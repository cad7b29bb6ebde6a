"""Tables: a specification, what the address asks for, one page of rows.

Paging is by key: a row's cursor leads to the rows after it, so nothing is skipped or shown twice
while rows arrive. The way back is the trail of cursors that the address carries.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.values import is_numeric, words_of
from umcloud.infra.i18n import Texts

PAGE_SIZES: Final = (20, 50, 100)
LONGEST_TRAIL: Final = 30
_LONGEST_VALUE: Final = 200

Cursor = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `label` is a ui key; without `value` the row's attribute of that name is shown."""

    name: str
    label: str
    value: Callable[[Any], object] | None = None
    sortable: bool = False
    numeric: bool = False
    optional: bool = False
    """Hidden until the reader chooses it."""
    wide: bool = False
    """May break into lines; others stay on one."""

    def of(self, row: object) -> object:
        """Return the cell of a row."""
        return self.value(row) if self.value else getattr(row, self.name)


@dataclass(frozen=True, slots=True)
class Filter:
    """A way to narrow: `kind` is choice, text or day. `label` is a ui key."""

    name: str
    label: str
    kind: str = "text"
    options: tuple[Option, ...] = ()
    placeholder: str = ""
    unset: str = "kit.table.all"
    """What is shown while nothing was chosen, as a ui key."""


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty table says: what would be here, and how to make the first one (ui keys)."""

    title: str
    text: str
    icon: str = "inbox"
    action: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of one screen. `sort` is a column's name, after a minus for descending."""

    name: str
    columns: tuple[Column, ...]
    empty: Empty
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    page_size: int = 20
    detail: Callable[[Any], str] | None = None
    """Where a row leads, as `ctx.url` takes it."""
    export: str = ""
    """Path of the CSV of the same filters; no link where empty."""

    def with_options(self, name: str, options: tuple[Option, ...]) -> TableSpec:
        """Return the same table with the choices of one filter, known only at run time."""
        filters = tuple(
            replace(one, options=options) if one.name == name else one for one in self.filters
        )
        return replace(self, filters=filters)


@dataclass(frozen=True, slots=True)
class Query:
    """What the address asks for; unknown names and values are left out."""

    filters: Mapping[str, str]
    sort: str
    descending: bool
    after: Cursor | None
    """The cursor of the last row of the page before; None for the first page."""
    limit: int
    """Rows on a page; ask the database for `limit + 1`."""
    columns: tuple[str, ...]
    trail: tuple[str, ...]

    def __getitem__(self, name: str) -> str | None:
        return self.filters.get(name)

    def day(self, name: str) -> date | None:
        """Return a filter of kind day."""
        text = self.filters.get(name)
        return date.fromisoformat(text) if text else None


def read_query(request: Request, spec: TableSpec) -> Query:
    """Return what the address asks of this table."""
    asked = request.query_params
    filters = {}
    for one in spec.filters:
        text = asked.get(one.name, "").strip()[:_LONGEST_VALUE]
        if text and _fits(one, text):
            filters[one.name] = text
    sort = asked.get("sort", spec.sort)
    if sort.lstrip("-") not in {column.name for column in spec.columns if column.sortable}:
        sort = spec.sort
    size = asked.get("size", "")
    shown = asked.getlist("col")
    every = [column for column in spec.columns if not column.optional or column.name in shown]
    return Query(
        filters=filters,
        sort=sort.lstrip("-"),
        descending=sort.startswith("-"),
        after=_decode(asked.get("after", "")),
        limit=int(size) if size in map(str, PAGE_SIZES) else spec.page_size,
        columns=tuple(column.name for column in every),
        trail=tuple(asked.get("trail", "").split("."))[-LONGEST_TRAIL:] if "trail" in asked else (),
    )


def _fits(one: Filter, text: str) -> bool:
    if one.kind == "choice":
        return text in {option.value for option in one.options}
    if one.kind == "day":
        try:
            date.fromisoformat(text)
        except ValueError:
            return False
    return True


def encode_cursor(cursor: Sequence[object]) -> str:
    """Return a cursor as an address carries it."""
    body = json.dumps([str(one) for one in cursor], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _decode(text: str) -> Cursor | None:
    if not text:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    return tuple(map(str, found)) if isinstance(found, list) else None


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and how it stands."""

    value: object
    numeric: bool
    wide: bool
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells and where it leads."""

    cells: tuple[Cell, ...]
    href: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """One page, ready for `kit.table`."""

    spec: TableSpec
    query: Query
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    path: str
    next_cursor: str | None
    total: int | None = None

    @property
    def is_bare(self) -> bool:
        """Tell whether there is nothing at all yet, rather than nothing that fits."""
        return not self.rows and not self.query.filters and self.query.after is None

    @property
    def chips(self) -> list[tuple[Filter, str, str]]:
        """Return (filter, value as words, address without it)."""
        return [
            (one, self._words(one), self._address(filters=self._without(one.name)))
            for one in self.spec.filters
            if one.name in self.query.filters
        ]

    def _words(self, one: Filter) -> str:
        value = self.query.filters[one.name]
        return next((option.text for option in one.options if option.value == value), value)

    def _without(self, name: str) -> dict[str, str]:
        return {key: value for key, value in self.query.filters.items() if key != name}

    def _address(self, **changes: Any) -> str:
        query = self.query
        filters = changes.get("filters", query.filters)
        pairs = list(filters.items())
        sort = changes.get("sort", f"{'-' if query.descending else ''}{query.sort}")
        if sort and sort != self.spec.sort:
            pairs.append(("sort", sort))
        size = changes.get("size", query.limit)
        if size != self.spec.page_size:
            pairs.append(("size", str(size)))
        optional = {column.name for column in self.spec.columns if column.optional}
        pairs += [("col", name) for name in changes.get("col", query.columns) if name in optional]
        pairs += [(name, changes[name]) for name in ("after", "trail") if changes.get(name)]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    @property
    def clear_href(self) -> str:
        """Return the address without any filter."""
        return self._address(filters={})

    @property
    def export_href(self) -> str:
        """Return the address of the CSV with the same filters."""
        pairs = list(self.query.filters.items())
        return f"{self.spec.export}?{urlencode(pairs)}" if pairs else self.spec.export

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what the filter form must carry besides the filters."""
        _, _, query = self._address(filters={}).partition("?")
        return parse_qsl(query)

    def sort_href(self, column: Column) -> str:
        """Return the address sorted by a column; again, the other way round."""
        same = self.query.sort == column.name
        return self._address(
            sort=column.name if same and self.query.descending else f"-{column.name}"
        )

    def toggle_href(self, column: Column) -> str:
        """Return the address that shows an optional column, or hides it again."""
        shown = self.query.columns
        others = tuple(name for name in shown if name != column.name)
        return self._address(col=others if column.name in shown else (*shown, column.name))

    @property
    def next_href(self) -> str | None:
        """Return the address of the following rows, where there are any."""
        if self.next_cursor is None:
            return None
        here = encode_cursor(self.query.after) if self.query.after else "0"
        trail = [*self.query.trail, here][-LONGEST_TRAIL:]
        return self._address(after=self.next_cursor, trail=".".join(trail))

    @property
    def previous_href(self) -> str | None:
        """Return the address of the rows before; None on the first page."""
        if not self.query.after:
            return None
        *before, last = self.query.trail or ("0",)
        return self._address(after="" if last == "0" else last, trail=".".join(before))

    @property
    def page_number(self) -> int:
        """Return which page this is, as far as the trail remembers."""
        return len(self.query.trail) + 1


def fill_table(
    request: Request,
    spec: TableSpec,
    query: Query,
    rows: Sequence[Any],
    cursor: Callable[[Any], Sequence[object]],
    *,
    total: int | None = None,
) -> Table:
    """Return one page out of up to `query.limit + 1` rows; `cursor` gives a row's sort key."""
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    context = context_of(request)
    columns = tuple(column for column in spec.columns if column.name in query.columns)
    return Table(
        spec=spec,
        query=query,
        rows=tuple(_row(spec, columns, row, context.texts) for row in shown),
        columns=columns,
        path=context.url(context.path),
        next_cursor=encode_cursor(cursor(shown[-1])) if more else None,
        total=total,
    )


def fill_listed(request: Request, spec: TableSpec, query: Query, rows: Sequence[Any]) -> Table:
    """Return one page of rows that are in memory as a whole; the cursor is a place among them."""
    text = query.after[0] if query.after else "0"
    start = int(text) if text.isascii() and text.isdigit() else 0
    shown = rows[start : start + query.limit + 1]
    places = {id(row): place for place, row in enumerate(shown, start + 1)}
    return fill_table(
        request, spec, query, shown, cursor=lambda row: (places[id(row)],), total=len(rows)
    )


def _row(spec: TableSpec, columns: Iterable[Column], row: Any, texts: Texts) -> Row:
    cells = []
    for column in columns:
        value = column.of(row)
        numeric = column.numeric or is_numeric(value)
        cells.append(Cell(value, numeric, column.wide, texts.ui(column.label)))
    return Row(tuple(cells), spec.detail(row) if spec.detail else None)


def csv_heading(texts: Texts, spec: TableSpec) -> list[str]:
    """Return the names of all columns for a CSV."""
    return [texts.ui(column.label) for column in spec.columns]


def csv_row(texts: Texts, spec: TableSpec, row: Any) -> list[str]:
    """Return a row's cells as words for a CSV; phones stay masked as on the screen."""
    return [words_of(texts, column.of(row)) for column in spec.columns]
