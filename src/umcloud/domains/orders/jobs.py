"""What runs by the clock. Each may run again at any time."""

from __future__ import annotations

from umcloud.domains.orders import service
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act


async def void_expired(tx: Tx, act: Act) -> int:
    """Void the rest of packages whose validity has ended; return how many were looked at.

    Hourly is often enough: the books do not draw expired units anyway.
    """
    return await service.void_expired(tx, act)


async def recognise(tx: Tx, act: Act) -> int:
    """Book as revenue what packages have earned since; return how many were looked at."""
    return await service.recognise(tx, act)
