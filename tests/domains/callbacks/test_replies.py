"""What handsets write back reaches the customer's own machine (R-MO-01, R-RCPT-03)."""

from __future__ import annotations

import pytest

from tests.domains.callbacks.conftest import Receiver, World
from tests.domains.inbound.stage import SECOND, Sent
from umcloud.domains.callbacks import errors, jobs, queries, rules, service
from umcloud.domains.callbacks.model import Delivery, DeliveryState, Form, NewEndpoint, Topic
from umcloud.kernel.ids import MessageId, show

HANDSET = "8613800138888"


async def _asked(world: World, url: str, form: Form = Form.NATIVE) -> NewEndpoint:
    async with world.database.transaction() as tx:
        return await service.add_endpoint(
            tx,
            world.act,
            account_id=world.account_id,
            url=url,
            form=form,
            about=Topic.REPLIES,
            sealer=world.sealer,
            guard=world.outbound,
        )


async def _answered(world: World, *texts: str, code: str = "") -> MessageId:
    """Send a message with a reference, and let its handset write back."""
    sent = Sent(world.database, world.now)
    await sent.begin()
    message = await sent.send(world.account_id, reference="order-7")
    await sent.send(SECOND, "8613900139000")
    await sent.keep(sent.part("别人的", source="8613900139000"))
    await sent.keep(*(sent.part(text, destination=f"10690000{code}") for text in texts))
    await sent.gather()
    return message


async def _follow(world: World, limit: int = 1000) -> int:
    async with world.database.transaction() as tx:
        return await jobs.follow_replies(tx, world.act, limit)


async def _log(world: World) -> list[Delivery]:
    async with world.database.transaction() as tx:
        return await queries.deliveries(tx, world.account_id)


async def test_the_native_push_is_written_as_the_protocol_says(
    world: World, receiver: Receiver
) -> None:
    await _asked(world, receiver.url)
    await _answered(world, "好的，收到", code="42")
    assert await _follow(world) == 2
    assert await _follow(world) == 0
    assert await world.deliver() == 1
    assert receiver.bodies == [
        {
            "MsgType": 0,
            "Data": [
                {
                    "Phone": "13800138888",
                    "ReplyContent": "好的，收到",
                    "ReplyTime": int(world.now.timestamp()) + 1,
                    "ExtendCode": "42",
                    "UserId": "order-7",
                }
            ],
        }
    ]
    (delivery,) = await _log(world)
    assert (delivery.topic, delivery.state) == (Topic.REPLIES, DeliveryState.DELIVERED)


async def test_the_signed_form_names_the_message_that_was_answered(
    world: World, receiver: Receiver
) -> None:
    made = await _asked(world, receiver.url, Form.SIGNED)
    assert made.secret
    message = await _answered(world, "好的")
    await _follow(world)
    receiver.plan.append((204, b""))
    await world.deliver()
    (body,) = receiver.bodies
    assert body["type"] == "reply.received"
    (item,) = body["data"]
    assert item["inbound"].startswith("inb_")
    del item["inbound"]
    assert item == {
        "sender": f"+{HANDSET}",
        "to": "10690000",
        "extend_code": "",
        "text": "好的",
        "received_at": "2026-03-02T04:00:01.000Z",
        "message": show("msg", message),
        "client_ref": "order-7",
    }
    header = receiver.headers[0][rules.SIGNATURE_HEADER.lower()]
    assert header == rules.signature(made.secret, receiver.raw[0], world.now)


async def test_urls_are_told_what_they_asked_for_only(world: World, receiver: Receiver) -> None:
    await world.endpoint(receiver.url)
    await _answered(world, "好的")
    await _follow(world)
    assert await world.deliver() == 0
    made = await _asked(world, receiver.url)
    await world.end("delivered")
    await world.follow()
    await world.deliver()
    assert [body["MsgType"] for body in receiver.bodies] == [2]
    async with world.database.transaction() as tx:
        found = await queries.endpoints(tx, world.account_id)
    asked = {(one.about, bool(one.kinds)) for one in found}
    assert asked == {(Topic.RECEIPTS, True), (Topic.REPLIES, False)}
    async with world.database.transaction() as tx:
        await service.change_endpoint(
            tx,
            world.act,
            account_id=world.account_id,
            endpoint_id=made.endpoint.id,
            url=f"{receiver.url}?a=1",
            kinds=frozenset(),
            guard=world.outbound,
        )
    with pytest.raises(errors.NothingAsked):
        await world.endpoint(receiver.url, kinds=frozenset())


async def test_what_is_refused_is_tried_again_and_can_be_replayed(
    world: World, receiver: Receiver
) -> None:
    await _asked(world, receiver.url)
    await _answered(world, *(str(n) for n in range(rules.BATCH + 50)))
    await _follow(world, limit=1000)
    receiver.plan.append((500, b""))
    await world.deliver()
    world.later(rules.PAUSES[0])
    await world.deliver()
    assert sorted(len(body["Data"]) for body in receiver.bodies) in (
        [50, 50, rules.BATCH],
        [50, rules.BATCH, rules.BATCH],
    )
    deliveries = await _log(world)
    assert {one.state for one in deliveries} == {DeliveryState.DELIVERED}
    async with world.database.transaction() as tx:
        await service.replay(
            tx, world.act, account_id=world.account_id, delivery_id=deliveries[0].id
        )
    await world.deliver()
    assert len(receiver.bodies) == 4
