"""What handsets wrote back, as its account and nobody else sees it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from tests.domains.inbound.stage import HANDSET, OURS, Sent
from tests.doors.portal.conftest import NOON, Customer, World
from umcloud.kernel.ids import AccountId, show


async def _answered(world: World, *texts: str) -> UUID:
    """Send one message and let its handset write back."""
    account = AccountId(await world.account_id())
    sent = Sent(world.database, NOON)
    await sent.begin()
    message = await sent.send(account, reference="order-7")
    for n, text in enumerate(texts):
        await sent.keep(sent.part(text, after=timedelta(seconds=n)))
        await sent.gather(timedelta(seconds=n + 1))
    return message


async def test_replies_are_listed_with_the_message_they_answer(
    world: World, member: Customer
) -> None:
    message = await _answered(world, "<b>好的</b>", "请改到周五")
    page = await member.see("/replies")
    assert "请改到周五" in page
    assert "&lt;b&gt;好的&lt;/b&gt;" in page
    assert "138****8888" in page
    assert HANDSET[2:] not in page
    assert f"/records/{show('msg', message)}" in page
    assert "order-7" in page
    csv = (await member.client.get("/replies.csv")).text
    assert "请改到周五" in csv
    assert "138****8888" in csv
    assert HANDSET[2:] not in csv
    assert OURS in csv


async def test_replies_are_narrowed_by_number_and_day(world: World, member: Customer) -> None:
    await _answered(world, "好的")
    assert "好的" in await member.see("/replies?number=13800138888&since=2026-03-02")
    for narrowed in ("number=13900139000", "until=2026-03-01", "since=2026-03-03", "number=138"):
        assert "好的" not in await member.see(f"/replies?{narrowed}")
        assert "好的" not in (await member.client.get(f"/replies.csv?{narrowed}")).text


async def test_pages_follow_each_other(world: World, member: Customer) -> None:
    await _answered(world, *(f"第{n}次" for n in range(23)))
    first = await member.see("/replies")
    assert "第22次" in first
    assert "第2次" not in first
    following = first.partition('rel="next" href="')[2].partition('"')[0]
    second = await member.see(following.replace("&amp;", "&"))
    assert "第2次" in second
