"""Proving which organisation is behind the account (C3.1, C3.2)."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.identity import queries
from umcloud.domains.identity import service as identity
from umcloud.domains.identity.model import Application, ApplicationState, Document, DocumentKind
from umcloud.doors.kit.context import RequestContext, context_of
from umcloud.doors.kit.fields import File, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Code, Key
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.shown import enum_key, state_badge

MOST_BYTES = 4 * 1024 * 1024
TRY_USCC = "91110108MA9999996Y"
"""A code whose check characters fit (GB 32100), for somebody who tries the sandbox."""
ORGANISATION = FormSpec(
    "organisation",
    submit="portal.verification.submit",
    fields=(
        Text(name="name", label="portal.verification.name", help="portal.verification.name.help"),
        Text(
            name="uscc",
            label="portal.verification.uscc",
            help="portal.verification.uscc.help",
            max_length=18,
        ),
        Text(name="legal_person", label="portal.verification.legal_person", max_length=60),
        File(
            name="licence",
            label="portal.verification.licence",
            help="portal.verification.licence.help",
            most_bytes=MOST_BYTES,
        ),
        File(
            name="authorisation",
            label="portal.verification.authorisation",
            help="portal.verification.authorisation.help",
            most_bytes=MOST_BYTES,
            required=False,
        ),
    ),
)
_BLAME = {
    "identity.uscc_malformed": "uscc",
    "identity.name_malformed": "name",
    "identity.documents_missing": "licence",
    "identity.document_unreadable": "licence",
    "identity.document_too_large": "licence",
}
_OPEN = {None, ApplicationState.DRAFT, ApplicationState.REFUSED}


async def verification(request: Request) -> Response:
    """Show the state, and the form where something can be handed in."""
    context = context_of(request)
    async with context.transaction() as tx:
        application = await queries.current(tx, context.account_id)
    known = application.organisation if application else None
    form = blank_form(
        request,
        await _spec(context),
        name=known.name if known else "",
        uscc=known.uscc if known else "",
        legal_person=known.legal_person if known else "",
    )
    return await _page(request, form)


async def submit(request: Request) -> Response:
    """Write the data down, attach the documents and hand all in: at once, or nothing."""
    context = context_of(request)
    form = await read_form(request, await _spec(context))
    if form.ok:
        with form.keeping_refusals(_BLAME):
            async with context.transaction() as tx:
                account_id = context.account_id
                await identity.draft(
                    tx,
                    context.act,
                    account_id=account_id,
                    name=form.text("name"),
                    uscc=form.text("uscc"),
                    legal_person=form.text("legal_person"),
                )
                for name, kind in (
                    ("licence", DocumentKind.LICENCE),
                    ("authorisation", DocumentKind.AUTHORISATION),
                ):
                    for upload in form.files(name):
                        await identity.attach(
                            tx,
                            context.act,
                            account_id=account_id,
                            kind=kind,
                            content=upload.content,
                            sealer=collaborators(request).sealer,
                        )
                await identity.submit(tx, context.act, account_id=account_id)
            return redirect_with_flash(
                request, "/account/verification", "portal.verification.submitted"
            )
    return await _page(request, form)


async def _spec(context: RequestContext) -> FormSpec:
    """Return the form: a licence that was handed in before may stay."""
    async with context.transaction() as tx:
        application = await queries.current(tx, context.account_id)
        documents = await queries.documents(tx, application.id) if application else []
    if all(one.kind is not DocumentKind.LICENCE for one in documents):
        return ORGANISATION
    fields = (
        replace(field, required=False) if field.name == "licence" else field
        for field in ORGANISATION.fields
    )
    return replace(ORGANISATION, fields=tuple(fields))


async def _page(request: Request, form: Form) -> Response:
    context = context_of(request)
    async with context.transaction() as tx:
        application = await queries.current(tx, context.account_id)
        documents = await queries.documents(tx, application.id) if application else []
    state = application.state if application else None
    return await render(
        request,
        "portal/verification.html",
        form=form,
        application=application,
        state=state,
        badge=state_badge(state) if state else None,
        facts=_facts(application, documents) if application else [],
        open=state in _OPEN,
        try_uscc=TRY_USCC if collaborators(request).sandbox else None,
    )


def _facts(application: Application, documents: list[Document]) -> list[Fact]:
    organisation = application.organisation
    facts = [
        Fact(Key("portal.state"), state_badge(application.state)),
        Fact(Key("portal.verification.name"), organisation.name),
        Fact(Key("portal.verification.uscc"), Code(organisation.uscc)),
        Fact(Key("portal.verification.legal_person"), organisation.legal_person),
        Fact(Key("portal.verification.submitted_at"), application.submitted_at),
        Fact(Key("portal.decided_at"), application.decided_at),
    ]
    facts += [Fact(Key(enum_key(one.kind)), one.uploaded_at) for one in documents]
    return facts


ROUTES = [
    Route("/account/verification", verification),
    Route("/account/verification", submit, methods=["POST"]),
]
