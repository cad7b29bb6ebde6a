"""What was decided: by whom, about what, why; from the audit log, which cannot forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit.model import AuditRecord
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.listing import Slice, listing
from umcloud.doors.kit.render import render
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    TableSpec,
)
from umcloud.doors.kit.values import Badge, Code, Key, Link, Tone
from umcloud.doors.office.export import export
from umcloud.doors.office.standing import (
    CUSTOMERS,
    DECISIONS,
    id_or_none,
    only_staff,
    reachable,
)
from umcloud.infra.db import Tx
from umcloud.kernel.ids import show

SUBJECTS = {"identity": "accounts", "signature": "signatures", "template": "templates"}
TONES = {"approved": Tone.GOOD, "refused": Tone.BAD, "disabled": Tone.IDLE, "restored": Tone.GOOD}
NAMES = tuple(
    f"{subject}.{verdict}"
    for subject in SUBJECTS
    for verdict in TONES
    if subject != "identity" or verdict in {"approved", "refused"}
)
_TITLES = ("organisation", "text", "title")
Names = Mapping[UUID, str]


def _subject(row: AuditRecord) -> Key:
    return Key(f"office.review.{SUBJECTS[row.name.partition('.')[0]]}")


def _verdict(row: AuditRecord) -> Badge:
    verdict = row.name.partition(".")[2]
    return Badge(Key(f"office.decision.{verdict}"), TONES[verdict])


def _title(row: AuditRecord) -> str:
    return next((str(row.facts[name]) for name in _TITLES if row.facts.get(name)), "")


def _account(row: AuditRecord) -> object:
    return Code(show("acc", row.account_id)) if row.account_id else None


TABLE = TableSpec(
    name="decisions",
    columns=(
        Column("at", "office.log.at"),
        Column("subject", "office.decisions.subject", value=_subject),
        Column("title", "office.decisions.title", value=_title, wide=True),
        Column("verdict", "office.decisions.verdict", value=_verdict),
        Column(
            "reason",
            "office.decisions.reason",
            value=lambda row: str(row.facts.get("reason") or "") or None,
            wide=True,
        ),
        Column("by", "office.decisions.by", value=lambda _: None),
        Column("account", "office.case.account", value=_account, optional=True),
    ),
    filters=(
        Filter(
            "subject",
            "office.decisions.subject",
            kind="choice",
            options=tuple(
                Option(name, Key(f"office.review.{queue}")) for name, queue in SUBJECTS.items()
            ),
        ),
        Filter(
            "verdict",
            "office.decisions.verdict",
            kind="choice",
            options=tuple(Option(one, Key(f"office.decision.{one}")) for one in TONES),
        ),
        Filter("by", "office.decisions.by", kind="choice"),
        Filter("since", "office.messages.since", kind="day"),
        Filter("until", "office.messages.until", kind="day"),
    ),
    empty=Empty("office.decisions.none", "office.decisions.none.text", "gavel"),
    export="/reviews/decisions.csv",
)


def _spec(names: Names) -> TableSpec:
    columns = tuple(
        replace(one, value=lambda row: names.get(row.actor_id)) if one.name == "by" else one
        for one in TABLE.columns
    )
    people = tuple(Option(show("stf", id_), name) for id_, name in names.items())
    return replace(TABLE, columns=columns).with_options("by", people)


async def _staff(request: Request) -> Names:
    async with context_of(request).transaction() as tx:
        return {cast("UUID", one.id): one.name for one in await accounts.staff_members(tx)}


async def _search(tx: Tx, asked: Slice) -> Sequence[AuditRecord]:
    subject, verdict = asked.query["subject"], asked.query["verdict"]
    names = [
        name
        for name in NAMES
        if subject in (None, name.partition(".")[0]) and verdict in (None, name.partition(".")[2])
    ]
    if not names:
        return ()
    return await audit.search(
        tx,
        names=names,
        actor_id=id_or_none("stf", asked.query["by"]),
        since=asked.since(),
        until=asked.until(),
        before=asked.after_id,
        limit=asked.limit,
    )


@only_staff(*DECISIONS)
async def decisions(request: Request) -> Response:
    """List decisions, newest first."""
    spec = _spec(await _staff(request))
    if reachable(request, "/customers", *CUSTOMERS):
        spec = replace(spec, columns=tuple(map(_leading, spec.columns)))
    table = await listing(request, spec, _search)
    return await render(request, "office/decisions.html", table=table)


def _leading(column: Column) -> Column:
    if column.name != "title":
        return column
    return replace(column, value=_title_link)


def _title_link(row: AuditRecord) -> object:
    if row.account_id is None:
        return _title(row)
    return Link(_title(row), f"/customers/{show('acc', row.account_id)}")


@only_staff(*DECISIONS)
async def exported(request: Request) -> Response:
    """Take the same decisions out as a file."""
    return await export(request, _spec(await _staff(request)), _search)


ROUTES = [Route("/reviews/decisions", decisions), Route("/reviews/decisions.csv", exported)]
