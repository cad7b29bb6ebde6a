"""The simulated payment company: its page, notices, queries, statements and memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.sandbox.gateway.world import NOW, World, keys, world
from umcloud.domains.payments.errors import ChannelUnavailable, NoticeNotGenuine
from umcloud.domains.payments.model import TradeState
from umcloud.kernel.money import Money
from umcloud.sandbox.gateway.trades import TradeBook, masked


@dataclass
class Ear:
    """A platform that writes down notices and answers as it is told."""

    answers: list[str] = field(default_factory=list)
    heard: list[dict[str, str]] = field(default_factory=list)

    async def notify(self, request: Request) -> Response:
        self.heard.append(dict(parse_qsl((await request.body()).decode())))
        return PlainTextResponse(self.answers.pop(0) if self.answers else "success")

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/payments/notify/sandbox", self.notify, methods=["POST"])])


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def outside(tmp_path: Path, ear: Ear) -> AsyncIterator[World]:
    async with world(tmp_path, ear.app()) as opened:
        yield opened


async def test_the_page_speaks_both_languages_and_names_the_amount(outside: World) -> None:
    url = await outside.channel.create(outside.bill(yuan="1234.5"))
    chinese = await outside.browser.get(url, headers={"accept-language": "zh-CN,en;q=0.5"})
    assert "¥1234.50" in chinese.text
    assert "确认付款" in chinese.text
    assert "充值 &amp; more" in chinese.text
    english = await outside.browser.get(url + "&lang=en")
    assert "Pay twice (two trades)" in english.text


async def test_approval_is_noticed_and_the_browser_led_back(outside: World, ear: Ear) -> None:
    url = await outside.channel.create(outside.bill())
    answer = await outside.browser.post(
        url, data={"decision": "approve", "payer": "bank@example.com"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "http://platform/portal/recharge?from=gateway&number=pay_1"
    )
    await outside.gateway.notices.settled()
    (form,) = ear.heard
    notice = outside.channel.verify_notify(form)
    assert (notice.bill_number, notice.amount) == ("pay_1", Money.yuan("100"))
    assert (notice.state, notice.paid_at) == (TradeState.PAID, NOW)
    assert notice.payer.name == "ban***@example.com"
    assert "已付款" in (await outside.browser.get(url)).text


@pytest.mark.parametrize(
    ("decision", "notices", "trades"),
    [("approve", 1, 1), ("twice", 2, 2), ("thrice", 3, 1), ("late", 1, 1), ("decline", 1, 1)],
)
async def test_each_button_does_what_it_says(
    outside: World, ear: Ear, decision: str, notices: int, trades: int
) -> None:
    url = await outside.channel.create(outside.bill())
    assert await outside.press(url, decision) == 303
    assert len(ear.heard) == notices
    assert len({form["trade_no"] for form in ear.heard}) == trades
    state = TradeState.CLOSED if decision == "decline" else TradeState.PAID
    assert {outside.channel.verify_notify(form).state for form in ear.heard} == {state}
    if decision != "decline":
        await outside.press(url, "approve")
        assert len(ear.heard) == notices, "a paid bill is not paid again by chance"


async def test_forged_and_overdue_bills_cannot_be_paid(outside: World, ear: Ear) -> None:
    url = await outside.channel.create(outside.bill())
    cheap = url.replace("total_amount=100.00", "total_amount=1.00")
    assert cheap != url
    assert (await outside.browser.get(cheap)).status_code == 400
    paid = {"decision": "approve", "payer": "a@b"}
    assert (await outside.browser.post(cheap, data=paid)).status_code == 400
    for form in (
        {"decision": "steal", "payer": "a@b"},
        {"decision": "approve"},
        {"decision": "approve", "payer": "a\0b"},
    ):
        assert (await outside.browser.post(url, data=form)).status_code == 400
    outside.clock.now += timedelta(hours=2)
    assert "超过支付时间" in (await outside.browser.get(url)).text
    assert (await outside.browser.post(url, data=paid)).status_code == 400
    await outside.gateway.notices.settled()
    assert ear.heard == []


async def test_a_notice_is_repeated_until_acknowledged_and_not_for_ever(
    outside: World, ear: Ear
) -> None:
    ear.answers = ["failure", "failure", "success"]
    await outside.press(await outside.channel.create(outside.bill("pay_1")), "approve")
    assert len(ear.heard) == 3
    assert len({form["notify_id"] for form in ear.heard}) == 1
    ear.answers = ["failure"] * 10
    await outside.press(await outside.channel.create(outside.bill("pay_2")), "approve")
    assert len(ear.heard) == 6
    assert outside.gateway.book.undelivered() == []


async def test_the_merchant_may_ask(outside: World, ear: Ear) -> None:
    assert await outside.channel.query("pay_1") is None
    await outside.press(await outside.channel.create(outside.bill()), "decline")
    closed = await outside.channel.query("pay_1")
    assert closed
    assert closed.state is TradeState.CLOSED
    await outside.press(await outside.channel.create(outside.bill()), "approve")
    paid = await outside.channel.query("pay_1")
    assert paid
    assert (paid.state, paid.amount) == (TradeState.PAID, Money.yuan("100"))
    assert paid.id != closed.id
    assert len(ear.heard) == 2


async def test_the_statement_lists_the_paid_trades_of_an_ended_day(outside: World) -> None:
    await outside.press(await outside.channel.create(outside.bill("pay_1")), "twice")
    await outside.press(await outside.channel.create(outside.bill("pay_2")), "decline")
    today = date(2026, 3, 2)
    with pytest.raises(ChannelUnavailable):
        await outside.channel.statement(today)
    outside.clock.now += timedelta(hours=12)  # 3 March, 00:00 in Shanghai
    lines = await outside.channel.statement(today)
    assert [line.bill_number for line in lines] == ["pay_1", "pay_1"]
    assert {line.paid_at for line in lines} == {NOW}
    assert len({line.trade_number for line in lines}) == 2
    assert await outside.channel.statement(today - timedelta(days=1)) == []


async def test_only_the_merchant_may_ask(outside: World) -> None:
    stranger = replace(outside.channel, key=keys().gateway)
    ask: list[Callable[[], Awaitable[object]]] = [
        lambda: stranger.query("pay_1"),
        lambda: stranger.statement(date(2026, 3, 1)),
    ]
    for question in ask:
        with pytest.raises(ChannelUnavailable):
            await question()
    fooled = replace(outside.channel, gateway_key=keys().platform_public)
    with pytest.raises(NoticeNotGenuine):
        await fooled.query("pay_1")


async def test_a_restart_forgets_nothing(tmp_path: Path, ear: Ear) -> None:
    ear.answers = ["failure"] * 3
    async with world(tmp_path, ear.app(), retries=(0, 60)) as first:
        url = await first.channel.create(first.bill())
        await first.browser.post(url, data={"decision": "approve", "payer": "a@b"})
    with (tmp_path / "payment-sandbox" / "trades.jsonl").open("ab") as file:
        file.write(b'{"trade":{"cut short')
    ear.answers = []
    async with world(tmp_path, ear.app()) as second:
        await second.gateway.notices.settled()
        assert ear.heard
        assert ear.heard[-1]["out_trade_no"] == "pay_1"
        await second.press(await second.channel.create(second.bill("pay_2")), "approve")
    book = TradeBook(tmp_path / "payment-sandbox" / "trades.jsonl")
    assert [book.of_bill(number) is not None for number in ("pay_1", "pay_2")] == [True, True]
    assert book.undelivered() == []


def test_names_of_payers_are_masked() -> None:
    assert masked("finance@example.com") == "fin***@example.com"
    assert masked("13812345678") == "138***"
