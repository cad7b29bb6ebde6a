"""Becoming a customer: contact, code, then details beside the agreement (P.1, E.1, C4.1)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import errors as account_errors
from umcloud.domains.accounts import rules as account_rules
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Purpose
from umcloud.domains.agreements import queries as agreement_queries
from umcloud.domains.agreements import rules as agreement_rules
from umcloud.domains.agreements import service as agreements
from umcloud.domains.agreements.model import AgreementText, AgreementVersion, AgreementVersionId
from umcloud.domains.flows import register as flow
from umcloud.doors.kit.app import limited
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.entrance_limits import CODES, TRIES
from umcloud.doors.kit.fields import Check, Checks, Hidden, Option, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.portal import credentials
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.credentials import CODE, CODE_BLAME, PASSWORD_BLAME, enter, new_password
from umcloud.kernel.ids import moment_of

CONTACT = FormSpec(
    "sign-up",
    submit="portal.sign_up.send_code",
    fields=(
        Text(
            name="contact",
            label="portal.sign_up.contact",
            help="portal.sign_up.contact.help",
            autocomplete="username",
        ),
    ),
)
ACKNOWLEDGED = Checks(name="acknowledged", label="portal.agreement.acknowledged", every=True)
AUTHORITY = Check(name="authority", label="agreements.authority")
VERSION = Hidden(name="version_id")
DETAILS = FormSpec(
    "details",
    submit="agreements.agree",
    fields=(
        Hidden(name="contact"),
        CODE,
        Text(
            name="organisation",
            label="portal.sign_up.organisation",
            help="portal.sign_up.organisation.help",
            autocomplete="organization",
        ),
        Text(name="name", label="portal.sign_up.name", required=False, autocomplete="name"),
        new_password(),
        VERSION,
        ACKNOWLEDGED,
        AUTHORITY,
    ),
)
_BLAME = {
    "contact.malformed": "contact",
    "contact.taken": "contact",
    "name.malformed": "organisation",
    **CODE_BLAME,
    **PASSWORD_BLAME,
}
_ONE_DAY = timedelta(days=1)


def clause_options(request: Request, text: AgreementText) -> tuple[Option, ...]:
    """Return a box for each clause that must be acknowledged on its own."""
    texts = context_of(request).texts
    return tuple(
        Option(
            clause.id, texts.ui("agreements.acknowledge", heading=f"{clause.id} {clause.heading}")
        )
        for clause in text.clauses
        if clause.emphasised
    )


def seconds_shown(request: Request, form: Form) -> int:
    """Return how long the form has been before the reader: its key was made when it was shown."""
    try:
        shown_at = moment_of(UUID(form.idempotency_key))
    except ValueError:
        return 0
    since = context_of(request).act.now - shown_at
    return int(min(max(since, timedelta()), _ONE_DAY).total_seconds())


async def sign_up(request: Request) -> Response:
    """Ask for an e-mail address or a phone number."""
    return await render(request, "portal/sign_up.html", form=blank_form(request, CONTACT))


@limited(CODES)
async def send_code(request: Request) -> Response:
    """Send a code and ask for everything else; a code sent just now still serves."""
    form = await read_form(request, CONTACT)
    if form.ok:
        with form.keeping_refusals({"contact.malformed": "contact"}):
            contact = account_rules.guess_contact(form.text("contact"))
            fresh = await credentials.send_code(request, contact, Purpose.REGISTER)
            details = blank_form(request, DETAILS, contact=contact.target)
            return await _details(request, details, repeated=not fresh)
    return await render(request, "portal/sign_up.html", form=form)


@limited(TRIES)
async def register(request: Request) -> Response:
    """Open the account, sign its owner in and lead to the first steps."""
    context = context_of(request)
    form = await read_form(request, DETAILS)
    version, text = await _version_shown(request, form)
    spec = DETAILS.with_options("acknowledged", clause_options(request, text))
    form = await read_form(request, spec)
    if not form.ok:
        return await _details(request, form, version=version)
    vault = collaborators(request).vault
    with form.keeping_refusals(_BLAME):
        contact = account_rules.guess_contact(form.text("contact"))
        async with context.transaction() as tx:
            verdict = await flow.register(
                tx,
                context.act,
                channel=contact.channel,
                target=contact.target,
                code=form.text("code"),
                password=form.text("password"),
                organisation=form.text("organisation"),
                name=form.text("name"),
                version_id=version.id,
                acknowledged=frozenset(form.ticked("acknowledged")),
                seconds_on_page=seconds_shown(request, form),
                authority=form.is_ticked("authority"),
                vault=vault,
            )
        verdict.or_raise()
        async with context.transaction() as tx:
            entered = await accounts.sign_in(
                tx,
                context.act,
                login=contact.target,
                password=form.text("password"),
                vault=vault,
            )
        response = redirect_with_flash(request, "/", "portal.sign_up.welcome")
        return enter(request, response, entered.or_raise())
    return await _details(request, form, version=version)


async def _version_shown(request: Request, form: Form) -> tuple[AgreementVersion, AgreementText]:
    """Return the version that was before the reader; the one in force where it is not known."""
    context = context_of(request)
    async with context.transaction() as tx:
        version = None
        try:
            wanted = AgreementVersionId(UUID(form.text("version_id")))
        except (KeyError, ValueError):
            wanted = None
        if wanted is not None:
            version = await agreement_queries.version(tx, wanted)
        if version is None:
            version = await agreements.current(tx, locale=context.texts.locale, now=context.act.now)
    return version, agreement_rules.parse(version.text)


async def _details(
    request: Request,
    form: Form,
    *,
    version: AgreementVersion | None = None,
    repeated: bool = False,
) -> Response:
    context = context_of(request)
    if version is None:
        async with context.transaction() as tx:
            version = await agreements.current(tx, locale=context.texts.locale, now=context.act.now)
    text = agreement_rules.parse(version.text)
    form.spec = DETAILS.with_options("acknowledged", clause_options(request, text))
    form.typed["version_id"] = [str(version.id)]
    contact = (form.typed.get("contact") or [""])[0]
    try:
        shown = account_rules.masked(account_rules.guess_contact(contact))
    except account_errors.ContactMalformed:
        shown = ""
    return await render(
        request,
        "portal/sign_up_details.html",
        form=form,
        version=version,
        text=text,
        contact=contact,
        shown=shown,
        repeated=repeated,
        ticked=form.typed.get("acknowledged", []),
    )


async def terms(request: Request) -> Response:
    """Show the agreement in force to anybody."""
    context = context_of(request)
    async with context.transaction() as tx:
        version = await agreements.current(tx, locale=context.texts.locale, now=context.act.now)
    text = agreement_rules.parse(version.text)
    return await render(request, "portal/terms.html", version=version, text=text)


OPEN_ROUTES = [
    Route("/sign-up", sign_up),
    Route("/sign-up", send_code, methods=["POST"]),
    Route("/sign-up/details", sign_up),
    Route("/sign-up/details", register, methods=["POST"]),
    Route("/terms", terms),
]
