"""What must always be true of orders; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger.model import CNY
from umcloud.domains.orders.model import DEFERRED, EARNED
from umcloud.infra.db import Tx
from umcloud.kernel.ids import PriceId

_PRICED = """
SELECT price_id, unit_price, package_group, min(quantity) AS least, max(quantity) AS most
FROM package_order GROUP BY price_id, unit_price, package_group ORDER BY price_id, unit_price
"""


async def violations(tx: Tx, now: datetime) -> list[str]:
    """Return a line for each price version whose orders do not follow from it (I13).

    And one where the books hold other deferred or earned money of packages than the orders.
    """
    del now
    found = await _revenue(tx)
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


async def _revenue(tx: Tx) -> list[str]:
    sold = (
        await tx.sql(
            "SELECT coalesce(sum(amount - earned), 0)::bigint AS deferred, "
            "coalesce(sum(earned), 0)::bigint AS earned FROM package_order"
        )
    ).one()
    booked = {
        line.ledger_account: line.amount
        for line in await books.trial_balance(tx)
        if line.currency == CNY
    }
    return [
        f"orders say {amount} of {account}, the books {booked.get(account, 0)}"
        for account, amount in ((DEFERRED, sold.deferred), (EARNED, sold.earned))
        if booked.get(account, 0) != amount
    ]
