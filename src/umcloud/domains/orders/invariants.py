"""What must always be true of orders; `umcloud audit` prints each exception."""

from __future__ import annotations

from uuid import UUID

from umcloud.domains.audit.questions import LAST_ID, Lately, Piece, Question, all_of
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.ledger import queries as books
from umcloud.domains.ledger.model import CNY
from umcloud.domains.orders.model import DEFERRED, EARNED
from umcloud.infra.db import Tx
from umcloud.kernel.ids import PriceId, floor_of

_PRICED = """
SELECT price_id, unit_price, package_group, min(quantity) AS least, max(quantity) AS most
FROM package_order WHERE id >= :first AND id < :last
GROUP BY price_id, unit_price, package_group ORDER BY price_id, unit_price
"""


async def _by_price(tx: Tx, first: UUID, last: UUID) -> list[str]:
    """Return a line for each price version whose orders do not follow from it (I13)."""
    found = []
    for row in (await tx.sql(_PRICED, first=first, last=last)).all():
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


async def _all_by_price(tx: Tx, piece: Piece) -> list[str]:
    del piece
    return await _by_price(tx, UUID(int=0), LAST_ID)


async def _new_by_price(tx: Tx, lately: Lately) -> list[str]:
    return await _by_price(tx, floor_of(lately.since), LAST_ID)


async def _revenue(tx: Tx, piece: Piece) -> list[str]:
    """Return a line where the books hold other money of packages than the orders."""
    del piece
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


QUESTIONS = (
    Question("", "revenue", _revenue, None),
    Question("", "price", _all_by_price, _new_by_price),
)
violations = all_of(QUESTIONS)
