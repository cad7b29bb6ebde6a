"""The operator's people: who they are, what they may do; asked in, reset, suspended by an admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries, service
from umcloud.domains.accounts.model import Staff, StaffRole, StaffState
from umcloud.domains.audit import queries as audit
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Checks, Email, LongText, Option, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.table import Column, Empty, Filter, TableSpec, fill_listed, read_query
from umcloud.doors.kit.values import Badge, Code, Key, Lines, Tone
from umcloud.doors.office.standing import PEOPLE, id_in_path, may, office_of, only_staff
from umcloud.doors.office.words import deed_words
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import StaffId, show

TONES = {
    StaffState.INVITED: Tone.WAITING,
    StaffState.ACTIVE: Tone.GOOD,
    StaffState.SUSPENDED: Tone.BAD,
}
ROLES = tuple(
    Option(role.value, Key(f"enum.StaffRole.{role.name}"), Key(f"office.role.{role.value}"))
    for role in StaffRole
)
LOG_SHOWN = 10

INVITE = FormSpec(
    "invite",
    submit="office.staff.invite.submit",
    fields=(
        Text(name="name", label="office.staff.name", max_length=64),
        Email(name="email", label="office.sign_in.email", help="office.staff.email.help"),
        Checks(name="roles", label="office.staff.roles", options=ROLES),
    ),
)
CHANGE = FormSpec(
    "roles",
    submit="office.staff.roles.submit",
    fields=(Checks(name="roles", label="office.staff.roles", options=ROLES),),
)
_REASON = LongText(name="reason", label="office.staff.reason", max_length=300, rows=2)
SUSPEND = FormSpec("suspend", submit="office.staff.suspend", fields=(_REASON,))
RESET = FormSpec("reset", submit="office.staff.reset", fields=(_REASON,))


@dataclass(frozen=True, slots=True)
class Shown:
    """A person and when they were last here."""

    person: Staff
    seen: datetime | None


def state_badge(person: Staff) -> Badge:
    """Return a person's state as word and colour."""
    return Badge(Key(f"enum.StaffState.{person.state.name}"), TONES[person.state])


def _roles_in_order(person: Staff) -> tuple[StaffRole, ...]:
    return tuple(role for role in StaffRole if role in person.roles)


TABLE = TableSpec(
    name="staff",
    columns=(
        Column(
            "name",
            "office.staff.name",
            value=lambda one: Lines(one.person.name, one.person.email),
        ),
        Column(
            "roles", "office.staff.roles", value=lambda one: _roles_in_order(one.person), wide=True
        ),
        Column("state", "office.staff.state", value=lambda one: state_badge(one.person)),
        Column("seen", "office.staff.seen"),
        Column("since", "office.staff.since", value=lambda one: one.person.created_at),
    ),
    filters=(
        Filter("q", "office.staff.q"),
        Filter(
            "role",
            "office.staff.roles",
            kind="choice",
            options=tuple(Option(one.value, one.text) for one in ROLES),
        ),
        Filter(
            "state",
            "office.staff.state",
            kind="choice",
            options=tuple(
                Option(one.value, Key(f"enum.StaffState.{one.name}")) for one in StaffState
            ),
        ),
    ),
    empty=Empty("office.staff.none", "office.staff.none.text", "users"),
    detail=lambda one: address(one.person.id),
)


def address(staff_id: StaffId) -> str:
    """Return where a person's page is."""
    return f"/staff/{show('stf', staff_id)}"


@only_staff(*PEOPLE)
async def staff(request: Request) -> Response:
    """List the operator's people by name."""
    context, query = context_of(request), read_query(request, TABLE)
    text, role, state = (query["q"] or "").lower(), query["role"], query["state"]
    async with context.transaction() as tx:
        people, seen = await queries.staff_members(tx), await queries.staff_seen(tx)
    found = [
        Shown(one, seen.get(one.id))
        for one in sorted(people, key=lambda one: (one.name, one.id))
        if (text in one.name.lower() or text in one.email)
        and (role is None or StaffRole(role) in one.roles)
        and state in (None, one.state.value)
    ]
    table = fill_listed(request, TABLE, query, found)
    return await render(request, "office/staff.html", table=table, may_change=may(request))


@only_staff()
async def new(request: Request) -> Response:
    """Show the form that asks a person in."""
    return await render(request, "office/staff_new.html", form=blank_form(request, INVITE))


@only_staff()
async def invited(request: Request) -> Response:
    """Ask a person in: a code goes to their mailbox."""
    context, form = context_of(request), await read_form(request, INVITE)
    if form.ok:
        blamed = {"staff.taken": "email", "contact.malformed": "email", "name.malformed": "name"}
        with form.keeping_refusals(blamed):
            async with context.transaction() as tx:
                person = await service.invite_staff(
                    tx,
                    context.act,
                    email=form.text("email"),
                    name=form.text("name"),
                    roles=_ticked(form),
                    sender=office_of(request).sender,
                    vault=office_of(request).vault,
                )
            return redirect_with_flash(
                request, address(person.id), "office.staff.invited", where=_where(request)
            )
    return await render(request, "office/staff_new.html", form=form)


