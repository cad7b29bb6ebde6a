"""Faults planted on purpose: what the simulation must find, or it would be worth nothing."""

from __future__ import annotations

from sim.gateway import CLEARING
from sim.wallets import CNY
from sim.world import World
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.model import NewJournal, OperatorLine, WalletLine
from umcloud.kernel.act import Door

CHARGE = "charge"
"""A charge is lost from the books: the invariants must see it."""
MICRO = "micro"
"""A micro-yuan is taken by a journal that balances: only the second opinion can see it."""
KINDS = (CHARGE, MICRO)


async def plant(world: World, kind: str) -> bool:
    """Break something; False where there is nothing yet to break."""
    if kind == CHARGE:
        async with world.transaction() as tx:
            done = await tx.sql(
                "DELETE FROM charge WHERE (lane, id) IN (SELECT lane, id FROM charge LIMIT 1)"
            )
            return bool(done.rowcount)
    rich = [one for one in world.books.customers if one.money.spendable(world.clock())]
    if not rich:
        return False
    lines: list[WalletLine | OperatorLine] = [
        WalletLine(rich[0].id, CNY, -1),
        OperatorLine(CLEARING, CNY, 1),
    ]
    async with world.transaction() as tx:
        await ledger.post(
            tx, world.act(Door.OFFICE), NewJournal("theft", "planted", lines, "planted")
        )
    return True
