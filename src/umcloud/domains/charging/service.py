"""`charge_batch`: the exact charge of many events at once, safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from umcloud.domains.charging import hot, rules
from umcloud.domains.charging.errors import ChargeConflict
from umcloud.domains.charging.model import Claim, Decision, StoredCharge
from umcloud.infra.hot import HotConnection, ints, uuids
from umcloud.kernel.ids import IdSource


async def charge_batch(
    connection: HotConnection, claims: Sequence[Claim], *, now: datetime, new_id: IdSource
) -> Decision:
    """Charge the claims' events in one transaction and return who paid what.

    Events that were charged before are left as they are, so the call may be repeated after any
    doubt; an event that comes again with another account or quantity raises ChargeConflict and
    nothing of the batch is written. `decision.refused` speaks of the events that were new.
    """
    pairs = sorted({(claim.lane, claim.account) for claim in claims})
    lanes = [claim.lane for claim in claims for _ in claim.ids]
    ids = [event for claim in claims for event in claim.ids]
    repeats = hot.READ_CHARGES.call(ints(lanes), uuids(ids))
    try:
        results = await connection.run(["BEGIN", *hot.lock_calls(pairs, now), repeats])
        known = {charge.id: charge for charge in hot.read_charges(results[3])}
        fresh = [_without(claim, known) for claim in claims] if known else claims
        decision = rules.decide(fresh, hot.read_wallets(results[1], results[2]))
        calls = hot.write_calls(decision, (pairs[0][0], new_id().int), now) if pairs else []
        await connection.run([*calls, "COMMIT"])
    except BaseException:
        if not connection.closed:
            await connection.rollback()
        raise
    return decision


def _without(claim: Claim, known: dict[int, StoredCharge]) -> Claim:
    ids, rates = [], []
    for event, rate in zip(claim.ids, claim.rates, strict=True):
        stored = known.get(event)
        if stored is None:
            ids.append(event)
            rates.append(rate)
        elif stored.account != claim.account or stored.quantity != rate.quantity:
            raise ChargeConflict(event=str(UUID(int=event)))
    return Claim(claim.account, claim.lane, ids, rates, claim.atomic)
