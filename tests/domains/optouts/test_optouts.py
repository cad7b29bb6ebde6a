"""Who opts out gets no more marketing from the very next batch on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.domains.inbound.stage import FIRST, HANDSET, SECOND, Sent
from tests.doors.programs import customer, prepare
from umcloud.domains.catalogue.model import MessageClass
from umcloud.domains.messaging import facts
from umcloud.domains.messaging.errors import RecipientOptedOut
from umcloud.domains.messaging.model import Recipient, SendGroup, SendRequest
from umcloud.domains.messaging.screening import screen
from umcloud.domains.optouts import events, queries, service
from umcloud.domains.optouts.errors import AlreadyOptedOut, OptOutUnknown
from umcloud.domains.optouts.rules import opts_out
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, lane_of
from umcloud.main.wiring import wire
from umcloud.wire.phones import NumberMalformed


@pytest.mark.parametrize(
    "text",
    [
        "TD",
        "td",
        "T",
        "t",
        "R",
        " \uff34\uff24 ",
        "“T”",
        "退订",
        "退订。",
        "【退订】",
        "拒收",
        "回T",
        "回复TD",
        "请回复 退订",
    ],
)
def test_a_wish_to_opt_out_is_known_however_it_is_written(text: str) -> None:
    assert opts_out(text)


@pytest.mark.parametrize(
    "text", ["", "好的", "怎么退订？", "TDK", "不退订", "Tea", "请问如何退订", "回", "1"]
)
def test_a_question_is_no_wish_to_opt_out(text: str) -> None:
    assert not opts_out(text)


async def test_a_reply_puts_the_number_on_the_list_of_who_wrote_last(sent: Sent) -> None:
    told: list[events.OptedOut] = []

    async def hear(tx: Tx, act: Act, event: events.OptedOut) -> None:
        del tx, act
        told.append(event)

    sent.database.bus.on(events.OptedOut, hear)
    await sent.send(FIRST)
    await sent.send(SECOND, "8613900139000")
    await sent.keep(
        sent.part("\uff34\uff24"), sent.part("td"), sent.part("T", source="13900139000")
    )
    await sent.keep(sent.part("TD", source="8613700137000"), sent.part("怎么退订？"))
    await sent.gather()
    async with sent.database.transaction() as tx:
        assert await queries.numbers(tx, FIRST) == {HANDSET}
        assert await queries.numbers(tx, SECOND) == {"8613900139000"}
    assert {(one.account_id, one.count) for one in told} == {(FIRST, 1), (SECOND, 1)}
    await sent.keep(sent.part("退订"))
    await sent.gather(timedelta(seconds=9))
    assert len(told) == 2


async def test_the_customer_keeps_the_list(sent: Sent) -> None:
    act = sent.act()
    async with sent.database.transaction() as tx:
        await service.enter(tx, act, account_id=FIRST, number="(852)61234567")
        await service.enter(tx, act, account_id=FIRST, number="13800138888")
        await service.enter(tx, act, account_id=SECOND, number="13800138888")
        with pytest.raises(AlreadyOptedOut):
            await service.enter(tx, act, account_id=FIRST, number="+8613800138888")
        with pytest.raises(NumberMalformed):
            await service.enter(tx, act, account_id=FIRST, number="138")
        (found,) = await queries.search(tx, FIRST, number=HANDSET)
        with pytest.raises(OptOutUnknown):
            await service.remove(tx, act, account_id=SECOND, opt_out_id=found.id)
        await service.remove(tx, act, account_id=FIRST, opt_out_id=found.id)
        assert await queries.numbers(tx, FIRST) == {"85261234567"}
        assert await queries.one(tx, FIRST, found.id) is None
        assert len(await queries.search(tx, SECOND)) == 1


async def test_marketing_alone_is_refused_to_who_opted_out(
    database: Database, act: Act, now: datetime
) -> None:
    """The list is part of the facts; a change of it raises their version (no read a message)."""
    wire(database.bus, sealer=Sealer("a secret for tests only"))
    await prepare(database, act)
    made = await customer(database, act)
    account = AccountId(UUID(made.account))
    async with database.transaction() as tx:
        before = await facts.load(tx, account)
        await service.opt_out(tx, act, account_id=account, numbers=[HANDSET])
        after = await facts.load(tx, account)
    assert after.version > before.version
    request = SendRequest(
        account,
        lane_of(account),
        [
            SendGroup(
                made.template, None, [Recipient(n, ("7",)) for n in ("13800138888", "13900139000")]
            )
        ],
        atomic=False,
    )
    assert screen(after, request, now).refused == {}
    template = replace(after.templates[made.template], cls=MessageClass.MARKETING)
    marketing = replace(after, templates={made.template: template})
    refused = screen(marketing, request, now).refused
    assert {place: type(refusal) for place, refusal in refused.items()} == {0: RecipientOptedOut}
