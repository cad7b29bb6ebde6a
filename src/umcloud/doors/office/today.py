"""Today: what waits and for how long, the lines, the money, and whether anything is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.audit import runs, sweeps
from umcloud.domains.ledger import explorer
from umcloud.domains.messaging import explain, queries
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.render import render
from umcloud.doors.kit.story import Stat
from umcloud.doors.kit.values import Key, Tone
from umcloud.doors.office.lines import line_rows
from umcloud.doors.office.review.pages import QUEUES
from umcloud.doors.office.standing import (
    BOOKS,
    MESSAGES,
    PROMISES,
    age_words,
    only_staff,
    reachable,
)
from umcloud.infra.db import Tx
from umcloud.kernel.moments import day_begins, shanghai_day
from umcloud.kernel.money import Money

TARGET = timedelta(hours=2)
"""How long an item may wait before it is marked."""
COLUMNS_SHOWN = 4


@only_staff(*StaffRole)
async def today(request: Request) -> Response:
    """Show the day at a glance; every figure leads to its list."""
    context = context_of(request)
    now = context.act.now
    async with context.transaction() as tx:
        waiting = await _queues(request, tx)
        counts = await queries.today(tx, None, now)
        flows = await explorer.flows(tx, day_begins(shanghai_day(now)))
        lines = await explain.lines(tx, now)
        latest = await runs.latest(tx)
        broken = await sweeps.standing(tx)
    return await render(
        request,
        "office/today.html",
        waiting=waiting,
        traffic=_traffic(request, counts),
        money=_money(request, flows),
        lines=lines,
        short_lines=[row[:COLUMNS_SHOWN] for row in line_rows(context.texts, lines)],
        no_line=not any(line.state == "enabled" for line in lines),
        run=latest[0] if latest else None,
        broken=broken,
        promises=reachable(request, "/promises", *PROMISES),
    )


async def _queues(request: Request, tx: Tx) -> list[Stat]:
    context = context_of(request)
    now, stats = context.act.now, []
    for name, queue in QUEUES.items():
        length = await queue.length(tx)
        oldest = await queue.waiting(tx, now, limit=1)
        age = now - oldest[0].since if oldest else timedelta()
        words = age_words(context.texts, age)
        note = context.texts.ui("office.today.oldest", age=words) if oldest else ""
        stats.append(
            Stat(
                Key(f"office.review.{name}"),
                length,
                reachable(request, f"/reviews/{name}", StaffRole.REVIEWER),
                note or Key("office.today.nothing_waits"),
                Tone.ATTENTION if age > TARGET else Tone.IDLE,
                "clipboard-check",
            )
        )
    return stats


def _traffic(request: Request, counts: queries.Counts) -> list[Stat]:
    def listed(query: str) -> str:
        return reachable(request, f"/messages{query}", *MESSAGES)

    return [
        Stat(Key("office.today.accepted"), counts.accepted, listed(""), icon="send"),
        Stat(
            Key("office.today.delivered"),
            counts.delivered,
            listed("?status=delivered"),
            icon="circle-check",
        ),
        Stat(Key("office.today.failed"), counts.failed, listed("?status=failed")),
        Stat(
            Key("office.today.unsettled"),
            counts.unknown + counts.rejected,
            listed("?status=unknown"),
            Key("office.today.unsettled.note"),
        ),
    ]


def _money(request: Request, flows: Sequence[explorer.Flow]) -> list[Stat]:
    def booked(path: str) -> str:
        return reachable(request, path, *BOOKS)

    received = -sum(flow.amount for flow in flows if flow.ledger_account.startswith("clearing:"))
    earned = sum(flow.amount for flow in flows if flow.ledger_account.startswith("revenue:"))
    # What packages earned leaves the deferred money again, and was sold all the same.
    sold = sum(flow.gained for flow in flows if flow.ledger_account.startswith("deferred:"))
    return [
        Stat(
            Key("office.today.received"),
            Money(received),
            booked("/ledger/journals?kind=recharge"),
            icon="coins",
        ),
        Stat(
            Key("office.today.packages"), Money(sold), booked("/ledger/journals?kind=package-order")
        ),
        Stat(Key("office.today.earned"), Money(earned), booked("/ledger")),
    ]


ROUTES = [Route("/", today)]
