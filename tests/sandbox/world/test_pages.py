from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.lines.recorder import Recorder, linked, part, until
from tests.sandbox.world.conftest import Tried
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.infra.i18n import LOCALES
from umcloud.sandbox.carrier import FATES, Knobs
from umcloud.sandbox.mailbox.store import ReceivedMail

NUMBER = "8613800138888"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def mail(number: int, to: str, text: str) -> ReceivedMail:
    return ReceivedMail(number, "no-reply@umcloud.example", (to,), "注册", text, "<1@x>", NOON)


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_page_speaks_both_languages(tried: Tried, locale: str) -> None:
    tried.mailbox.put(mail(1, "lin@example.com", "您的验证码是 482913，见 https://a.example/b"))
    tried.carrier.switch(NUMBER, airplane_mode=True)
    tried.carrier.turn(errors={8: 0.1})
    bill = dict.fromkeys(("out_trade_no", "subject", "notify_url"), "x") | {"total_amount": "1.00"}
    tried.gateway.book.add(bill, status="TRADE_SUCCESS", logon="b@x.example", at="2026-03-02 12:00")
    for path in ("/", f"/phones/{NUMBER}", "/carrier", "/mailbox", "/mailbox/1", "/payments",
                 "/clock"):  # fmt: skip
        page = await tried.browser.get(path, params={"lang": locale})
        assert page.status_code == 200, path
    assert "482913" in (await tried.browser.get("/mailbox/1")).text
    assert (await tried.browser.get("/mailbox/99")).status_code == 404
    assert (await tried.browser.get("/sign-in")).status_code == 404


async def test_a_message_appears_on_its_handset_by_either_writing_of_the_number(
    tried: Tried,
) -> None:
    empty = await tried.browser.get("/")
    assert "13800138000" in empty.text
    assert all(fate.ending in empty.text for fate in FATES)
    async with linked(tried.carrier_port, Recorder()) as link:
        link.submit([part(1, NUMBER, "hello there")])
        await until(lambda: tried.carrier.messages(NUMBER))
    assert "hello there" in (await tried.browser.get("/")).text
    assert "hello there" in (await tried.browser.get("/phones/13800138888")).text
    told = (await tried.browser.get("/api/handsets/+8613800138888")).json()
    assert [each["text"] for each in told["messages"]] == ["hello there"]
    assert (told["number"], told["airplane_mode"]) == (NUMBER, False)


async def test_a_handset_answers_and_says_why_it_cannot(tried: Tried) -> None:
    page = f"/phones/{NUMBER}"
    answered = await tried.post(page, f"{page}/reply", to="10690001", text="TD")
    assert answered.status_code == 303
    assert tried.carrier.messages(NUMBER)[0].text == "TD"
    switched = await tried.post(page, f"{page}/switch", switch="airplane", on="1")
    assert switched.status_code == 303
    assert tried.carrier.handsets()[0].airplane_mode
    refused = await tried.post(page, f"{page}/reply", to="10690001", text="TD")
    assert refused.status_code == 422
    full = await tried.post(page, f"{page}/switch", switch="memory", on="1", back="row")
    assert full.headers["location"] == "/"
    assert tried.carrier.handsets()[0].memory_full
    assert (await tried.post(page, f"{page}/switch", switch="radio")).status_code == 404
    opened = await tried.post("/", "/phones", number="13900139000")
    assert opened.headers["location"] == "/phones/8613900139000"
    assert (await tried.post("/", "/phones", number="twelve")).status_code == 422


KNOBS = {
    "latency_ms": "20", "latency_jitter_ms": "5", "receipt_delay_ms": "100",
    "receipt_jitter_ms": "0", "throttle_per_second": "50", "system_error": "10",
    "queue_full": "5", "undelivered": "1", "receipt_loss": "2", "receipt_twice": "3",
    "garbage": "0", "refuse_binds": "yes",
}  # fmt: skip


async def test_knobs_turn_and_go_back(tried: Tried) -> None:
    assert (await tried.post("/carrier", "/carrier/knobs", **KNOBS)).status_code == 303
    knobs = tried.carrier.knobs
    assert (knobs.latency_ms, knobs.throttle_per_second, knobs.refuse_binds) == (20, 50, True)
    assert knobs.errors == {0x08: 0.10, 0x14: 0.05}
    unfit = await tried.post("/carrier", "/carrier/knobs", **{**KNOBS, "latency_jitter_ms": "900"})
    assert unfit.status_code == 422
    assert tried.carrier.knobs == knobs
    assert (await tried.post("/carrier", "/carrier/calm")).status_code == 303
    assert tried.carrier.knobs == Knobs()


async def test_links_are_cut(tried: Tried) -> None:
    seen = Recorder()
    async with linked(tried.carrier_port, seen):
        await until(lambda: tried.carrier.binds()["umcloud"] == 1)
        assert (await tried.post("/carrier", "/carrier/cut")).status_code == 303
        await until(lambda: tried.carrier.binds()["umcloud"] == 0)


async def test_mails_are_told_by_address(tried: Tried) -> None:
    tried.mailbox.put(mail(1, "lin@example.com", "482913"))
    tried.mailbox.put(mail(2, "wang@example.com", "111111"))
    told = (await tried.browser.get("/api/mails", params={"to": "LIN@example.com"})).json()
    assert [(each["number"], each["text"]) for each in told] == [(1, "482913")]
    assert len((await tried.browser.get("/api/mails")).json()) == 2
    only = await tried.browser.get("/mailbox", params={"to": "lin@example.com"})
    assert "482913" in only.text
    assert "111111" not in only.text


async def test_the_clock_jumps_for_everybody(tried: Tried, database: Database) -> None:
    moved = await tried.post("/clock", "/clock/advance", step="days")
    assert moved.status_code == 303
    other = Clock(movable=True)
    async with database.transaction() as tx:
        assert await other.refresh(tx) == timedelta(days=3) == tried.clock.offset
    assert (await tried.post("/clock", "/clock/advance", step="back")).status_code == 404


async def test_nothing_is_done_without_the_proof(tried: Tried) -> None:
    assert (await tried.browser.post("/clock/advance", data={"step": "days"})).status_code != 303
    assert tried.clock.offset == timedelta()
