"""Signing in and out of the office; choosing a password by code, changing one's own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import service
from umcloud.domains.accounts.model import SessionKind
from umcloud.domains.accounts.rules import ABSOLUTE
from umcloud.doors.kit.app import (
    end_session,
    limited,
    next_path,
    session_token,
    start_session,
)
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.entrance_limits import TRIES
from umcloud.doors.kit.fields import Email, Password, Text
from umcloud.doors.kit.forms import FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect, redirect_with_flash, render
from umcloud.doors.office.standing import office_of
from umcloud.kernel.ids import StaffId

SIGN_IN = FormSpec(
    "sign-in",
    submit="office.sign_in",
    fields=(
        Email(name="email", label="office.sign_in.email"),
        Password(name="password", label="office.sign_in.password"),
    ),
)


JOIN = FormSpec(
    "join",
    submit="office.join.submit",
    fields=(
        Email(name="email", label="office.sign_in.email"),
        Text(name="code", label="office.join.code", autocomplete="one-time-code", max_length=12),
        Password(
            name="password",
            label="office.join.password",
            help="office.join.password.help",
            autocomplete="new-password",
        ),
    ),
)


CHANGE = FormSpec(
    "password",
    submit="office.password",
    fields=(
        Password(name="password", label="office.password.now"),
        Password(
            name="chosen",
            label="office.join.password",
            help="office.join.password.help",
            autocomplete="new-password",
        ),
    ),
)


async def sign_in(request: Request) -> Response:
    """Show the sign-in card."""
    return await render(
        request, "office/sign_in.html", form=blank_form(request, SIGN_IN), query=request.url.query
    )


@limited(TRIES)
async def signed_in(request: Request) -> Response:
    """Open a session; a wrong password is counted although it is refused."""
    context, form = context_of(request), await read_form(request, SIGN_IN)
    if form.ok:
        async with context.transaction() as tx:
            verdict = await service.staff_sign_in(
                tx,
                context.act,
                email=form.text("email"),
                password=form.text("password"),
                vault=office_of(request).vault,
            )
        with form.keeping_refusals():
            opened = verdict.or_raise()
            response = redirect(request, next_path(request))
            seconds = int(ABSOLUTE[SessionKind.STAFF].total_seconds())
            start_session(request, response, opened.token, seconds)
            return response
    return await render(request, "office/sign_in.html", form=form, query=request.url.query)


async def join(request: Request) -> Response:
    """Show the card on which an invited person chooses a password."""
    return await render(request, "office/join.html", form=blank_form(request, JOIN))


@limited(TRIES)
async def joined(request: Request) -> Response:
    """Keep the password that an invited person chose; a wrong code counts although refused."""
    context, form = context_of(request), await read_form(request, JOIN)
    if form.ok:
        blamed = dict.fromkeys(("code.wrong", "code.expired", "code.exhausted"), "code")
        weak = ("too_short", "too_long", "common", "is_name")
        blamed |= {f"password.{one}": "password" for one in weak}
        with form.keeping_refusals(blamed):
            async with context.transaction() as tx:
                verdict = await service.join_staff(
                    tx,
                    context.act,
                    email=form.text("email"),
                    code=form.text("code"),
                    password=form.text("password"),
                    vault=office_of(request).vault,
                )
            verdict.or_raise()
            return redirect_with_flash(request, "/sign-in", "office.join.done")
    return await render(request, "office/join.html", form=form)


async def password(request: Request) -> Response:
    """Show the form on which one changes one's own password."""
    return await render(request, "office/password.html", form=blank_form(request, CHANGE))


async def password_changed(request: Request) -> Response:
    """Change one's own password; a wrong current one is counted although it is refused."""
    context, form = context_of(request), await read_form(request, CHANGE)
    if form.ok:
        weak = ("too_short", "too_long", "common", "is_name")
        blamed = {f"password.{one}": "chosen" for one in weak} | {"sign_in.wrong": "password"}
        with form.keeping_refusals(blamed):
            async with context.transaction() as tx:
                verdict = await service.change_own_password(
                    tx,
                    context.act,
                    staff_id=StaffId(context.person.person_id),
                    password=form.text("password"),
                    chosen=form.text("chosen"),
                    vault=office_of(request).vault,
                )
            opened = verdict.or_raise()
            response = redirect_with_flash(request, "/", "office.password.done")
            seconds = int(ABSOLUTE[SessionKind.STAFF].total_seconds())
            start_session(request, response, opened.token, seconds)
            return response
    return await render(request, "office/password.html", form=form)


async def sign_out(request: Request) -> Response:
    """End the session, here and in the browser."""
    context, token = context_of(request), session_token(request)
    if token:
        async with context.transaction() as tx:
            await service.sign_out(tx, context.act, token=token)
    response = redirect_with_flash(request, "/sign-in", "office.signed_out")
    end_session(request, response)
    return response


OPEN_ROUTES = [
    Route("/sign-in", sign_in),
    Route("/sign-in", signed_in, methods=["POST"]),
    Route("/join", join),
    Route("/join", joined, methods=["POST"]),
]
#: What everybody does for themselves, whatever their roles.
ROUTES = [
    Route("/password", password),
    Route("/password", password_changed, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
]
