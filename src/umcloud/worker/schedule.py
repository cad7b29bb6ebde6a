"""What runs when. Every job may be repeated and may run in several workers at once.

A job says how much it did: while a greedy one finds much work it goes on at once, else it rests
for `every` seconds of real time. Moving the clock wakes all. Each runs in transactions of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from umcloud.domains.audit import asking
from umcloud.domains.audit import service as audit
from umcloud.domains.callbacks import jobs as callbacks
from umcloud.domains.inbound import jobs as inbound
from umcloud.domains.ledger import expiry, holds
from umcloud.domains.ledger import jobs as ledger
from umcloud.domains.messaging import counts
from umcloud.domains.messaging import jobs as messaging
from umcloud.domains.notifications import jobs as notifications
from umcloud.domains.orders import jobs as orders
from umcloud.domains.payments import jobs as payments
from umcloud.infra.partitions import ensure_days
from umcloud.kernel.moments import SHANGHAI, shanghai_day
from umcloud.worker.tools import Tools

DAYS_AHEAD = 8
"""Partitions that are there: today and a week more."""
BLOCK = 500
"""Journals that one block seals: a batch's has an entry for each of its wallets."""
FOLDED = 50
"""Blocks that are folded in one transaction."""
SWEEP_SECONDS = 4.0
"""How long everything is checked before the worker rests from it."""
STATEMENTS_FROM = 2
"""The hour in Shanghai from which payment companies have yesterday's statement."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that the worker does again and again."""

    name: str
    every: float
    """Seconds of rest after it found nothing, or once it is done."""
    run: Callable[[Tools], Awaitable[int]]
    greedy: bool = False
    full: int = 1
    """So much in one run lets a greedy one go on at once; after less it rests, to find more."""
    share: float = 1.0
    """How much of the time it may take; one that got slow rests longer."""


async def _follow_finals(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await callbacks.follow(tx, tools.act())


async def _call_endpoints(tools: Tools) -> int:
    return await tools.dispatcher.round()


async def _forget_callbacks(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await callbacks.forget(tx, tools.clock())


async def _follow_talks(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await inbound.follow(tx, tools.clock())


async def _gather_inbound(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        gathered = await inbound.gather(tx, tools.act())
    async with tools.database.transaction() as tx:
        return gathered + await callbacks.follow_replies(tx, tools.act())


async def _forget_inbound(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await inbound.forget(tx, tools.clock())


async def _count_days(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await messaging.fold_daily(tx)


async def _count_accepted(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await counts.fold_accepted(tx)


async def _end_silent(tools: Tools) -> int:
    return await messaging.end_silent(tools.database, await tools.hot(), tools.clock())


async def _end_late_silent(tools: Tools) -> int:
    hot = await tools.hot()
    return await messaging.end_silent(tools.database, hot, tools.clock(), late=True)


async def _close_days(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await messaging.close_days(tx, tools.clock())


async def _expire_keys(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await messaging.expire_idempotency(tx, tools.clock())


async def _send_mail(tools: Tools) -> int:
    report = await notifications.send_due(
        tools.database, tools.mail, tools.clock(), sealer=tools.sealer
    )
    return report.sent


async def _tell_everybody(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await notifications.tell_everybody(tx, tools.act(), sealer=tools.sealer)


async def _seal_audit(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await audit.seal(tx, tools.act())


async def _seal_journals(tools: Tools) -> int:
    # Short writing transactions: rows that are updated often keep old versions while one runs.
    async with tools.database.transaction() as tx:
        sealed = await ledger.seal(tx, tools.act(), BLOCK)
    while True:
        async with tools.database.transaction() as tx:
            if await ledger.fold_operator(tx, FOLDED) < FOLDED:
                return sealed


async def _expire_holds(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await holds.expire_holds(tx, tools.act())


async def _check_new(tools: Tools) -> int:
    run, _ = await asking.lately(tools.database, tools.questions, tools.clock())
    return len(run.violations)


async def _check_everything(tools: Tools) -> int:
    return await asking.sweep(tools.database, tools.questions, tools.clock, SWEEP_SECONDS)


async def _make_partitions(tools: Tools) -> int:
    first, made = shanghai_day(tools.clock()) - timedelta(days=1), 0
    for days in range(DAYS_AHEAD + 1):
        async with tools.database.transaction() as tx:
            # It locks the logs for a moment: better to come again than to hold up those who write.
            await tx.sql("SET LOCAL lock_timeout = '500ms'")
            made += await ensure_days(tx, first + timedelta(days=days), 1)
    return made


async def _close_payments(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await payments.close_overdue(tx, tools.act())


async def _chase_payments(tools: Tools) -> int:
    if tools.channel is None:
        return 0
    return await payments.chase(tools.database, tools.act(), tools.channel)


async def _import_statements(tools: Tools) -> int:
    act = tools.act()
    if tools.channel is None or act.now.astimezone(SHANGHAI).hour < STATEMENTS_FROM:
        return 0
    async with tools.database.transaction() as tx:
        return len(await payments.import_statements(tx, act, tools.channel))


async def _earn_packages(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await orders.recognise(tx, tools.act())


async def _void_gifts(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await expiry.void_expired(tx, tools.act())


async def _void_packages(tools: Tools) -> int:
    async with tools.database.transaction() as tx:
        return await orders.void_expired(tx, tools.act())


JOBS = (
    Job("log partitions", 600, _make_partitions),
    Job("finals to callbacks", 1.0, _follow_finals, greedy=True, full=callbacks.PAGE),
    Job("callbacks", 0.2, _call_endpoints, greedy=True),
    Job("inbound messages", 0.3, _gather_inbound, greedy=True),
    Job("who was written to last", 2, _follow_talks, greedy=True, share=0.2),
    Job("old inbound parts", 3600, _forget_inbound, greedy=True),
    Job("counts by day", 1, _count_days, greedy=True, full=5_000),
    Job("accepted by day", 5, _count_accepted, greedy=True, full=20_000, share=0.2),
    Job("news for everybody", 1, _tell_everybody, greedy=True, full=500),
    Job("mail", 1, _send_mail, greedy=True),
    Job("audit chain", 2, _seal_audit, greedy=True),
    Job("journal chain", 30, _seal_journals, greedy=True, full=BLOCK, share=0.1),
    Job("expired holds", 30, _expire_holds, greedy=True),
    Job("silent messages", 60, _end_silent, greedy=True),
    Job("silent messages handed over late", 3600, _end_late_silent, greedy=True),
    Job("closed days", 600, _close_days),
    Job("payments without notice", 60, _chase_payments, greedy=True, full=20),
    Job("overdue payments", 60, _close_payments),
    Job("payment statements", 1800, _import_statements),
    Job("expired vouchers and gifts", 3600, _void_gifts, greedy=True),
    Job("expired packages", 3600, _void_packages, greedy=True),
    Job("earned packages", 3600, _earn_packages, greedy=True),
    Job("old idempotency keys", 600, _expire_keys, greedy=True),
    Job("old callbacks", 3600, _forget_callbacks, greedy=True),
    Job("promises", 60, _check_new, share=0.02),
    Job("promises in full", 5, _check_everything, share=0.5),
)
