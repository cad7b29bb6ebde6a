"""Home: the first steps until they are done, then today's figures."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import AccountState
from umcloud.domains.identity import queries as identity
from umcloud.domains.identity.model import ApplicationState
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger.model import UnitBalance
from umcloud.domains.messaging import queries as messaging
from umcloud.domains.messaging.queries import Counts, DayCounts, SearchFilter
from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.templates import queries as templates
from umcloud.doors.kit.context import RequestContext, context_of
from umcloud.doors.kit.render import render
from umcloud.doors.kit.story import Chart, Series, Stat, Task
from umcloud.doors.kit.values import Key, Percent, Tone
from umcloud.infra.db import Tx
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.money import Money

CHART_DAYS = 7
_REVIEWED = {
    ApplicationState.DRAFT: "draft",
    ApplicationState.SUBMITTED: "submitted",
    ApplicationState.REFUSED: "refused",
    ApplicationState.APPROVED: "approved",
}


async def home(request: Request) -> Response:
    """Show what to do next, or how today goes."""
    context = context_of(request)
    now, account_id = context.act.now, context.account_id
    async with context.transaction() as tx:
        owner = await accounts.account(tx, account_id)
        balance = await books.balance(tx, account_id)
        units = await books.units(tx, account_id, now)
        tasks = await _tasks(tx, context, funded=balance.available > 0 or bool(units))
        today = await messaging.today(tx, account_id, now)
        last = shanghai_day(now)
        days = await messaging.daily(tx, account_id, last - timedelta(days=CHART_DAYS - 1), last)
    return await render(
        request,
        "portal/home.html",
        first_visit=any(task.state != "done" for task in tasks),
        tasks=tasks,
        stats=_stats(context, today, Money(balance.available), units),
        chart=_chart(days),
        account=owner,
        stopped=owner is not None and owner.state is not AccountState.ACTIVE,
    )


async def _tasks(tx: Tx, context: RequestContext, *, funded: bool) -> list[Task]:
    account_id = context.account_id
    application = await identity.current(tx, account_id)
    told = _REVIEWED[application.state] if application else "none"
    signed = await signatures.counts(tx, account_id)
    written = await templates.counts(tx, account_id)
    sent = await messaging.search(tx, SearchFilter(account_id=account_id), limit=1)
    steps = [
        ("agree", True, "done", "/account/agreements"),
        ("verify", told == "approved", told, "/account/verification"),
        ("signature", signed[ReviewState.APPROVED] > 0, _review(signed), _to("signatures", signed)),
        (
            "template",
            written[ReviewState.APPROVED] > 0,
            _review(written),
            _to("templates", written),
        ),
        ("money", funded or bool(sent), "none", "/costs/recharge"),
        ("message", bool(sent), "done" if sent else "none", "/send"),
    ]
    tasks = []
    reached = False
    for name, done, state, href in steps:
        current = not done and not reached
        reached = reached or current
        key = f"portal.task.{name}"
        tasks.append(
            Task(
                title=Key(key),
                text=Key(f"{key}.{'done' if done else state}"),
                state="done" if done else ("now" if current else "later"),
                href=href,
                action=Key("kit.open") if done else Key(f"{key}.act"),
            )
        )
    return tasks


def _review(counts: dict[ReviewState, int]) -> str:
    if counts[ReviewState.WAITING] or counts[ReviewState.IN_REVIEW]:
        return "submitted"
    return "refused" if counts[ReviewState.REJECTED] else "none"


def _to(path: str, counts: dict[ReviewState, int]) -> str:
    return f"/{path}" if any(counts.values()) else f"/{path}/new"


def _stats(
    context: RequestContext, today: Counts, available: Money, units: list[UnitBalance]
) -> list[Stat]:
    ended = today.delivered + today.failed + today.unknown + today.rejected
    since = f"/records?since={shanghai_day(context.act.now).isoformat()}"
    refused = context.texts.ui("portal.home.failed.note", count=today.rejected)
    rate = Decimal(today.delivered) / ended if ended else None
    return [
        Stat(Key("portal.home.sent"), today.accepted, since, icon="send"),
        Stat(
            Key("portal.home.rate"),
            Percent(rate),
            f"{since}&status=delivered",
            note=Key("portal.home.rate.note"),
            tone=Tone.GOOD,
            icon="check",
        ),
        Stat(
            Key("portal.home.failed"),
            today.failed,
            f"{since}&status=failed",
            note=refused if today.rejected else "",
            icon="alert-circle",
        ),
        Stat(Key("portal.home.balance"), available, "/costs", icon="wallet"),
        Stat(
            Key("portal.home.units"),
            sum(unit.remaining for unit in units),
            "/costs/packages",
            icon="package",
        ),
    ]


def _chart(days: list[DayCounts]) -> Chart:
    return Chart(
        Key("portal.home.chart"),
        tuple(f"{day.day:%m-%d}" for day in days),
        (
            Series(Key("portal.home.chart.accepted"), tuple(d.counts.accepted for d in days)),
            Series(
                Key("portal.home.chart.delivered"),
                tuple(d.counts.delivered for d in days),
                Tone.GOOD,
            ),
            Series(
                Key("portal.home.chart.failed"),
                tuple(d.counts.failed + d.counts.rejected for d in days),
                Tone.BAD,
            ),
        ),
    )


ROUTES = [Route("/", home)]
