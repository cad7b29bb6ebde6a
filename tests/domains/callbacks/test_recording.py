"""What calls came to is written for several of them at once, for each by its own lease."""

from __future__ import annotations

import asyncio
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tests.domains.callbacks.conftest import ACCEPTED, Receiver, World
from umcloud.domains.callbacks import payloads, queries, service
from umcloud.domains.callbacks.model import DeliveryState
from umcloud.domains.messaging.model import session_of
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import parse_destination


async def _queued(world: World, receiver: Receiver, count: int) -> None:
    await world.endpoint(receiver.url)
    for _ in range(count):
        await world.end("delivered")
        await world.follow()


async def test_outcomes_of_a_moment_share_a_transaction(world: World, receiver: Receiver) -> None:
    await _queued(world, receiver, 4)
    receiver.plan.extend([(200, ACCEPTED), (500, b""), (200, b"no"), (200, ACCEPTED)])
    async with world.dispatcher(gathered=1.0) as dispatcher:
        receiver.gate = asyncio.Event()
        assert await dispatcher.round() == 4
        async with asyncio.timeout(5):
            while receiver.inside < 4:  # noqa: ASYNC110 - the receiver has no event for it
                await asyncio.sleep(0.01)
        receiver.gate.set()
        await dispatcher.drain()
    async with world.database.transaction() as tx:
        log = await queries.deliveries(tx, world.account_id)
        wrote = (
            await tx.sql(
                "SELECT count(*) AS n, count(DISTINCT xmin::text) AS tx FROM callback_attempt"
            )
        ).one()
    assert (wrote.n, wrote.tx) == (4, 1)
    said = sorted((one.state, one.tries, one.last_status, one.last_error) for one in log)
    assert said == [
        (DeliveryState.DELIVERED, 1, 200, None),
        (DeliveryState.DELIVERED, 1, 200, None),
        (DeliveryState.PENDING, 1, 200, "the answer is not JSON"),
        (DeliveryState.PENDING, 1, 500, "status 500"),
    ]


async def test_ends_of_several_transactions_are_told_in_their_order(
    world: World, receiver: Receiver
) -> None:
    await world.endpoint(receiver.url)
    ends = []
    for number in range(1, 5):  # in a transaction they stand by their ids
        ends += sorted(await world.end(*["delivered"] * number))
    await world.follow()
    await world.deliver()
    (push,) = receiver.bodies
    told = [UUID(item["SessionNo"]) for item in push["Data"]]
    assert told == [session_of(end) for end in ends]


async def test_an_outcome_without_its_lease_is_not_written_and_the_others_are(
    world: World, receiver: Receiver
) -> None:
    receiver.gate = asyncio.Event()
    lost = await world.endpoint(receiver.url)
    await world.endpoint(receiver.url)
    await world.end("delivered")
    await world.follow()
    async with world.dispatcher() as dispatcher:
        assert await dispatcher.round() == 2
        async with world.database.transaction() as tx:
            await service.remove_endpoint(
                tx, world.act, account_id=world.account_id, endpoint_id=lost.endpoint.id
            )
        receiver.gate.set()
        await dispatcher.drain()
    async with world.database.transaction() as tx:
        log = {one.endpoint_id: one for one in await queries.deliveries(tx, world.account_id)}
        gone = log.pop(lost.endpoint.id)
        assert await queries.attempts(tx, world.account_id, gone.id) == []
        (kept,) = log.values()
        assert len(await queries.attempts(tx, world.account_id, kept.id)) == 1
    assert (gone.state, gone.attempts) == (DeliveryState.DEAD, 0)
    assert (kept.state, kept.attempts) == (DeliveryState.DELIVERED, 1)


@given(
    st.one_of(
        st.from_regex(r"86[0-9]{11}", fullmatch=True),
        st.from_regex(r"[1-9][0-9]{5,14}", fullmatch=True),
    )
)
def test_the_short_way_to_a_native_number_leads_to_the_same(digits: str) -> None:
    try:
        expected = parse_destination(f"+{digits}").text
    except Refusal:
        expected = digits
    assert payloads._native_number(digits) == expected
