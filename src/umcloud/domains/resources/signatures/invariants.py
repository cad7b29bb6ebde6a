"""What must always be true of signatures; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.resources.review import history
from umcloud.domains.resources.signatures.tables import signature
from umcloud.infra.db import Tx


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each signature that stands as decided though nothing recorded says so."""
    del now
    return [
        f"signature {public_id} is {state}, but no decision says so"
        for public_id, state in await history.unexplained(tx, signature)
    ]
