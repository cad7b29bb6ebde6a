"""What is kept once, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.domains.inbound.stage import FIRST, HANDSET, OURS, SECOND, Sent
from umcloud.domains.inbound import invariants, jobs, queries, service
from umcloud.domains.inbound.queries import InboundFilter

NEXT_LINK = UUID(int=2)


async def test_a_message_goes_to_who_wrote_last_to_that_handset_from_that_number(
    sent: Sent,
) -> None:
    await sent.send(FIRST, reference="order-1")
    last = await sent.send(SECOND, reference="order-2")
    await sent.send(FIRST, source="10695555")
    await sent.send(FIRST, "8613900139999")
    await sent.keep(sent.part("好的"))
    assert await sent.gather() == 1
    async with sent.database.transaction() as tx:
        (message,) = await queries.search(tx, SECOND)
        assert await queries.search(tx, FIRST) == []
        assert await queries.answers(tx, SECOND, last) == [message]
        assert await invariants.violations(tx, sent.now) == []
    assert (message.text, message.source, message.destination) == ("好的", HANDSET, OURS)
    assert (message.message_id, message.client_ref) == (last, "order-2")
    assert message.at == sent.now + timedelta(seconds=1)
    assert await sent.gather() == 0


async def test_a_later_message_takes_the_talk_over(sent: Sent) -> None:
    await sent.send(FIRST)
    await sent.keep(sent.part("1"))
    await sent.gather()
    await sent.send(SECOND)
    await sent.keep(sent.part("2"))
    await sent.gather()
    async with sent.database.transaction() as tx:
        texts = [(await queries.search(tx, account))[0].text for account in (FIRST, SECOND)]
    assert texts == ["1", "2"]


async def test_digits_behind_our_number_are_the_extension_code(sent: Sent) -> None:
    await sent.send(FIRST)
    await sent.keep(sent.part("是", destination=f"{OURS}42"))
    await sent.gather()
    async with sent.database.transaction() as tx:
        (message,) = await queries.search(tx, FIRST)
    assert (message.destination, message.extend_code) == (OURS, "42")


async def test_what_answers_nothing_is_kept_as_nobodys(sent: Sent) -> None:
    await sent.send(FIRST, at=sent.now - timedelta(days=16))
    await sent.send(FIRST, "8613900139999")
    await sent.keep(sent.part("谁啊"), sent.part("hello", source="10086"))
    assert await sent.gather() == 2
    async with sent.database.transaction() as tx:
        assert await queries.search(tx, FIRST) == []
        found = await queries.nobodys(tx)
    assert {(one.text, one.account_id, one.message_id) for one in found} == {
        ("谁啊", None, None),
        ("hello", None, None),
    }


async def test_nobody_follows_what_is_sent_until_a_handset_writes(sent: Sent) -> None:
    for n in range(3):
        await sent.send(FIRST, f"861380013000{n}")
    async with sent.database.transaction() as tx:
        assert await jobs.follow(tx, sent.now) == 0
    await sent.keep(sent.part("在吗"))
    async with sent.database.transaction() as tx:
        assert await jobs.follow(tx, sent.now) == 3
        assert await jobs.follow(tx, sent.now) == 0
        rows = await tx.sql("SELECT count(*) FROM conversation")
        assert rows.scalar_one() == 3


async def test_the_same_transaction_may_be_run_again(sent: Sent) -> None:
    parts = [sent.part("1"), sent.part("1")]
    assert await sent.keep(*parts) == 2
    assert await sent.keep(*parts) == 2


async def test_what_comes_again_over_another_link_without_our_answer_is_the_same(
    sent: Sent,
) -> None:
    first, second = sent.part("1"), sent.part("1")
    assert await sent.keep(first, second) == 2
    again = [replace(one, link=NEXT_LINK) for one in (first, second)]
    assert await sent.keep(*again) == 2
    assert await sent.keep(*again) == 2
    assert await sent.keep(replace(sent.part("1"), link=NEXT_LINK)) == 3


async def test_an_equal_text_after_our_answer_arrived_is_another_one(sent: Sent) -> None:
    first = sent.part("1")
    await sent.keep(first)
    async with sent.database.transaction() as tx:
        await service.answered(tx, [(first.link, first.ordinal)])
    assert await sent.keep(replace(sent.part("1"), link=NEXT_LINK)) == 2


async def test_lists_are_narrowed_and_paged(sent: Sent) -> None:
    await sent.send(FIRST)
    await sent.send(FIRST, "85261234567")
    for n in range(3):
        await sent.keep(sent.part(str(n), after=timedelta(hours=n)))
        await sent.gather(timedelta(hours=n, seconds=1))
    await sent.keep(sent.part("hk", source="85261234567", after=timedelta(hours=5)))
    await sent.gather(timedelta(hours=6))

    async def texts(wanted: InboundFilter, **page: Any) -> list[str]:
        async with sent.database.transaction() as tx:
            found = await queries.search(tx, FIRST, wanted, **page)
            return [one.text for one in found]

    assert await texts(InboundFilter()) == ["hk", "2", "1", "0"]
    assert await texts(InboundFilter(number="85261234567")) == ["hk"]
    since, until = sent.now + timedelta(minutes=30), sent.now + timedelta(hours=2)
    assert await texts(InboundFilter(since=since, until=until)) == ["1"]
    assert await texts(InboundFilter(), limit=1) == ["hk"]
    async with sent.database.transaction() as tx:
        (newest,) = await queries.search(tx, FIRST, limit=1)
    assert await texts(InboundFilter(), before=newest.id, limit=2) == ["2", "1"]


async def test_old_parts_and_talks_are_forgotten_and_messages_stay(sent: Sent) -> None:
    await sent.send(FIRST)
    await sent.keep(sent.part("好"))
    await sent.gather()
    async with sent.database.transaction() as tx:
        assert await jobs.forget(tx, sent.now + timedelta(days=2)) == 0
        assert await jobs.forget(tx, sent.now + timedelta(days=4)) == 1
        assert await jobs.forget(tx, sent.now + timedelta(days=16)) == 1
        assert len(await queries.search(tx, FIRST)) == 1


async def test_long_messages_that_wait_hold_up_nothing(sent: Sent) -> None:
    await sent.send(FIRST)
    halves = [
        replace(sent.part("半"), reference=n, total=2, number=1, source=str(n).encode())
        for n in range(30)
    ]
    await sent.keep(*halves)
    await sent.keep(sent.part("好"), sent.part("的"))
    act = sent.act()
    async with sent.database.transaction() as tx:
        assert await jobs.gather(tx, act, groups=5) == 2
        assert await jobs.gather(tx, act, groups=5) == 0
    late = sent.act(timedelta(minutes=11))
    async with sent.database.transaction() as tx:
        assert await jobs.gather(tx, late, groups=20) == 20
        assert await jobs.gather(tx, late, groups=20) == 10
        strays = await queries.nobodys(tx)
    assert {(one.text, one.missing) for one in strays} == {("半…", 1)}


async def test_the_last_part_brings_the_whole(sent: Sent) -> None:
    await sent.send(FIRST)
    first, second = sent.part("今天"), sent.part("明天")
    await sent.keep(replace(second, reference=9, total=2, number=2))
    assert await sent.gather() == 0
    await sent.keep(replace(first, reference=9, total=2, number=1))
    assert await sent.gather() == 1
    async with sent.database.transaction() as tx:
        (message,) = await queries.search(tx, FIRST)
    assert (message.text, message.parts, message.missing) == ("今天明天", 2, 0)
