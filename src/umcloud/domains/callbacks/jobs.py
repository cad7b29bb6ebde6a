"""What runs by the clock: ends of messages become deliveries, old deliveries are forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from umcloud.domains.callbacks import rules, store
from umcloud.domains.callbacks.model import Endpoint, Topic
from umcloud.domains.callbacks.service import new_delivery
from umcloud.domains.inbound import news
from umcloud.domains.messaging import finals
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

FOLLOWER = "callbacks"
REPLIES_FOLLOWER = "callbacks of replies"
PAGE = 10_000
"""Ends that are read at once: a full page, and the next is read without a rest."""
KEPT = timedelta(days=30)
"""How long an ended delivery stays in the log."""


async def follow(tx: Tx, act: Act, limit: int = PAGE) -> int:
    """Queue deliveries for the next ends of messages; return how many ends were read.

    Deliveries and cursor move in one statement: nothing is lost and nothing queued twice.
    """
    cursor = await finals.locked_cursor(tx, FOLLOWER)
    if cursor is None:
        return 0
    return await store.queue_ends(tx, act.now, cursor, limit=limit, batch=rules.BATCH)


async def follow_replies(tx: Tx, act: Act, limit: int = 1000) -> int:
    """Queue deliveries for what handsets wrote back; return how many were read.

    Deliveries and cursor move in one transaction, as those of ends of messages do.
    """
    endpoints: dict[AccountId, list[Endpoint]] = defaultdict(list)
    for endpoint in await store.listening(tx, Topic.REPLIES):
        endpoints[endpoint.account_id].append(endpoint)
    read, found = await news.take(tx, REPLIES_FOLLOWER, limit, accounts=endpoints)
    wanted: dict[Endpoint, list[UUID]] = defaultdict(list)
    for one in found:
        for endpoint in endpoints[one.account_id]:
            wanted[endpoint].append(one.id)
    await store.add_deliveries(
        tx,
        [
            (replace(new_delivery(act, to.id, to.account_id), topic=Topic.REPLIES), batch)
            for to, ids in wanted.items()
            for batch in _batches(ids)
        ],
    )
    return read


def _batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for begin in range(0, len(ids), rules.BATCH):
        yield ids[begin : begin + rules.BATCH]


async def forget(tx: Tx, now: datetime, limit: int = 1000) -> int:
    """Delete deliveries that ended 30 days ago, with their attempts; return how many."""
    return await store.forget(tx, now - KEPT, limit)
