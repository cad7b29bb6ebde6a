"""An invited colleague: opens the link, takes a name and a password, and is in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries
from umcloud.domains.accounts import rules as account_rules
from umcloud.domains.accounts import service as accounts
from umcloud.doors.kit.app import limited
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.entrance_limits import LOOKS, TRIES
from umcloud.doors.kit.fields import Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Key, Lines
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.credentials import PASSWORD_BLAME, enter, new_password
from umcloud.doors.portal.shown import enum_key

JOIN = FormSpec(
    "join",
    submit="portal.invited.act",
    fields=(
        Text(
            name="name",
            label="portal.sign_up.name",
            help="portal.invited.name.help",
            max_length=account_rules.NAME_LONGEST,
            autocomplete="name",
        ),
        new_password(),
    ),
)
_BLAME = {"name.malformed": "name", **PASSWORD_BLAME}


def link(portal: str, token: str) -> str:
    """Return the address that an invitation brings."""
    return f"{portal.rstrip('/')}/invited/{token}"


@limited(LOOKS)
async def page(request: Request) -> Response:
    """Show who invites whom, as what; looking uses nothing up."""
    return await _page(request, blank_form(request, JOIN))


@limited(TRIES)
async def join(request: Request) -> Response:
    """Make the person a member and sign them in."""
    context, form = context_of(request), await read_form(request, JOIN)
    vault = collaborators(request).vault
    if form.ok:
        with form.keeping_refusals(_BLAME):
            async with context.transaction() as tx:
                member = await accounts.accept_invitation(
                    tx,
                    context.act,
                    token=request.path_params["token"],
                    name=form.text("name"),
                    password=form.text("password"),
                    vault=vault,
                )
            async with context.transaction() as tx:
                entered = await accounts.sign_in(
                    tx,
                    context.act,
                    login=member.email or member.phone or "",
                    password=form.text("password"),
                    vault=vault,
                )
            response = redirect_with_flash(request, "/", "portal.invited.welcome")
            return enter(request, response, entered.or_raise())
    return await _page(request, form)


async def _page(request: Request, form: Form) -> Response:
    context = context_of(request)
    token = request.path_params["token"]
    async with context.transaction() as tx:
        invitation = await queries.invitation_for(tx, token, now=context.act.now)
        account = await queries.account(tx, invitation.account_id)
        inviter = (
            await queries.member_by_id(tx, invitation.invited_by) if invitation.invited_by else None
        )
    facts = [
        Fact(Key("portal.sign_up.organisation"), account.name if account else None),
        Fact(Key("portal.invited.by"), inviter.name if inviter else None),
        Fact(
            Key("portal.account.role"),
            Lines(Key(enum_key(invitation.role)), Key(f"portal.role.{invitation.role.name}")),
        ),
        Fact(Key("portal.account.contact"), account_rules.masked(invitation.contact)),
        Fact(Key("portal.team.expires"), invitation.expires_at),
    ]
    return await render(
        request,
        "portal/invited.html",
        form=form,
        facts=facts,
        action=f"/invited/{token}",
    )


OPEN_ROUTES = [
    Route("/invited/{token}", page),
    Route("/invited/{token}", join, methods=["POST"]),
]
