"""Lists as CSV files for spreadsheets: the page's filters and masks, a page of rows in memory.

Each export is written down before its first row leaves the house (C13.2).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from umcloud.domains.accounts import errors, rules
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.live import csv_response
from umcloud.doors.kit.table import Query, TableSpec, csv_heading
from umcloud.doors.kit.values import Exact, UnitPrice, words_of
from umcloud.doors.office.events import ListExported
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import AccountId
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.money import Money

AT_ONCE = 500
"""Rows that are in memory."""

Fetch = Callable[[Tx, Any, int], Awaitable[Sequence[Any]]]
"""Return up to so many rows after the row given; None stands before the first."""


async def export(
    request: Request,
    spec: TableSpec,
    query: Query,
    fetch: Fetch,
    *,
    account_id: AccountId | None = None,
) -> Response:
    """Write down who takes which list out, and stream it; each page has its own transaction."""
    context = context_of(request)
    async with context.transaction() as tx:
        told = ListExported(account_id, spec.name, filters_said(query))
        await tx.announce(context.act, told)

    async def rows() -> AsyncIterator[list[str]]:
        last: Any = None
        while True:
            async with context.transaction() as tx:
                found = await fetch(tx, last, AT_ONCE)
            for row in found:
                yield [cell(context.texts, column.of(row)) for column in spec.columns]
            if len(found) < AT_ONCE:
                return
            last = found[-1]

    day = shanghai_day(context.act.now).strftime("%Y%m%d")
    return csv_response(f"{spec.name}-{day}.csv", csv_heading(context.texts, spec), rows())


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
