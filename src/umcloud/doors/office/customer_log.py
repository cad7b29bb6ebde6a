"""Everything that was done for or by one customer, from the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit.model import AuditRecord
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.listing import Slice, listing
from umcloud.doors.kit.render import render
from umcloud.doors.kit.table import Column, Empty, TableSpec
from umcloud.doors.kit.values import Code, Key, Lines
from umcloud.doors.office.standing import CUSTOMERS, id_in_path, only_staff
from umcloud.doors.office.words import deed_words, door_words
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, show

#: Facts that say nothing to a reader of the log; the record keeps them.
UNSAID = frozenset({"account_id", "chain_hash", "chain_seq", "sha256", "lane"})


def address(account_id: AccountId) -> str:
    """Return where a customer's page is."""
    return f"/customers/{show('acc', account_id)}"


Names = Mapping[UUID, str]


def actor(row: AuditRecord, names: Names) -> Lines:
    """Return who did it, by name where one is known, and through which door."""
    kind = Key(f"office.actor.{row.actor_kind.value}")
    who = names.get(row.actor_id) if row.actor_id else None
    return Lines(who or kind, door_words(row.door))


async def names_of(tx: Tx, account_id: AccountId) -> Names:
    """Return the names of the operator's people and of the account's own."""
    staff = {cast("UUID", one.id): one.name for one in await queries.staff_members(tx)}
    return staff | {one.id: one.name for one in await queries.members(tx, account_id)}


def _facts_words(row: AuditRecord) -> str:
    return " · ".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in sorted(row.facts.items())
        if name not in UNSAID and value not in (None, "", [])
    )


LOG = TableSpec(
    name="log",
    columns=(
        Column("at", "office.log.at"),
        Column("name", "office.log.what", value=lambda row: deed_words(row.name)),
        Column("actor", "office.log.who"),
        Column("facts", "office.log.facts", value=_facts_words, wide=True),
        Column("ip", "office.log.ip", optional=True),
        Column(
            "request_id",
            "office.log.request",
            value=lambda row: Code(show("req", row.request_id)),
            optional=True,
        ),
    ),
    empty=Empty("office.log.none", "office.log.none.text", "history"),
    page_size=50,
)


@only_staff(*CUSTOMERS)
async def customer_log(request: Request) -> Response:
    """Show everything that was done for or by a customer."""
    context, account_id = context_of(request), AccountId(id_in_path(request, "acc"))
    async with context.transaction() as tx:
        account = await queries.account(tx, account_id)
        if account is None:
            raise NothingHere
        names = await names_of(tx, account_id)
    columns = tuple(
        replace(column, value=lambda row: actor(row, names)) if column.name == "actor" else column
        for column in LOG.columns
    )

    async def fetch(tx: Tx, asked: Slice) -> list[AuditRecord]:
        return await audit.for_account(tx, account_id, asked.after_id, asked.limit)

    table = await listing(request, replace(LOG, columns=columns), fetch)
    return await render(
        request,
        "office/customer_log.html",
        table=table,
        account=account,
        address=address(account_id),
    )


ROUTES = [Route("/customers/{id}/log", customer_log)]
