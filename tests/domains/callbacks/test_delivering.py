from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest

from tests.domains.callbacks.conftest import ACCEPTED, Receiver, World
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit.questions import Lately, new_faults
from umcloud.domains.callbacks import errors, invariants, queries, rules, service
from umcloud.domains.callbacks.model import Delivery, DeliveryState, Form, Kind
from umcloud.domains.messaging.model import session_of
from umcloud.kernel.ids import DeliveryId, EndpointId, show, uuid7


async def log_of(world: World) -> list[Delivery]:
    async with world.database.transaction() as tx:
        return await queries.deliveries(tx, world.account_id)


async def test_the_native_push_is_written_as_the_protocol_says(
    world: World, receiver: Receiver
) -> None:
    await world.endpoint(receiver.url)
    (message,) = await world.end("delivered", ref="order-7")
    assert await world.follow() == 1
    assert await world.deliver() == 1
    assert receiver.bodies == [
        {
            "MsgType": 2,
            "Data": [
                {
                    "SessionNo": str(session_of(message)),
                    "Phone": "13800138000",
                    "CostCount": 1,
                    "ReceiptTime": int(world.now.timestamp()),
                    "ReceiptResult": "发送成功",
                    "ReceiptCode": "DELIVRD",
                    "ReceiptDesc": "用户接收成功",
                    "UserId": "order-7",
                }
            ],
        }
    ]
    assert receiver.headers[0]["host"] == f"127.0.0.1:{receiver.port}"
    (delivery,) = await log_of(world)
    assert delivery.state is DeliveryState.DELIVERED
    assert await world.deliver() == 0


async def test_the_signed_form_proves_itself(world: World, receiver: Receiver) -> None:
    made = await world.endpoint(receiver.url, Form.SIGNED)
    assert made.secret
    assert made.secret not in repr(made)
    receiver.plan.append((204, b""))
    (message,) = await world.end("failed")
    await world.follow()
    await world.deliver()
    stamp, mac = receiver.headers[0]["umcloud-signature"].split(",")
    signed = stamp.removeprefix("t=").encode() + b"." + receiver.raw[0]
    expected = hmac.new(made.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert mac == f"v1={expected}"
    (body,) = receiver.bodies
    (delivery,) = await log_of(world)
    assert body["id"] == show("dlv", delivery.id)
    assert body["type"] == "message.ended"
    assert body["data"][0]["message"] == show("msg", message)
    assert body["data"][0]["status"] == "failed"
    assert delivery.state is DeliveryState.DELIVERED


async def test_batches_are_full_before_another_begins_and_kinds_are_chosen(
    world: World, receiver: Receiver
) -> None:
    await world.endpoint(receiver.url, kinds=frozenset({Kind.DELIVERED}))
    await world.end(*["delivered"] * (rules.BATCH + 30), *["failed"] * 20)
    assert await world.follow(limit=1000) == rules.BATCH + 50
    await world.deliver()
    assert sorted(len(body["Data"]) for body in receiver.bodies) == [30, rules.BATCH]


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"ok"),
        (200, b'{"code":1,"message":"no"}'),
        (200, b'{"code":false}'),
        (200, b"[0]"),
        (200, b'{"code":0,"message":"' + b"x" * 5000 + b'"}'),
        (500, ACCEPTED),
        (302, b""),
    ],
)
async def test_any_other_answer_is_a_refusal_and_is_tried_again(
    world: World, receiver: Receiver, answer: tuple[int, bytes]
) -> None:
    receiver.plan.append(answer)
    receiver.location = "http://169.254.169.254/latest/meta-data/" if answer[0] == 302 else ""
    await world.endpoint(receiver.url)
    await world.end("delivered")
    await world.follow()
    assert await world.deliver() == 1
    (delivery,) = await log_of(world)
    assert (delivery.state, delivery.tries) == (DeliveryState.PENDING, 1)
    assert delivery.last_status == answer[0]
    assert delivery.next_at == world.now + timedelta(seconds=1)
    world.later(timedelta(seconds=1))
    assert await world.deliver() == 1
    (delivery,) = await log_of(world)
    assert delivery.state is DeliveryState.DELIVERED
    async with world.database.transaction() as tx:
        tries = await queries.attempts(tx, world.account_id, delivery.id)
        assert await invariants.violations(tx, world.now) == []
        await tx.sql("UPDATE callback_attempt SET error = 'no' WHERE number = 2")
        await tx.sql("DELETE FROM callback_attempt WHERE number = 1")
        assert len(await invariants.violations(tx, world.now)) == 2
        lately = Lately(world.now - timedelta(hours=1), 0, world.now)
        assert len(await new_faults(tx, invariants.QUESTIONS, lately)) == 2
        later = Lately(world.now + timedelta(hours=1), 0, world.now)
        assert await new_faults(tx, invariants.QUESTIONS, later) == []
    assert [attempt.number for attempt in tries] == [1, 2]
    assert tries[0].error
    assert tries[1].error is None


