from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.domains.callbacks.conftest import Receiver, World
from umcloud.domains.callbacks import errors, jobs, queries, service
from umcloud.domains.callbacks.model import Form, Kind
from umcloud.domains.messaging import finals
from umcloud.infra.outbound import AddressForbidden
from umcloud.kernel.ids import MessageId, moment_of


async def queued(world: World) -> list[MessageId]:
    async with world.database.transaction() as tx:
        rows = await tx.sql("SELECT unnest(ids) AS id FROM callback_delivery")
        return [MessageId(row.id) for row in rows]


async def test_a_late_commit_is_not_skipped(world: World) -> None:
    await world.endpoint("http://127.0.0.1:9999/")
    async with world.database.transaction() as slow:
        late = await world.ended(slow, "delivered")
        early = await world.end("delivered")
        assert await world.follow() == 0  # an older transaction may still append before it
    assert await world.follow() == 2
    assert sorted(await queued(world)) == sorted([*late, *early])
    assert await world.follow() == 0


async def test_followers_at_once_queue_each_end_once(world: World) -> None:
    await world.endpoint("http://127.0.0.1:9999/")
    ends = []
    for _ in range(10):
        ends += await world.end(*["delivered"] * 10)

    async def follow_all() -> None:
        async with asyncio.timeout(20):
            while len(await queued(world)) < len(ends):
                await world.follow(limit=7)

    await asyncio.gather(follow_all(), follow_all(), follow_all())
    found = await queued(world)
    assert sorted(found) == sorted(ends)


async def test_what_fails_is_followed_again(world: World) -> None:
    await world.endpoint("http://127.0.0.1:9999/")
    ends = await world.end("delivered", "failed")

    async def fail() -> None:
        async with world.database.transaction() as tx:
            await jobs.follow(tx, world.act)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await queued(world) == []
    async with world.database.transaction() as tx:
        assert await finals.behind(tx, jobs.FOLLOWER) == 2
    await world.follow()
    assert sorted(await queued(world)) == sorted(ends)
    async with world.database.transaction() as tx:
        assert await finals.behind(tx, jobs.FOLLOWER) == 0


async def test_each_address_gets_its_ends_in_the_logs_order(world: World) -> None:
    failures = await world.endpoint("http://127.0.0.1:9999/", kinds=frozenset({Kind.FAILED}))
    everything = await world.endpoint("http://127.0.0.1:9999/")
    ends = await world.end(*["failed"] * 401)
    assert await world.follow(limit=401) == 401
    for made in (failures, everything):
        async with world.database.transaction() as tx:
            found = (
                await tx.sql(
                    "SELECT id, size, ids, created_at FROM callback_delivery "
                    "WHERE endpoint_id = :endpoint ORDER BY id",
                    endpoint=made.endpoint.id,
                )
            ).all()
        assert sorted(row.size for row in found) == [1, 200, 200]
        assert sorted(id_ for row in found for id_ in row.ids) == sorted(ends)
        assert all(row.ids == sorted(row.ids) for row in found)  # of one transaction and lane
        assert {row.id.version for row in found} == {7}
        assert all(abs(moment_of(row.id) - world.now) < timedelta(seconds=1) for row in found)


async def test_numbers_and_texts_do_not_rest_in_deliveries(world: World) -> None:
    await world.endpoint("http://127.0.0.1:9999/")
    await world.end("delivered", ref="order-7")
    await world.follow()
    async with world.database.transaction() as tx:
        rows = await tx.sql("SELECT row_to_json(d)::text AS whole FROM callback_delivery AS d")
        (whole,) = [row.whole for row in rows]
    assert not any(word in whole for word in ("13800138000", "1234", "order-7"))


async def test_old_deliveries_are_forgotten(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url)
    await world.end("delivered")
    await world.follow()
    await world.deliver()
    async with world.database.transaction() as tx:
        assert await jobs.forget(tx, world.now + timedelta(days=29)) == 0
        assert await jobs.forget(tx, world.now + timedelta(days=31)) == 1
    assert await queued(world) == []


async def test_an_account_has_few_endpoints_and_judged_ones(world: World) -> None:
    for number in range(5):
        await world.endpoint(f"http://127.0.0.1:9999/{number}", Form.SIGNED)
    with pytest.raises(errors.TooManyEndpoints):
        await world.endpoint("http://127.0.0.1:9999/6")
    with pytest.raises(AddressForbidden):
        await world.endpoint("http://10.0.0.1/")
    async with world.database.transaction() as tx:
        endpoint, *_ = await queries.endpoints(tx, world.account_id)
        with pytest.raises(AddressForbidden):
            await service.change_endpoint(
                tx,
                world.act,
                account_id=world.account_id,
                endpoint_id=endpoint.id,
                url="http://169.254.169.254/",
                kinds=service.ALL_KINDS,
                guard=world.outbound,
            )
        renewed = await service.renew_secret(
            tx,
            world.act,
            account_id=world.account_id,
            endpoint_id=endpoint.id,
            sealer=world.sealer,
        )
    assert renewed.secret
