"""Templates in and out of their table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from umcloud.domains.resources.review import ReviewState
from umcloud.domains.resources.templates.model import Template, TemplateClass
from umcloud.domains.resources.templates.tables import template
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, TemplateId


def alive() -> Select[Any]:
    """Return the selection of all templates that are not deleted."""
    return select(template).where(template.c.deleted_at.is_(None))


async def hold(tx: Tx, template_id: TemplateId) -> Template | None:
    """Lock the template's row and return it as it stands then."""
    row = await tx.one_or_none(alive().where(template.c.id == template_id).with_for_update())
    return read(row) if row else None


async def public_id_exists(tx: Tx, public_id: str) -> bool:
    """Tell whether the public id was ever given."""
    found = select(func.count()).where(template.c.public_id == public_id)
    return bool((await tx.execute(found)).scalar_one())


async def add(tx: Tx, new: Template) -> None:
    """Write a new template."""
    await tx.execute(insert(template).values(**_values(new)))


async def save(tx: Tx, changed: Template) -> None:
    """Write a template over its row."""
    await tx.execute(update(template).where(template.c.id == changed.id).values(**_values(changed)))


async def mark_deleted(tx: Tx, template_id: TemplateId, now: datetime) -> None:
    """Take the template out of sight for good; messages keep pointing at its row."""
    await tx.execute(update(template).where(template.c.id == template_id).values(deleted_at=now))


def _values(one: Template) -> Mapping[str, Any]:
    return {
        "id": one.id,
        "public_id": one.public_id,
        "account_id": one.account_id,
        "cls": one.cls.value,
        "name": one.name,
        "content": one.content,
        "remark": one.remark,
        "instruction": one.instruction,
        "unsubscribe": one.unsubscribe,
        "international": one.international,
        "variable_count": one.variable_count,
        "state": one.state.value,
        "reason": one.reason,
        "revision": one.revision,
        "created_at": one.created_at,
        "submitted_at": one.submitted_at,
        "reviewer_id": one.reviewer_id,
        "taken_at": one.taken_at,
        "decided_at": one.decided_at,
    }


def read(row: Row[Any]) -> Template:
    """Return the row as a value."""
    return Template(
        id=TemplateId(row.id),
        public_id=row.public_id,
        account_id=AccountId(row.account_id),
        cls=TemplateClass(row.cls),
        name=row.name,
        content=row.content,
        remark=row.remark,
        instruction=row.instruction,
        unsubscribe=row.unsubscribe,
        international=row.international,
        variable_count=row.variable_count,
        state=ReviewState(row.state),
        reason=row.reason,
        revision=row.revision,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        reviewer_id=row.reviewer_id,
        taken_at=row.taken_at,
        decided_at=row.decided_at,
    )
