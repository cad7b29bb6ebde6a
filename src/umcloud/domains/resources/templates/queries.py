"""Reading templates: screens, the review queue, and what sending needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement

from umcloud.domains.resources.review import history
from umcloud.domains.resources.review.model import Decision, Page, QueueItem, ReviewState
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
    fit: list[ColumnElement[bool]] = []
    if classes:
        fit.append(columns.cls.in_([cls.value for cls in classes]))
    if containing:
        fit.append(
            columns.name.icontains(containing, autoescape=True)
            | columns.content.icontains(containing, autoescape=True)
            | columns.public_id.icontains(containing, autoescape=True)
        )
    return await store.shelf.page(
        tx, *fit, account_id=account_id, states=states, before=before, limit=limit
    )


async def by_id(tx: Tx, template_id: TemplateId) -> Template | None:
    """Return the template, whoever owns it; None where there is none."""
    return await store.shelf.one(tx, template.c.id == template_id)


async def by_public_id(
    tx: Tx, public_id: str, account_id: AccountId | None = None
) -> Template | None:
    """Return the template; with an account, only that account's own."""
    return await store.shelf.by_public_id(tx, public_id, account_id)


async def review_queue(
    tx: Tx, now: datetime, *, after: Template | None = None, limit: int = 50
) -> list[QueueItem[Template]]:
    """Return what waits or is in review, longest waiting first, with its age."""
    return await store.shelf.queue(tx, now, after=after, limit=limit)


async def counts(tx: Tx, account_id: AccountId | None = None) -> dict[ReviewState, int]:
    """Return how many templates are in each state; every state is a key."""
    return await store.shelf.counts(tx, account_id)


async def decisions(tx: Tx, template_id: TemplateId) -> tuple[Decision, ...]:
    """Return every decision about a template, newest first."""
    return await history.decisions(tx, template_id)


async def approved(tx: Tx, account_id: AccountId) -> dict[str, TemplateFacts]:
    """Return the account's approved templates by public id."""
    columns = template.c
    found = store.shelf.alive().where(
        columns.account_id == account_id, columns.state == ReviewState.APPROVED.value
    )
    return {
        one.public_id: TemplateFacts(
            id=one.id,
            public_id=one.public_id,
            cls=one.cls,
            content=one.sent_content,
            variable_count=one.variable_count,
            international=one.international,
        )
        for one in await store.shelf.all(tx, found)
    }
