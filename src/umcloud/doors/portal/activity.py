"""The account's operation log: who did what, when, through which door; narrowed, and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import Role
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit.model import AuditRecord
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.listing import Slice, csv_of, listing
from umcloud.doors.kit.render import render
from umcloud.doors.kit.table import Column, Empty, Filter, TableSpec
from umcloud.doors.kit.values import Code, Key, Lines
from umcloud.doors.portal.shown import event_words
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import ActorKind
from umcloud.kernel.ids import AccountId, show

#: What deeds are about, by the first words of their names.
SUBJECTS = {
    "signatures": ("signature",),
    "templates": ("template",),
    "money": ("payment", "order", "journal", "wallet", "hold"),
    "developer": ("key", "callback"),
    "people": ("member", "invitation", "sign_in", "sessions", "code"),
    "account": ("account", "identity", "agreement"),
    "sending": ("optout",),
    "operator": ("office", "mail"),
}
#: Who may have done it besides the account's own people.
_OTHERS = (ActorKind.KEY, ActorKind.STAFF, ActorKind.SYSTEM, ActorKind.VISITOR)

LOG = TableSpec(
    name="log",
    columns=(
        Column("at", "portal.at"),
        Column("deed", "portal.log.deed", wide=True),
        Column("about", "portal.log.about"),
        Column("actor", "portal.log.actor"),
        Column("door", "portal.log.door"),
        Column("ip", "portal.log.ip"),
        Column("request", "portal.log.request", optional=True),
    ),
    filters=(
        Filter("who", "portal.log.actor", kind="choice"),
        Filter(
            "what",
            "portal.log.deed",
            kind="choice",
            options=tuple(Option(name, Key(f"portal.log.subject.{name}")) for name in SUBJECTS),
        ),
        Filter("since", "portal.since", kind="day"),
        Filter("until", "portal.until", kind="day"),
    ),
    empty=Empty("portal.log.none", "portal.log.none.text", "history"),
    export="/account/log.csv",
)


@dataclass(frozen=True, slots=True)
class Deed:
    """A record of the log in the reader's words."""

    id: UUID
    at: datetime
    deed: Lines
    about: object
    actor: str
    door: str
    ip: str | None
    request: Code


def _shown(record: AuditRecord, people: dict[UUID, str], texts: Texts) -> Deed:
    named = people.get(record.actor_id) if record.actor_id else None
    return Deed(
        record.id,
        record.at,
        Lines(event_words(texts, record.name), record.name),
        _about(record, people, texts),
        named or Key(f"portal.actor.{record.actor_kind.value}"),
        Key(f"portal.door.{record.door.value}"),
        record.ip,
        Code(show("req", record.request_id)),
    )


def _about(record: AuditRecord, people: dict[UUID, str], texts: Texts) -> object:
    """Return whom it concerned, and for a role what it was and is."""
    facts = record.facts
    member_id = facts.get("member_id")
    whom = next((name for one, name in people.items() if str(one) == member_id), None)
    roles = [str(facts[name]) for name in ("before", "after", "role") if facts.get(name)]
    known = [texts.ui(f"enum.Role.{role}") for role in roles if role in Role.__members__]
    shown = whom or facts.get("masked_contact")
    return Lines(shown, " → ".join(known)) if known else shown


async def _people(request: Request) -> dict[UUID, str]:
    context = context_of(request)
    async with context.transaction() as tx:
        found = await accounts.members(tx, context.account_id, removed=True)
    return {one.id: one.name for one in found}


def _spec(people: dict[UUID, str]) -> TableSpec:
    own = tuple(Option(str(one), name) for one, name in people.items())
    others = tuple(Option(kind.value, Key(f"portal.actor.{kind.value}")) for kind in _OTHERS)
    return LOG.with_options("who", (*own, *others))


async def _fetch(
    account_id: AccountId, people: dict[UUID, str], texts: Texts, tx: Tx, asked: Slice
) -> Sequence[Deed]:
    who, what = asked.query["who"], asked.query["what"]
    kind = next((one for one in _OTHERS if one.value == who), None)
    found = await audit.search(
        tx,
        account_id=account_id,
        subjects=SUBJECTS[what] if what else (),
        actor_id=UUID(who) if who and kind is None else None,
        actor_kind=kind,
        since=asked.since(),
        until=asked.until(),
        before=asked.after_id,
        limit=asked.limit,
    )
    return [_shown(one, people, texts) for one in found]


async def log(request: Request) -> Response:
    """List what was done in the account, by whom and through which door."""
    context, people = context_of(request), await _people(request)
    fetch = partial(_fetch, context.account_id, people, context.texts)
    table = await listing(request, _spec(people), fetch)
    return await render(request, "portal/log.html", table=table)


async def exported(request: Request) -> Response:
    """Stream the same as CSV."""
    context, people = context_of(request), await _people(request)
    fetch = partial(_fetch, context.account_id, people, context.texts)
    return csv_of(request, _spec(people), fetch, "activity.csv")


ROUTES = [Route("/account/log", log), Route("/account/log.csv", exported)]
