"""What runs by the clock: parts become messages, messages find their account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from umcloud.domains.inbound import rules, store
from umcloud.domains.inbound.model import InboundId, InboundMessage, Related, Written
from umcloud.domains.optouts import service as optouts
from umcloud.domains.optouts.rules import opts_out
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, uuid7

EACH = 500
"""Messages a lane that one page reads."""
_PAGES = 20
KEPT = timedelta(days=3)
"""How long parts stay after they were put together; as long as a carrier may come back with one."""


async def follow(tx: Tx, now: datetime) -> int:
    """Note who was written to last; return how many messages were read.

    Where no handset wrote within the reach nobody follows: a platform that is not answered does
    not pay for the question. The first answer then waits until 15 days are read.
    """
    since = now - rules.REACH
    if not await store.anybody_writes(tx, since) or not await store.alone(tx, "conversations"):
        return 0
    return await store.follow(tx, since, EACH)


async def gather(tx: Tx, act: Act, groups: int = 300) -> int:
    """Put parts together and give the messages to whom they answer; return how many.

    What was accepted before is known first, so that the last sender is the last one.
    """
    if not await store.anything_open(tx) or not await store.alone(tx, "inbound messages"):
        return 0
    parts = await store.ready_parts(tx, act.now - rules.PATIENCE, groups)
    ready = rules.put_together(parts, act.now)
    if not ready or not await _caught_up(tx, act.now):
        return 0
    sources = await store.line_sources(tx)
    asked: list[tuple[str, str, datetime]] = []
    choices: list[list[tuple[int, str, str]]] = []
    for one in ready:
        tried = []
        for number, code in rules.ours(one.destination, sources.get(one.line, "")):
            tried.append((len(asked), number, code))
            asked.append((number, one.source, one.at - rules.REACH))
        choices.append(tried)
    found = await store.last_sent(tx, asked)
    # Counted up from one, so that ids are in the order in which handsets wrote.
    first = uuid7(act.now).int
    leaving: dict[AccountId, list[str]] = defaultdict(list)
    for n, (one, tried) in enumerate(zip(ready, choices, strict=True)):
        message = _message(InboundId(UUID(int=first + n)), one, tried, found)
        await store.add(tx, message, one)
        if message.account_id and message.source.isdigit() and opts_out(message.text):
            leaving[message.account_id].append(message.source)
    for account_id, numbers in leaving.items():
        await optouts.opt_out(tx, act, account_id=account_id, numbers=numbers)
    return len(ready)


def _message(
    id_: InboundId,
    written: Written,
    tried: Sequence[tuple[int, str, str]],
    found: Mapping[int, Related],
) -> InboundMessage:
    # The last choice is the line's own number, which is the truth where nobody is found.
    place, number, code = next((one for one in tried if one[0] in found), tried[-1])
    related = found.get(place)
    return InboundMessage(
        id=id_,
        account_id=related.account_id if related else None,
        line=written.line,
        source=written.source,
        destination=number,
        extend_code=code,
        text=written.text,
        parts=written.parts,
        missing=written.missing,
        message_id=related.message_id if related else None,
        client_ref=related.client_ref if related else None,
        at=written.at,
    )


async def _caught_up(tx: Tx, now: datetime) -> bool:
    if not await store.alone(tx, "conversations"):
        return False
    for _ in range(_PAGES):
        if await store.follow(tx, now - rules.REACH, EACH) < EACH:
            return True
    return False


async def forget(tx: Tx, now: datetime, limit: int = 5000) -> int:
    """Delete parts that are in a message long since, and talks too old to be answered."""
    parts = await store.forget_parts(tx, now - KEPT, limit)
    return parts + await store.forget_conversations(tx, now - rules.REACH, limit)
