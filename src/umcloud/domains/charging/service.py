"""`charge_batch`: the exact charge of many events at once, safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from umcloud.domains.charging import hot, rules
from umcloud.domains.charging.errors import ChargeConflict
from umcloud.domains.charging.model import Claim, Decision, StoredCharge, Wallets
from umcloud.infra.hot import BEGIN, COMMIT, HotConnection
from umcloud.kernel.ids import IdSource


async def charge_batch(
    connection: HotConnection, claims: Sequence[Claim], *, now: datetime, new_id: IdSource
) -> Decision:
    """Charge the claims' events in one transaction and return who paid what.

    Events that were charged before are left as they are, so the call may be repeated after any
    doubt; an event that comes again with another account or quantity raises ChargeConflict and
    nothing of the batch is written. `decision.refused` speaks of the events that were new.
    """
    if not any(claim.ids for claim in claims):
        return rules.decide(claims, {})
    journal = min(claim.lane for claim in claims), new_id().int
    try:
        try:
            return await _charge(connection, claims, journal, now)
        except (psycopg.errors.UniqueViolation, psycopg.errors.LockNotAvailable):
            # An event that was charged before, or a wallet that somebody else holds.
            await connection.rollback()
            return await _charge_carefully(connection, claims, journal, now)
    except BaseException:
        if not connection.closed:
            await connection.rollback()
        raise


async def _charge(
    connection: HotConnection, claims: Sequence[Claim], journal: hot.Place, now: datetime
) -> Decision:
    """Charge events that are thought to be new: wallets that hold just cash are not locked first.

    Raises psycopg's UniqueViolation where one is not, LockNotAvailable; both leave an open
    transaction.
    """
    calls, sums = [BEGIN], rules.totals(claims)
    if sums:
        calls.append(hot.move_cash_call(sums, journal))
    results = await connection.run(calls)
    paid = hot.read_moved(results[1]) if sums else {}
    wallets: Wallets = {}
    if left := rules.unpaid(claims, paid):
        found = await connection.run(hot.lock_calls(left, now, at_once=bool(paid)))
        wallets = hot.read_wallets(*found)
    decision = rules.decide(claims, wallets, paid)
    await connection.run([*hot.write_calls(decision, journal, now), COMMIT])
    return decision


async def _charge_carefully(
    connection: HotConnection, claims: Sequence[Claim], journal: hot.Place, now: datetime
) -> Decision:
    """Charge what is new among these events, with all wallets locked first, in order."""
    pairs = sorted({(claim.lane, claim.account) for claim in claims})
    lanes = [claim.lane for claim in claims for _ in claim.ids]
    ids = [event for claim in claims for event in claim.ids]
    repeats = hot.READ_CHARGES.call(lanes, ids)
    results = await connection.run([BEGIN, *hot.lock_calls(pairs, now), repeats])
    known = {charge.id: charge for charge in hot.read_charges(results[3])}
    fresh = [_without(claim, known) for claim in claims] if known else claims
    decision = rules.decide(fresh, hot.read_wallets(results[1], results[2]))
    await connection.run([*hot.write_calls(decision, journal, now), COMMIT])
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
