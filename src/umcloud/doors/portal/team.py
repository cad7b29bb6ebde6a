"""The team: who is in, who is invited, and what the owners change about it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries
from umcloud.domains.accounts import rules as account_rules
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import (
    Channel,
    Contact,
    InvitationId,
    Member,
    MemberState,
    Right,
    Role,
)
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Choice, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form, require_word
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Key, Lines, Link
from umcloud.doors.portal import invited, rights
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.shown import enum_key, options_of
from umcloud.kernel.ids import MemberId, read, show

ROLE = Choice(
    name="role",
    label="portal.account.role",
    options=options_of(Role, "portal.role"),
    look="cards",
)
INVITE = FormSpec(
    "invite",
    submit="portal.team.invite.act",
    fields=(
        Text(
            name="contact",
            label="portal.sign_up.contact",
            help="portal.team.contact.help",
            autocomplete="off",
        ),
        ROLE,
    ),
)
CHANGE = FormSpec("role", submit="portal.team.role.act", fields=(ROLE,))
_BLAME = {
    "contact.malformed": "contact",
    "member.already": "contact",
    "invitation.standing": "contact",
}
HERE = "/account/team"


async def page(request: Request) -> Response:
    """Show the team; owners also see the invitations and may invite."""
    return await _page(request, blank_form(request, INVITE, role=Role.DEVELOPER.value))


async def _page(request: Request, form: Form) -> Response:
    context = context_of(request)
    leads = rights.has(context, Right.TEAM)
    async with context.transaction() as tx:
        people = await queries.members(tx, context.account_id)
        invitations = await queries.open_invitations(tx, context.account_id) if leads else []
    return await render(
        request,
        "portal/team.html",
        form=form,
        leads=leads,
        people=[_row(one, me=context.person.person_id, leads=leads) for one in people],
        invitations=[
            {
                "path": f"{HERE}/invitations/{show('inv', one.id)}",
                "contact": one.contact.target,
                "role": Key(enum_key(one.role)),
                "sent_at": one.sent_at,
                "expires_at": one.expires_at,
                "expired": context.act.now >= one.expires_at,
            }
            for one in invitations
        ],
    )


def _row(one: Member, *, me: UUID, leads: bool) -> list[object]:
    name = Link(one.name, f"{HERE}/{show('mbr', one.id)}") if leads else one.name
    return [
        Lines(name, Key("portal.team.you")) if one.id == me else name,
        _reached(one, whole=leads),
        Key(enum_key(one.role)),
        one.created_at,
    ]


def _reached(one: Member, *, whole: bool) -> str:
    channel = Channel.EMAIL if one.email else Channel.PHONE
    contact = Contact(channel, one.email or one.phone or "")
    return contact.target if whole else account_rules.masked(contact)


async def invite(request: Request) -> Response:
    """Send an invitation."""
    context, form = context_of(request), await read_form(request, INVITE)
    if form.ok:
        with form.keeping_refusals(_BLAME):
            contact = account_rules.guess_contact(form.text("contact"))
            outside = collaborators(request)
            async with context.transaction() as tx:
                await accounts.invite_member(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    channel=contact.channel,
                    target=contact.target,
                    role=Role(form.text("role")),
                    sender=outside.sender,
                    link_of=partial(invited.link, outside.links["portal"]),
                    vault=outside.vault,
                )
            return redirect_with_flash(
                request, HERE, "portal.team.invited", contact=account_rules.masked(contact)
            )
    return await _page(request, form)


def _invitation_id(request: Request) -> InvitationId:
    try:
        return InvitationId(read("inv", request.path_params["invitation"]))
    except ValueError:
        raise NothingHere from None


async def resend(request: Request) -> Response:
    """Send an invitation again, with a new link."""
    context, outside = context_of(request), collaborators(request)
    async with context.transaction() as tx:
        again = await accounts.resend_invitation(
            tx,
            context.act,
            account_id=context.account_id,
            invitation_id=_invitation_id(request),
            sender=outside.sender,
            link_of=partial(invited.link, outside.links["portal"]),
            vault=outside.vault,
        )
    return redirect_with_flash(
        request, HERE, "portal.team.invited", contact=account_rules.masked(again.contact)
    )


async def withdraw(request: Request) -> Response:
    """Take an invitation back."""
    context = context_of(request)
    async with context.transaction() as tx:
        await accounts.withdraw_invitation(
            tx,
            context.act,
            account_id=context.account_id,
            invitation_id=_invitation_id(request),
        )
    return redirect_with_flash(request, HERE, "portal.team.withdrawn")


async def _colleague(request: Request) -> Member:
    context = context_of(request)
    try:
        wanted = MemberId(read("mbr", request.path_params["member"]))
    except ValueError:
        raise NothingHere from None
    async with context.transaction() as tx:
        found = await queries.member_by_id(tx, wanted)
    if (
        found is None
        or found.account_id != context.account_id
        or found.state is MemberState.REMOVED
    ):
        raise NothingHere
    return found


async def member(request: Request) -> Response:
    """Show one colleague, for owners."""
    rights.require(context_of(request), Right.TEAM)
    one = await _colleague(request)
    return await _member_page(request, one, blank_form(request, CHANGE, role=one.role.value))


async def _member_page(request: Request, one: Member, form: Form) -> Response:
    me = context_of(request).person.person_id
    facts = [
        Fact(Key("portal.account.contact"), _reached(one, whole=True)),
        Fact(Key("portal.account.role"), Key(enum_key(one.role))),
        Fact(Key("portal.team.since"), one.created_at),
    ]
    return await render(
        request,
        "portal/team_member.html",
        one=one,
        here=f"{HERE}/{show('mbr', one.id)}",
        facts=facts,
        form=form,
        is_me=one.id == me,
    )


async def change_role(request: Request) -> Response:
    """Give the colleague another role."""
    context, one = context_of(request), await _colleague(request)
    form = await read_form(request, CHANGE)
    if form.ok:
        with form.keeping_refusals({"member.last_owner": "role"}):
            role = Role(form.text("role"))
            async with context.transaction() as tx:
                await accounts.change_role(
                    tx, context.act, account_id=context.account_id, member_id=one.id, role=role
                )
            return redirect_with_flash(
                request, HERE, "portal.team.role.changed", name=one.name, role=role
            )
    return await _member_page(request, one, form)


async def remove(request: Request) -> Response:
    """Remove the colleague, after their name was typed; who leaves is signed out."""
    context, one = context_of(request), await _colleague(request)
    require_word(request, one.name)
    async with context.transaction() as tx:
        await accounts.remove_member(
            tx, context.act, account_id=context.account_id, member_id=one.id
        )
    left = one.id == context.person.person_id
    return redirect_with_flash(
        request, "/sign-in" if left else HERE, "portal.team.removed", name=one.name
    )


ROUTES = [
    Route(HERE, page),
    Route(HERE, invite, methods=["POST"]),
    Route(f"{HERE}/invitations/{{invitation}}/resend", resend, methods=["POST"]),
    Route(f"{HERE}/invitations/{{invitation}}/withdraw", withdraw, methods=["POST"]),
    Route(f"{HERE}/{{member}}", member),
    Route(f"{HERE}/{{member}}/role", change_role, methods=["POST"]),
    Route(f"{HERE}/{{member}}/remove", remove, methods=["POST"]),
]
