"""What runs by the clock: ends of messages become deliveries, old deliveries are forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from umcloud.domains.callbacks import rules, store
from umcloud.domains.callbacks.model import Delivery, Endpoint, Item, Topic
from umcloud.domains.callbacks.service import new_delivery
from umcloud.domains.inbound import news
from umcloud.domains.messaging import finals
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

FOLLOWER = "callbacks"
REPLIES_FOLLOWER = "callbacks of replies"
KEPT = timedelta(days=30)
"""How long an ended delivery stays in the log."""


async def follow(tx: Tx, act: Act, limit: int = 5000) -> int:
    """Queue deliveries for the next ends of messages; return how many ends were read.

    Deliveries and cursor move in one transaction: nothing is lost and nothing queued twice.
    """
    endpoints = await _listening(tx, Topic.RECEIPTS)
    read, ended = await finals.take(tx, FOLLOWER, limit, accounts=endpoints)
    wanted: dict[Endpoint, list[Item]] = defaultdict(list)
    for account_id, ends in ended.items():
        for endpoint in endpoints[account_id]:
            kinds = {kind.value for kind in endpoint.kinds}
            wanted[endpoint] += [Item(end.xid, end.id) for end in ends if end.state in kinds]
    await store.add_deliveries(tx, _deliveries(act, Topic.RECEIPTS, wanted))
    return read


async def follow_replies(tx: Tx, act: Act, limit: int = 1000) -> int:
    """Queue deliveries for what handsets wrote back; return how many were read.

    Deliveries and cursor move in one transaction, as those of ends of messages do.
    """
    endpoints = await _listening(tx, Topic.REPLIES)
    read, found = await news.take(tx, REPLIES_FOLLOWER, limit, accounts=endpoints)
    wanted: dict[Endpoint, list[Item]] = defaultdict(list)
    for one in found:
        for endpoint in endpoints[one.account_id]:
            wanted[endpoint].append(Item(one.xid, one.id))
    await store.add_deliveries(tx, _deliveries(act, Topic.REPLIES, wanted))
    return read


async def _listening(tx: Tx, about: Topic) -> dict[AccountId, list[Endpoint]]:
    endpoints: dict[AccountId, list[Endpoint]] = defaultdict(list)
    for endpoint in await store.listening(tx):
        if endpoint.about is about:
            endpoints[endpoint.account_id].append(endpoint)
    return endpoints


def _deliveries(
    act: Act, topic: Topic, wanted: Mapping[Endpoint, Sequence[Item]]
) -> list[Delivery]:
    return [
        replace(
            new_delivery(act, endpoint.id, endpoint.account_id), topic=topic, items=tuple(batch)
        )
        for endpoint, items in wanted.items()
        for batch in _batches(items)
    ]


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for begin in range(0, len(items), rules.BATCH):
        yield items[begin : begin + rules.BATCH]


async def forget(tx: Tx, now: datetime, limit: int = 1000) -> int:
    """Delete deliveries that ended 30 days ago, with their attempts; return how many."""
    return await store.forget(tx, now - KEPT, limit)
