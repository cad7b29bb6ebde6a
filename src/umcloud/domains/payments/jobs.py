"""What runs by the clock. Each may run again at any time."""

from __future__ import annotations

from datetime import date, timedelta

from umcloud.domains.payments import queries, service
from umcloud.domains.payments.model import Notice, StatementLine
from umcloud.domains.payments.ports import PaymentChannel
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.moments import shanghai_day

CHASE_AFTER = timedelta(minutes=2)


async def close_overdue(tx: Tx, act: Act) -> int:
    """Close payments nobody paid within their two hours; return how many (every minute)."""
    return await service.close_overdue(tx, act)


async def chase(tx: Tx, act: Act, channel: PaymentChannel, *, limit: int = 20) -> int:
    """Ask the channel about payments whose notice may be lost; return how many were asked.

    All are asked before the first is settled, so that no row is locked while the network is slow.
    """
    waiting = await queries.awaiting(
        tx, channel.name, older_than=act.now - CHASE_AFTER, limit=limit
    )
    known: list[Notice] = []
    for payment in waiting:
        notice = await channel.query(payment.number)
        if notice is not None:
            known.append(notice)
    for notice in known:
        await service.settle(tx, act, notice)
    return len(waiting)


async def import_statements(
    tx: Tx, act: Act, channel: PaymentChannel, *, limit: int = 31
) -> list[date]:
    """Fetch the statements of ended days that are missing; return the days (daily after 02:00)."""
    day = await queries.next_statement_day(tx, channel.name)
    if day is None:
        return []
    fetched: list[tuple[date, list[StatementLine]]] = []
    while day < shanghai_day(act.now) and len(fetched) < limit:
        fetched.append((day, await channel.statement(day)))
        day += timedelta(days=1)
    for ended, lines in fetched:
        await service.import_statement(tx, act, channel=channel.name, day=ended, lines=lines)
    return [ended for ended, _ in fetched]
