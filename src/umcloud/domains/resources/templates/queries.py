"""Reading templates: screens, the review queue, and what sending needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from umcloud.domains.resources.review import Page, QueueItem, ReviewState
from umcloud.domains.resources.templates import store
from umcloud.domains.resources.templates.model import Template, TemplateClass, TemplateFacts
from umcloud.domains.resources.templates.tables import template
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, TemplateId


async def search(
    tx: Tx,
    *,
    account_id: AccountId | None = None,
    states: Collection[ReviewState] = (),
    classes: Collection[TemplateClass] = (),
    containing: str = "",
    before: UUID | None = None,
    limit: int = 20,
) -> Page[Template]:
    """Return templates, newest first; empty filters filter nothing.

    `containing` looks into name, content and public id, whatever the case.
    """
    columns = template.c
    found = store.alive().order_by(columns.id.desc()).limit(limit + 1)
    if account_id is not None:
        found = found.where(columns.account_id == account_id)
    if states:
        found = found.where(columns.state.in_([state.value for state in states]))
    if classes:
        found = found.where(columns.cls.in_([cls.value for cls in classes]))
    if containing:
        found = found.where(
            columns.name.icontains(containing, autoescape=True)
            | columns.content.icontains(containing, autoescape=True)
            | columns.public_id.icontains(containing, autoescape=True)
        )
    if before is not None:
        found = found.where(columns.id < before)
    items = [store.read(row) for row in await tx.all(found)]
    more = len(items) > limit
    return Page(tuple(items[:limit]), items[limit - 1].id if more else None)


async def by_id(tx: Tx, template_id: TemplateId) -> Template | None:
    """Return the template, whoever owns it; None where there is none."""
    row = await tx.one_or_none(store.alive().where(template.c.id == template_id))
    return store.read(row) if row else None


async def by_public_id(
    tx: Tx, public_id: str, account_id: AccountId | None = None
) -> Template | None:
    """Return the template; with an account, only that account's own."""
    found = store.alive().where(template.c.public_id == public_id)
    if account_id is not None:
        found = found.where(template.c.account_id == account_id)
    row = await tx.one_or_none(found)
    return store.read(row) if row else None


async def review_queue(
    tx: Tx, now: datetime, *, after: Template | None = None, limit: int = 50
) -> list[QueueItem[Template]]:
    """Return what waits or is in review, longest waiting first, with its age."""
    columns = template.c
    found = (
        store.alive()
        .where(columns.state.in_([ReviewState.WAITING.value, ReviewState.IN_REVIEW.value]))
        .order_by(columns.submitted_at, columns.id)
        .limit(limit)
    )
    if after is not None:
        found = found.where(
            (columns.submitted_at > after.submitted_at)
            | ((columns.submitted_at == after.submitted_at) & (columns.id > after.id))
        )
    items = [store.read(row) for row in await tx.all(found)]
    return [QueueItem(item, now - item.submitted_at) for item in items]


async def counts(tx: Tx, account_id: AccountId | None = None) -> dict[ReviewState, int]:
    """Return how many templates are in each state; every state is a key."""
    columns = template.c
    found = select(columns.state, func.count().label("number")).where(columns.deleted_at.is_(None))
    if account_id is not None:
        found = found.where(columns.account_id == account_id)
    rows = await tx.all(found.group_by(columns.state))
    return dict.fromkeys(ReviewState, 0) | {ReviewState(row.state): row.number for row in rows}


async def approved(tx: Tx, account_id: AccountId) -> dict[str, TemplateFacts]:
    """Return the account's approved templates by public id."""
    rows = await tx.all(
        store.alive().where(
            template.c.account_id == account_id, template.c.state == ReviewState.APPROVED.value
        )
    )
    facts = {}
    for row in rows:
        one = store.read(row)
        facts[one.public_id] = TemplateFacts(
            id=one.id,
            public_id=one.public_id,
            cls=one.cls,
            content=one.sent_content,
            variable_count=one.variable_count,
            international=one.international,
        )
    return facts
