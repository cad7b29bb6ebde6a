"""Lists as CSV files for spreadsheets: the page's filters and masks, a page of rows in memory.

Each export is written down before its first row leaves the house (C13.2).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from umcloud.domains.accounts import errors, rules
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.listing import CursorOf, Fetch, by_id, csv_of
from umcloud.doors.kit.table import Query, TableSpec, read_query
from umcloud.doors.kit.values import Exact, UnitPrice, words_of
from umcloud.doors.office.events import ListExported
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import AccountId
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.money import Money


async def export(
    request: Request,
    spec: TableSpec,
    fetch: Fetch,
    cursor: CursorOf = by_id,
    *,
    account_id: AccountId | None = None,
) -> Response:
    """Write down who takes which list out, and stream it; each page has its own transaction."""
    context = context_of(request)
    async with context.transaction() as tx:
        told = ListExported(account_id, spec.name, filters_said(read_query(request, spec)))
        await tx.announce(context.act, told)
    day = shanghai_day(context.act.now).strftime("%Y%m%d")
    return csv_of(request, spec, fetch, f"{spec.name}-{day}.csv", cursor, write=_cells)


def _cells(texts: Texts, spec: TableSpec, row: Any) -> list[str]:
    return [cell(texts, column.of(row)) for column in spec.columns]


def filters_said(query: Query) -> tuple[str, ...]:
    """Return the filters as the log keeps them: contacts of people masked."""
    return tuple(f"{name}={_masked(value)}" for name, value in sorted(query.filters.items()))


def _masked(value: str) -> str:
    try:
        return rules.masked(rules.guess_contact(value))
    except errors.ContactMalformed:
        return value


def cell(texts: Texts, value: object) -> str:
    """Return a value as a spreadsheet reads it: plain numbers, moments in Shanghai's time."""
    if isinstance(value, Exact):
        return value.amount.plain()
    if isinstance(value, Money):
        return value.plain()
    if isinstance(value, UnitPrice):
        amount = value.amount
        return amount.plain() if isinstance(amount, Money) else f"{amount.normalize():f}"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return texts.moment(value)
    return words_of(texts, value)
