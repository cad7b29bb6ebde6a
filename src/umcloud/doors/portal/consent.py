"""A new version of the agreement: nothing else is shown until it is accepted (P.2)."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.model import Right
from umcloud.domains.agreements import rules as agreement_rules
from umcloud.domains.agreements import service as agreements
from umcloud.domains.agreements.model import AgreementVersion, AgreementVersionId
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect, redirect_with_flash, render
from umcloud.doors.portal import rights
from umcloud.doors.portal.sign_up import (
    ACKNOWLEDGED,
    AUTHORITY,
    VERSION,
    clause_options,
    seconds_shown,
)
from umcloud.kernel.ids import MemberId

CONSENT = FormSpec(
    "consent", submit="agreements.agree_new", fields=(VERSION, ACKNOWLEDGED, AUTHORITY)
)


async def consent(request: Request) -> Response:
    """Show the text that must be accepted; home where none must."""
    version = await _missing(request)
    if version is None:
        return redirect(request, "/")
    return await _page(request, blank_form(request, CONSENT), version)


async def accept(request: Request) -> Response:
    """Record the consent."""
    context = context_of(request)
    version = await _missing(request)
    if version is None:
        return redirect(request, "/")
    text = agreement_rules.parse(version.text)
    spec = CONSENT.with_options("acknowledged", clause_options(request, text))
    form = await read_form(request, spec)
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                await agreements.accept(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    member_id=MemberId(context.person.person_id),
                    version_id=_shown_id(form, version),
                    acknowledged=frozenset(form.ticked("acknowledged")),
                    seconds_on_page=seconds_shown(request, form),
                    authority=form.is_ticked("authority"),
                )
            return redirect_with_flash(request, "/", "portal.consent.accepted")
    return await _page(request, form, version)


def _shown_id(form: Form, version: AgreementVersion) -> AgreementVersionId:
    try:
        return AgreementVersionId(UUID(form.text("version_id")))
    except ValueError:
        return version.id


async def _missing(request: Request) -> AgreementVersion | None:
    context = context_of(request)
    async with context.transaction() as tx:
        return await agreements.needs_consent(
            tx, context.account_id, context.act.now, locale=context.texts.locale
        )


async def _page(request: Request, form: Form, version: AgreementVersion) -> Response:
    text = agreement_rules.parse(version.text)
    form.spec = CONSENT.with_options("acknowledged", clause_options(request, text))
    form.typed["version_id"] = [str(version.id)]
    return await render(
        request,
        "portal/consent.html",
        form=form,
        may_accept=rights.has(context_of(request), Right.REPRESENT),
        version=version,
        text=text,
        ticked=form.typed.get("acknowledged", []),
    )


ROUTES = [Route("/consent", consent), Route("/consent", accept, methods=["POST"])]
