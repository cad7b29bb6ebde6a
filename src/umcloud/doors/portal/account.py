"""The account: profile, agreements with their evidence, the operation log, sessions."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts import service as account_deeds
from umcloud.domains.accounts.model import AccountState, SignInId
from umcloud.domains.agreements import queries as agreements
from umcloud.domains.agreements import rules as agreement_rules
from umcloud.domains.agreements.model import AgreementVersionId
from umcloud.domains.identity import queries as identity
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Badge, Code, Key, Link, Tone
from umcloud.doors.portal import activity
from umcloud.doors.portal.shown import enum_key
from umcloud.kernel.ids import MemberId, read, show


async def profile(request: Request) -> Response:
    """Show who the account is and how far it is proved."""
    context = context_of(request)
    async with context.transaction() as tx:
        owner = await accounts.account(tx, context.account_id)
        people = await accounts.members(tx, context.account_id)
        level = await identity.level(tx, context.account_id)
    if owner is None:
        raise NothingHere
    active = owner.state is AccountState.ACTIVE
    facts = [
        Fact(Key("portal.account.name"), owner.name),
        Fact(Key("portal.id"), Code(show("acc", owner.id))),
        Fact(
            Key("portal.state"),
            Badge(Key(enum_key(owner.state)), Tone.GOOD if active else Tone.BAD),
        ),
        Fact(Key("portal.account.level"), Link(Key(enum_key(level)), "/account/verification")),
        Fact(Key("portal.created_at"), owner.created_at),
    ]
    names = context.texts.say(tuple(one.name for one in people))
    facts.append(Fact(Key("portal.nav.team"), Link(names, "/account/team")))
    if owner.frozen_reason:
        facts.append(Fact(Key("portal.reason"), Key(enum_key(owner.frozen_reason))))
    return await render(request, "portal/account.html", facts=facts)


async def consents(request: Request) -> Response:
    """List the agreements accepted and the texts published."""
    context = context_of(request)
    async with context.transaction() as tx:
        found = await agreements.consents(tx, context.account_id)
        versions = await agreements.versions(tx)
    broken = agreement_rules.verify_chain(context.account_id, found)
    rows: list[list[object]] = [
        [
            one.facts.at,
            Link(
                one.facts.version,
                f"/account/agreements/{show('agr', one.facts.version_id)}",
            ),
            ", ".join(one.facts.acknowledged),
            one.facts.seconds_on_page,
            Code(agreement_rules.show_hash(one.facts.sha256)[:17]),
        ]
        for one in reversed(found)
    ]
    texts: list[list[object]] = [
        [
            Link(one.version, f"/account/agreements/{show('agr', one.id)}"),
            Key(f"kit.language.{one.locale}"),
            one.effective_from,
            one.published_at,
        ]
        for one in reversed(versions)
    ]
    return await render(
        request, "portal/agreements.html", rows=rows, texts_published=texts, broken=broken
    )


async def agreement(request: Request) -> Response:
    """Show one published text, in force or not (P.2)."""
    try:
        version_id = AgreementVersionId(read("agr", request.path_params["version"]))
    except ValueError:
        raise NothingHere from None
    async with context_of(request).transaction() as tx:
        version = await agreements.version(tx, version_id)
    if version is None:
        raise NothingHere
    return await render(
        request,
        "portal/agreement.html",
        version=version,
        text=agreement_rules.parse(version.text),
        fingerprint=agreement_rules.show_hash(version.sha256),
    )


async def evidence(request: Request) -> Response:
    """Hand out all that proves the consents, to be checked without us (P.1)."""
    context = context_of(request)
    async with context.transaction() as tx:
        found = await agreements.evidence(tx, context.account_id)
    name = f"consent-evidence-{show('acc', context.account_id)}.json"
    return JSONResponse(found, headers={"content-disposition": f'attachment; filename="{name}"'})


async def sessions(request: Request) -> Response:
    """List where the person is signed in."""
    context = context_of(request)
    async with context.transaction() as tx:
        found = await accounts.member_sessions(
            tx, MemberId(context.person.person_id), context.act.now
        )
    return await render(
        request, "portal/sessions.html", sessions=found, here=context.person.session_id
    )


async def end_session(request: Request) -> Response:
    """End one of them."""
    context = context_of(request)
    try:
        session_id = SignInId(UUID(request.path_params["session"]))
    except ValueError:
        raise NothingHere from None
    async with context.transaction() as tx:
        await account_deeds.end_session(
            tx,
            context.act,
            member_id=MemberId(context.person.person_id),
            session_id=session_id,
        )
    return redirect_with_flash(request, "/account/sessions", "portal.sessions.ended")


async def end_others(request: Request) -> Response:
    """End all but this one."""
    context = context_of(request)
    async with context.transaction() as tx:
        count = await account_deeds.end_other_sessions(
            tx,
            context.act,
            member_id=MemberId(context.person.person_id),
            keep=SignInId(context.person.session_id),
        )
    return redirect_with_flash(
        request, "/account/sessions", "portal.sessions.others_ended", count=count
    )


ROUTES = [
    Route("/account", profile),
    Route("/account/agreements", consents),
    Route("/account/agreements/evidence.json", evidence),
    Route("/account/agreements/{version}", agreement),
    *activity.ROUTES,
    Route("/account/sessions", sessions),
    Route("/account/sessions/others", end_others, methods=["POST"]),
    Route("/account/sessions/{session}", end_session, methods=["POST"]),
]
