"""Signing in by password or by code, and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import rules as account_rules
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Purpose
from umcloud.doors.kit.app import end_session, limited, next_path, session_token
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.entrance_limits import CODES, TRIES
from umcloud.doors.kit.fields import Hidden, Password, Text
from umcloud.doors.kit.forms import FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect, redirect_with_flash, render
from umcloud.doors.portal import credentials
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.credentials import CODE, CODE_BLAME, enter

SIGN_IN = FormSpec(
    "sign-in",
    submit="portal.sign_in",
    fields=(
        Text(name="login", label="portal.sign_up.contact", autocomplete="username"),
        Password(name="password", label="portal.password"),
    ),
)
ASK_CODE = FormSpec(
    "ask-code",
    submit="portal.sign_up.send_code",
    fields=(Text(name="login", label="portal.sign_up.contact", autocomplete="username"),),
)
BY_CODE = FormSpec(
    "by-code",
    submit="portal.sign_in",
    fields=(
        Hidden(name="login"),
        CODE,
    ),
)


async def sign_in(request: Request) -> Response:
    """Ask for e-mail or phone and the password."""
    if context_of(request).signed_in is not None:
        return redirect(request, next_path(request))
    return await render(request, "portal/sign_in.html", form=blank_form(request, SIGN_IN))


@limited(TRIES)
async def signed_in(request: Request) -> Response:
    """Open a session; a refused try is counted."""
    context, form = context_of(request), await read_form(request, SIGN_IN)
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                verdict = await accounts.sign_in(
                    tx,
                    context.act,
                    login=form.text("login"),
                    password=form.text("password"),
                    vault=collaborators(request).vault,
                )
            return enter(request, redirect(request, next_path(request)), verdict.or_raise())
    return await render(request, "portal/sign_in.html", form=form)


async def ask_code(request: Request) -> Response:
    """Ask where the code shall go."""
    return await render(request, "portal/sign_in_ask.html", form=blank_form(request, ASK_CODE))


@limited(CODES)
async def code_sent(request: Request) -> Response:
    """Send a code, where the contact is known; the answer does not tell whether it is."""
    form = await read_form(request, ASK_CODE)
    if form.ok:
        with form.keeping_refusals({"contact.malformed": "login", "code.phone_closed": "login"}):
            contact = account_rules.guess_contact(form.text("login"))
            await credentials.send_code(request, contact, Purpose.SIGN_IN)
            by_code = blank_form(request, BY_CODE, login=contact.target)
            return await _code_page(request, by_code)
    return await render(request, "portal/sign_in_ask.html", form=form)


@limited(TRIES)
async def by_code(request: Request) -> Response:
    """Open a session by the code."""
    context, form = context_of(request), await read_form(request, BY_CODE)
    if form.ok:
        with form.keeping_refusals(CODE_BLAME):
            contact = account_rules.guess_contact(form.text("login"))
            async with context.transaction() as tx:
                verdict = await accounts.sign_in_with_code(
                    tx,
                    context.act,
                    channel=contact.channel,
                    target=contact.target,
                    code=form.text("code"),
                    vault=collaborators(request).vault,
                )
            return enter(request, redirect(request, next_path(request)), verdict.or_raise())
    return await _code_page(request, form)


async def _code_page(request: Request, form: object) -> Response:
    return await render(request, "portal/sign_in_code.html", form=form)


async def sign_out(request: Request) -> Response:
    """End the session."""
    context, token = context_of(request), session_token(request)
    if token:
        async with context.transaction() as tx:
            await accounts.sign_out(tx, context.act, token=token)
    response = redirect_with_flash(request, "/sign-in", "portal.signed_out")
    end_session(request, response)
    return response


OPEN_ROUTES = [
    Route("/sign-in", sign_in),
    Route("/sign-in", signed_in, methods=["POST"]),
    Route("/sign-in/code", ask_code),
    Route("/sign-in/code", code_sent, methods=["POST"]),
    Route("/sign-in/code/enter", ask_code),
    Route("/sign-in/code/enter", by_code, methods=["POST"]),
]
SIGNED_IN_ROUTES = [Route("/sign-out", sign_out, methods=["POST"])]
