"""What must always be true of templates; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.resources.review import history
from umcloud.domains.resources.templates.tables import template
from umcloud.infra.db import Tx


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each template that stands as decided though nothing recorded says so."""
    del now
    return [
        f"template {public_id} is {state}, but no decision says so"
        for public_id, state in await history.unexplained(tx, template)
    ]
