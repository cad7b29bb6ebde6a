"""Use cases: a handset opts out, the customer enters a number or takes it off."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from umcloud.domains.optouts import events, store
from umcloud.domains.optouts.errors import AlreadyOptedOut, OptOutUnknown
from umcloud.domains.optouts.model import OptOut, OptOutId, Origin
from umcloud.infra.db import Tx
from umcloud.infra.i18n import masked_phone
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, uuid7
from umcloud.wire.phones import parse_destination


async def opt_out(tx: Tx, act: Act, *, account_id: AccountId, numbers: Sequence[str]) -> int:
    """Put numbers (digits with country code) on the list by their handsets' wish.

    Returns how many were not on it; announced where any was not.
    """
    first = uuid7(act.now).int
    added = await store.add(
        tx,
        [
            OptOut(OptOutId(UUID(int=first + n)), account_id, number, Origin.REPLY, act.now)
            for n, number in enumerate(dict.fromkeys(numbers))
        ],
    )
    if added:
        await tx.announce(act, events.OptedOut(account_id, added))
    return added


async def enter(tx: Tx, act: Act, *, account_id: AccountId, number: str) -> None:
    """Put a number on the list by the customer's hand; refuses number.malformed, optout.already."""
    digits = parse_destination(number).e164_digits
    wish = OptOut(OptOutId(uuid7(act.now)), account_id, digits, Origin.HAND, act.now)
    if not await store.add(tx, [wish]):
        raise AlreadyOptedOut
    await tx.announce(act, events.OptOutEntered(account_id, masked_phone(digits)))


async def remove(tx: Tx, act: Act, *, account_id: AccountId, opt_out_id: OptOutId) -> None:
    """Take a number off the list, for its owner consented anew; refuses optout.unknown."""
    removed = await store.remove(tx, account_id, opt_out_id)
    if removed is None:
        raise OptOutUnknown
    await tx.announce(act, events.OptOutRemoved(account_id, masked_phone(removed.number)))
