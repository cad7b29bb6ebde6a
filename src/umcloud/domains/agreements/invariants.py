"""What must always be true of the consents; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.agreements import queries
from umcloud.infra.db import Tx


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each account whose chain of consents broke (I18); `now` plays no part."""
    del now
    return [
        f"I18: consent {broken.chain_seq} of account {broken.account_id}: {broken.what}"
        for broken in await queries.broken_chains(tx)
    ]