async def test_a_day_of_refusals_makes_a_dead_letter_that_can_be_replayed(
    world: World, receiver: Receiver
) -> None:
    receiver.plan.extend([(503, b"")] * (len(rules.PAUSES) + 1))
    await world.endpoint(receiver.url)
    await world.end("delivered")
    await world.follow()
    begun, calls = world.now, 0
    for pause in (*rules.PAUSES, timedelta(days=1)):
        calls += await world.deliver()
        world.later(pause)
    assert calls == len(rules.PAUSES) + 1
    assert world.now - begun <= timedelta(days=2)
    (dead,) = await log_of(world)
    assert dead.state is DeliveryState.DEAD
    async with world.database.transaction() as tx:
        names = [record.name for record in await audit.for_account(tx, world.account_id)]
        act = world.act
        assert await service.replay_dead(tx, act, account_id=world.account_id) == 1
        with pytest.raises(errors.DeliveryUnderWay):
            await service.replay(tx, act, account_id=world.account_id, delivery_id=dead.id)
    assert "callback.delivery_given_up" in names
    assert await world.deliver() == 1
    (replayed,) = await log_of(world)
    assert (replayed.state, replayed.tries) == (DeliveryState.DELIVERED, 1)
    assert replayed.attempts == calls + 1
    async with world.database.transaction() as tx:
        await service.replay(tx, world.act, account_id=world.account_id, delivery_id=dead.id)
    assert await world.deliver() == 1


async def test_a_machine_that_hangs_is_left_and_holds_up_nobody(
    world: World, receiver: Receiver
) -> None:
    receiver.gate = asyncio.Event()
    await world.endpoint(receiver.url)
    await world.end("delivered")
    await world.follow()
    async with world.dispatcher(timeout=0.3) as dispatcher:
        assert await world.deliver(dispatcher) == 1
    (delivery,) = await log_of(world)
    assert delivery.last_error == "no answer in time"
    assert delivery.last_status is None
    assert delivery.state is DeliveryState.PENDING


async def test_one_endpoint_gets_only_its_share_of_calls(world: World, receiver: Receiver) -> None:
    receiver.gate = asyncio.Event()
    await world.endpoint(receiver.url)
    for _ in range(7):
        await world.end("delivered")
        await world.follow()
    async with world.dispatcher(each=2, timeout=5.0) as dispatcher:
        assert await dispatcher.round() == 2
        assert await dispatcher.round() == 0
        receiver.gate.set()
        await world.deliver(dispatcher)
    assert receiver.most_inside <= 2
    assert len(receiver.raw) == 7


async def test_two_dispatchers_never_make_one_call_twice(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url)
    for _ in range(20):
        await world.end("delivered")
        await world.follow()
    async with world.dispatcher() as one, world.dispatcher() as two:
        await asyncio.gather(world.deliver(one), world.deliver(two))
    assert len(receiver.raw) == 20
    assert {one.attempts for one in await log_of(world)} == {1}


async def test_a_dispatcher_that_died_lets_go(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url)
    await world.end("delivered")
    await world.follow()
    receiver.gate = asyncio.Event()
    async with world.dispatcher() as dead:
        assert await dead.round() == 1
        for call in dead._calls:
            call.cancel()
    receiver.gate.set()
    assert await world.deliver() == 0
    world.later(timedelta(seconds=60))
    assert await world.deliver() == 1


async def test_ping_pause_and_removal(world: World, receiver: Receiver) -> None:
    made = await world.endpoint(receiver.url, Form.SIGNED)
    mine: dict[str, Any] = {"account_id": world.account_id, "endpoint_id": made.endpoint.id}
    async with world.database.transaction() as tx:
        ping = await service.ping(tx, world.act, **mine)
    await world.deliver()
    assert receiver.bodies == [
        {"id": show("dlv", ping.id), "type": "ping", "time": "2026-03-02T04:00:00.000Z", "data": []}
    ]
    async with world.database.transaction() as tx:
        await service.pause_endpoint(tx, world.act, **mine)
    await world.end("delivered")
    await world.follow()
    assert await world.deliver() == 0
    async with world.database.transaction() as tx:
        await service.resume_endpoint(tx, world.act, **mine)
    assert await world.deliver() == 1
    await world.end("delivered")
    await world.follow()
    async with world.database.transaction() as tx:
        await service.remove_endpoint(tx, world.act, **mine)
    assert await world.deliver() == 0
    async with world.database.transaction() as tx:
        (dead,) = await queries.deliveries(tx, world.account_id, state=DeliveryState.DEAD)
        assert dead.last_error == "the endpoint was removed"
        with pytest.raises(errors.EndpointNotFound):
            await service.ping(tx, world.act, **mine)


async def test_a_test_call_is_made_once(world: World, receiver: Receiver) -> None:
    made = await world.endpoint(receiver.url)
    receiver.plan.append((404, b""))
    async with world.database.transaction() as tx:
        await service.ping(tx, world.act, account_id=world.account_id, endpoint_id=made.endpoint.id)
    await world.deliver()
    (ping,) = await log_of(world)
    assert (ping.state, ping.last_status) == (DeliveryState.DEAD, 404)


async def test_nobody_touches_what_is_not_theirs(world: World, receiver: Receiver) -> None:
    made = await world.endpoint(receiver.url)
    stranger: dict[str, Any] = {
        "account_id": world.account_id,
        "endpoint_id": EndpointId(uuid7(world.now)),
    }
    async with world.database.transaction() as tx:
        for deed in (service.ping, service.pause_endpoint, service.remove_endpoint):
            with pytest.raises(errors.EndpointNotFound):
                await deed(tx, world.act, **stranger)
        with pytest.raises(errors.DeliveryNotFound):
            await service.replay(
                tx, world.act, account_id=world.account_id, delivery_id=DeliveryId(uuid7(world.now))
            )
        with pytest.raises(errors.NoSecret):
            await service.renew_secret(
                tx,
                world.act,
                account_id=world.account_id,
                endpoint_id=made.endpoint.id,
                sealer=world.sealer,
            )
