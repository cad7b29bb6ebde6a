"""A forgotten password: e-mail or phone, then the code and a new password.

Nothing here tells whether somebody is registered: a stranger is answered alike and gets no code.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import rules as account_rules
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Purpose
from umcloud.doors.kit.app import end_session, limited
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.entrance_limits import CODES, TRIES
from umcloud.doors.kit.fields import Hidden, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.portal import credentials
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.credentials import CODE, CODE_BLAME, PASSWORD_BLAME, new_password

ASK = FormSpec(
    "ask-reset",
    submit="portal.sign_up.send_code",
    fields=(Text(name="login", label="portal.sign_up.contact", autocomplete="username"),),
)
NEW = FormSpec(
    "reset",
    submit="portal.reset.act",
    fields=(
        Hidden(name="login"),
        CODE,
        new_password("portal.reset.new"),
    ),
)


async def ask(request: Request) -> Response:
    """Ask where the code shall go."""
    return await render(request, "portal/reset_ask.html", form=blank_form(request, ASK))


@limited(CODES)
async def send_code(request: Request) -> Response:
    """Send a code, where the contact is known, and ask for it beside the new password."""
    form = await read_form(request, ASK)
    if form.ok:
        with form.keeping_refusals({"contact.malformed": "login", "code.phone_closed": "login"}):
            contact = account_rules.guess_contact(form.text("login"))
            await credentials.send_code(request, contact, Purpose.RESET)
            return await _new_page(request, blank_form(request, NEW, login=contact.target))
    return await render(request, "portal/reset_ask.html", form=form)


@limited(TRIES)
async def reset(request: Request) -> Response:
    """Set the new password; the person is signed out everywhere and signs in with it."""
    context, form = context_of(request), await read_form(request, NEW)
    if form.ok:
        with form.keeping_refusals(CODE_BLAME | PASSWORD_BLAME):
            contact = account_rules.guess_contact(form.text("login"))
            async with context.transaction() as tx:
                verdict = await accounts.reset_password(
                    tx,
                    context.act,
                    channel=contact.channel,
                    target=contact.target,
                    code=form.text("code"),
                    password=form.text("password"),
                    vault=collaborators(request).vault,
                )
            verdict.or_raise()
            response = redirect_with_flash(request, "/sign-in", "portal.reset.done")
            end_session(request, response)
            return response
    return await _new_page(request, form)


async def _new_page(request: Request, form: Form) -> Response:
    return await render(request, "portal/reset_new.html", form=form)


OPEN_ROUTES = [
    Route("/reset", ask),
    Route("/reset", send_code, methods=["POST"]),
    Route("/reset/new", ask),
    Route("/reset/new", reset, methods=["POST"]),
]
