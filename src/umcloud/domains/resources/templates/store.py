"""Templates in and out of their table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.review.shelf import Shelf
from umcloud.domains.resources.templates.model import Template, TemplateClass
from umcloud.domains.resources.templates.tables import template
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, TemplateId


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
        stopped=row.stopped,
    )


shelf = Shelf(template, read)


async def hold(tx: Tx, template_id: TemplateId) -> Template | None:
    """Lock the template's row and return it as it stands then."""
    return await shelf.one(tx, template.c.id == template_id, hold=True)
