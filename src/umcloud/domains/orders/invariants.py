"""What must always be true of orders; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.catalogue import queries as catalogue
from umcloud.infra.db import Tx
from umcloud.kernel.ids import PriceId

_PRICED = """
SELECT price_id, unit_price, package_group, min(quantity) AS least, max(quantity) AS most
FROM package_order GROUP BY price_id, unit_price, package_group ORDER BY price_id, unit_price
"""


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each price version whose orders do not follow from it (I13)."""
    del now
    found = []
    for row in await tx.sql(_PRICED):
        version = await catalogue.price_version(tx, PriceId(row.price_id))
        faults = []
        if version is None or version.unit_price != row.unit_price:
            faults.append(f"unit price {row.unit_price}")
        if version and not (version.holds(row.least) and version.holds(row.most)):
            faults.append(f"quantities {row.least} to {row.most}")
        if version and version.cls.value != row.package_group:
            faults.append(f"group {row.package_group}")
        found += [f"I13: orders by price {row.price_id} have another {fault}" for fault in faults]
    return found
