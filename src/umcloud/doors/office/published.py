"""The published agreements; and whether the system keeps its promises."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.agreements import queries as agreements
from umcloud.domains.agreements import rules as agreement_rules
from umcloud.domains.agreements.model import AgreementVersionId
from umcloud.domains.audit import asking, runs, sweeps
from umcloud.domains.audit.model import AuditRun, Scope
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.render import redirect, redirect_with_flash, render
from umcloud.doors.kit.story import Fact, Tab
from umcloud.doors.kit.values import Badge, Code, Key, Link, Tone
from umcloud.doors.office.standing import PROMISES, id_in_path, office_of, only_staff
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import show

TABS = [
    Tab(Key("office.published.prices"), "/published/prices"),
    Tab(Key("office.published.versions"), "/published/versions"),
    Tab(Key("office.published.agreements"), "/published/agreements"),
]


RUNS_SHOWN = 10


@only_staff(*StaffRole)
async def agreement_list(request: Request) -> Response:
    """List every version of the user agreement in every language."""
    context = context_of(request)
    async with context.transaction() as tx:
        versions = await agreements.versions(tx)
    rows = [
        [
            Link(
                context.texts.ui("office.agreement.version", version=one.version),
                f"/published/agreements/{show('agr', one.id)}",
            ),
            Key(f"kit.language.{one.locale}"),
            one.effective_from,
            Badge(*_binding(context.texts, one.effective_from, context.act.now)),
            Code(one.sha256.hex()[:16]),
        ]
        for one in reversed(versions)
    ]
    return await render(request, "office/agreements.html", tabs=TABS, rows=rows)


def _binding(texts: Texts, since: datetime, now: datetime) -> tuple[str, Tone]:
    if since <= now:
        return texts.ui("office.agreement.begun"), Tone.GOOD
    return texts.ui("office.agreement.coming"), Tone.WAITING


@only_staff(*StaffRole)
async def agreement(request: Request) -> Response:
    """Show one text as customers read it."""
    context = context_of(request)
    version_id = AgreementVersionId(id_in_path(request, "agr"))
    async with context.transaction() as tx:
        version = await agreements.version(tx, version_id)
    if version is None:
        raise NothingHere
    text = agreement_rules.parse(version.text)
    facts = [
        Fact(Key("office.agreement"), text.title),
        Fact(Key("office.agreement.number"), version.version),
        Fact(Key("office.agreement.effective"), version.effective_from),
        Fact(Key("office.agreement.published"), version.published_at),
        Fact(Key("office.agreement.hash"), Code(version.sha256.hex())),
    ]
    return await render(request, "office/agreement.html", version=version, text=text, facts=facts)


def _about(texts: Texts, name: str) -> str | None:
    key = f"office.promise.{name}"
    return texts.ui(key) if texts.knows("ui", key) else None


@only_staff(*PROMISES)
async def promises(request: Request) -> Response:
    """Show what was checked when and over what, and what does not hold."""
    context = context_of(request)
    texts, asked = context.texts, office_of(request).promises.last
    async with context.transaction() as tx:
        new = await runs.latest(tx, RUNS_SHOWN, Scope.NEW)
        whole = await runs.latest(tx, RUNS_SHOWN, Scope.ALL)
        going = await sweeps.under_way(tx)
        broken = await sweeps.standing(tx)
    # Who has nothing to be asked each minute has not answered here.
    answers = asked.answers if asked else ()
    found = {answer.slice: answer for answer in answers if answer.questions}
    rows = [
        [
            Code(name),
            _about(texts, name),
            len(questions),
            sum(question.lately is not None for question in questions),
            _outcome(texts, len(found[name].violations)) if name in found else None,
        ]
        for name, questions in asking.found().items()
    ]
    return await render(
        request,
        "office/promises.html",
        broken=broken,
        going=going,
        asked=asked,
        whole=whole[0] if whole else None,
        new=new[0] if new else None,
        rows=rows,
        kept=[_row(texts, one) for one in [*whole, *new]],
    )


def _row(texts: Texts, one: AuditRun) -> list[object]:
    over = (
        Key("office.promises.over.all")
        if one.since is None
        else texts.ui("office.promises.over.new", since=one.since)
    )
    spent = texts.ui("office.promises.ms", n=one.milliseconds)
    return [one.begun_at, one.at, over, _outcome(texts, len(one.violations)), spent]


def _outcome(texts: Texts, violations: int) -> Badge:
    if violations:
        return Badge(texts.ui("office.promises.broken.short", n=violations), Tone.BAD)
    return Badge(Key("office.promises.kept.short"), Tone.GOOD)


@only_staff(StaffRole.FINANCE, StaffRole.NETWORK)
async def ask_promises(request: Request) -> Response:
    """Ask every slice now what is new, and let the worker check everything."""
    context = context_of(request)
    asked = await office_of(request).promises.ask(context.desk.transactions, context.act.now)
    violations = len(asked.run.violations)
    key = "office.promises.broken" if violations else "office.promises.kept"
    tone = "bad" if violations else "good"
    return redirect_with_flash(request, "/promises", key, tone=tone, n=violations)


@only_staff(*StaffRole)
async def published(request: Request) -> Response:
    """Lead to the prices."""
    return redirect(request, "/published/prices")


ROUTES = [
    Route("/published", published),
    Route("/published/agreements", agreement_list),
    Route("/published/agreements/{id}", agreement),
    Route("/promises", promises),
    Route("/promises", ask_promises, methods=["POST"]),
]
