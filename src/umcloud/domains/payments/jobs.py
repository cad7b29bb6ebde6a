"""What runs by the clock. Each may run again at any time."""

from __future__ import annotations

from datetime import date, timedelta

from umcloud.domains.payments import queries, service
from umcloud.domains.payments.model import StatementLine
from umcloud.domains.payments.ports import PaymentChannel
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.refusals import Refusal

MOST_FAILURES = 3
"""Failures in a row after which the channel is left alone until the next run."""


async def close_overdue(tx: Tx, act: Act) -> int:
    """Close payments whose channel says that nobody paid in time; return how many."""
    return await service.close_overdue(tx, act)


async def chase(database: Database, act: Act, channel: PaymentChannel, *, limit: int = 20) -> int:
    """Ask the channel about payments whose notice may be lost; return how many it answered.

    No transaction is open while the network is slow. A payment without an answer waits for its
    next turn, behind the others; a channel that fails again and again is left alone.
    """
    async with database.transaction() as tx:
        questions = await service.to_ask(tx, act, channel=channel.name, limit=limit)
    answered = failures = 0
    for question in questions:
        try:
            notice = await channel.query(question.payment.number)
        except Refusal:  # It is unavailable, or speaks with another's signature.
            failures += 1
            if failures == MOST_FAILURES:
                break
            continue
        failures = 0
        answered += 1
        async with database.transaction() as tx:
            await service.take_answer(tx, act, question.payment, notice)
    return answered


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