def _where(request: Request) -> str:
    """Return the address at which a person chooses a password, to be passed on."""
    return f"{request.url.scheme}://{request.url.netloc}{context_of(request).url('/join')}"


def _ticked(form: Form) -> frozenset[StaffRole]:
    return frozenset(StaffRole(one) for one in form.ticked("roles"))


@only_staff(*PEOPLE)
async def person(request: Request) -> Response:
    """Show one person, and what they did lately."""
    return await _person(request)


async def _person(request: Request, form: Form | None = None) -> Response:
    context, staff_id = context_of(request), StaffId(id_in_path(request, "stf"))
    async with context.transaction() as tx:
        people, seen = await queries.staff_members(tx), await queries.staff_seen(tx)
        log = await audit.search(tx, actor_id=staff_id, limit=LOG_SHOWN)
    found = next((one for one in people if one.id == staff_id), None)
    if found is None:
        raise NothingHere
    roles = [role.value for role in _roles_in_order(found)]
    forms = {
        spec.name: form if form and form.spec.name == spec.name else blank_form(request, spec)
        for spec in (SUSPEND, RESET)
    }
    changing = form if form and form.spec.name == CHANGE.name else None
    forms[CHANGE.name] = changing or blank_form(request, CHANGE, roles=roles)
    return await render(
        request,
        "office/staff_person.html",
        status=422 if form and not form.ok else 200,
        person=found,
        badge=state_badge(found),
        facts=_facts(context.texts, found, seen.get(staff_id)),
        forms=forms,
        opened=form.spec.name if form else "",
        refusal=form.refusal if form else None,
        path=address(staff_id),
        is_me=cast("UUID", staff_id) == context.person.person_id,
        may_change=may(request),
        log=[[row.at, deed_words(row.name), row.ip] for row in log],
    )


def _facts(texts: Texts, found: Staff, seen: datetime | None) -> list[Fact]:
    return [
        Fact(Key("office.sign_in.email"), found.email),
        Fact(Key("office.staff.state"), state_badge(found)),
        Fact(Key("office.staff.roles"), texts.say(_roles_in_order(found))),
        Fact(Key("office.staff.seen"), seen),
        Fact(Key("office.staff.since"), found.created_at),
        Fact(Key("office.staff.id"), Code(show("stf", found.id))),
    ]


@only_staff()
async def change_roles(request: Request) -> Response:
    """Give a person other roles."""
    context, form = context_of(request), await read_form(request, CHANGE)
    staff_id = StaffId(id_in_path(request, "stf"))
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                await service.change_staff_roles(
                    tx, context.act, staff_id=staff_id, roles=_ticked(form)
                )
            return redirect_with_flash(request, address(staff_id), "office.staff.roles.done")
    return await _person(request, form)


@only_staff()
async def suspend(request: Request) -> Response:
    """Keep a person outside, for a reason."""
    context, form = context_of(request), await read_form(request, SUSPEND)
    staff_id = StaffId(id_in_path(request, "stf"))
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                await service.suspend_staff(
                    tx, context.act, staff_id=staff_id, reason=form.text("reason")
                )
            return redirect_with_flash(request, address(staff_id), "office.staff.suspended")
    return await _person(request, form)


@only_staff()
async def reset(request: Request) -> Response:
    """End a person's password and sessions, for a reason; a code goes to their mailbox."""
    context, form = context_of(request), await read_form(request, RESET)
    staff_id = StaffId(id_in_path(request, "stf"))
    if form.ok:
        with form.keeping_refusals():
            async with context.transaction() as tx:
                await service.reset_staff_sign_in(
                    tx,
                    context.act,
                    staff_id=staff_id,
                    reason=form.text("reason"),
                    sender=office_of(request).sender,
                    vault=office_of(request).vault,
                )
            return redirect_with_flash(
                request, address(staff_id), "office.staff.reset.done", where=_where(request)
            )
    return await _person(request, form)


@only_staff()
async def resume(request: Request) -> Response:
    """Let a suspended person in again."""
    context, form = context_of(request), await read_form(request, FormSpec("resume", fields=()))
    staff_id = StaffId(id_in_path(request, "stf"))
    with form.keeping_refusals():
        async with context.transaction() as tx:
            await service.resume_staff(tx, context.act, staff_id=staff_id)
        return redirect_with_flash(request, address(staff_id), "office.staff.resumed")
    return await _person(request, form)


ROUTES = [
    Route("/staff", staff),
    Route("/staff/new", new),
    Route("/staff/new", invited, methods=["POST"]),
    Route("/staff/{id}", person),
    Route("/staff/{id}/roles", change_roles, methods=["POST"]),
    Route("/staff/{id}/suspend", suspend, methods=["POST"]),
    Route("/staff/{id}/resume", resume, methods=["POST"]),
    Route("/staff/{id}/reset", reset, methods=["POST"]),
]
