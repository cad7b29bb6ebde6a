"""What must always be true of the audit log; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.audit import service
from umcloud.infra.db import Tx


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each broken link of the chain (I18); the chain does not depend on `now`."""
    del now
    return [
        f"I18: audit link {link.seq} is {link.fault.value}"
        + (f" (record {link.record_id})" if link.record_id else "")
        for link in await service.verify(tx)
    ]
