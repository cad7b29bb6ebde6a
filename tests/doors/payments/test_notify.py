"""The way of a recharge through real signatures, and what the door refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from tests.domains.payments.channel import ACCOUNT
from tests.sandbox.gateway.world import Hands, World, keys, world
from umcloud.domains.ledger import queries as books
from umcloud.domains.payments import invariants, jobs, queries, service
from umcloud.domains.payments.model import Payment, PaymentState
from umcloud.doors.payments.notify import notify_route
from umcloud.infra.db import Database
from umcloud.kernel.act import Act
from umcloud.kernel.money import Money
from umcloud.providers.payment import rsa2
from umcloud.sandbox.gateway.notices import facts

PATH = "http://platform/payments/notify/sandbox"
HUNDRED = Money.yuan("100")


@pytest.fixture
async def outside(tmp_path: Path, database: Database) -> AsyncIterator[World]:
    platform = Starlette()
    async with world(tmp_path, platform) as opened:
        platform.router.routes.append(
            notify_route(database, {"sandbox": opened.channel}, now=Hands())
        )
        opened.platform = httpx.AsyncClient(transport=httpx.ASGITransport(platform))
        async with opened.platform:
            yield opened


async def begin(database: Database, act: Act, outside: World) -> Payment:
    async with database.transaction() as tx:
        return await service.start(
            tx,
            act,
            account_id=ACCOUNT,
            amount=HUNDRED,
            channel=outside.channel,
            idempotency_key="k",
        )


async def state(database: Database, payment: Payment) -> tuple[PaymentState, int]:
    async with database.transaction() as tx:
        stored = await queries.payment_of(tx, ACCOUNT, payment.id)
        return stored.state, (await books.balance(tx, ACCOUNT)).posted


@pytest.mark.parametrize("decision", ["approve", "twice", "late", "thrice"])
async def test_a_recharge_from_the_pay_page_to_the_wallet(
    database: Database, act: Act, outside: World, decision: str
) -> None:
    payment = await begin(database, act, outside)
    await outside.press(payment.pay_url, decision)
    assert await state(database, payment) == (PaymentState.PAID, HUNDRED.micros)
    assert outside.gateway.book.undelivered() == []
    outside.clock.now += timedelta(days=1)
    later = Act(act.actor, outside.clock.now, act.door, act.request_id)
    async with database.transaction() as tx:
        assert len(await jobs.import_statements(tx, later, outside.channel)) == 1
        assert await invariants.violations(tx, later.now) == []


async def test_declining_closes_the_payment(database: Database, act: Act, outside: World) -> None:
    payment = await begin(database, act, outside)
    await outside.press(payment.pay_url, "decline")
    assert await state(database, payment) == (PaymentState.CLOSED, 0)


async def test_a_replayed_notice_is_harmless_and_a_forged_one_refused(
    database: Database, act: Act, outside: World
) -> None:
    payment = await begin(database, act, outside)
    await outside.press(payment.pay_url, "approve")
    trade = outside.gateway.book.of_bill(payment.number)
    assert trade
    fields = {**facts(trade), "notify_id": trade.notify_id}
    genuine = rsa2.signed(fields, keys().gateway)
    for _ in range(2):
        answer = await outside.platform.post(PATH, data=genuine)
        assert (answer.status_code, answer.text) == (200, "success")
    forged = {**genuine, "notify_id": "another", "total_amount": "9999.00"}
    answer = await outside.platform.post(PATH, data=forged)
    assert (answer.status_code, answer.text) == (403, "failure")
    assert await state(database, payment) == (PaymentState.PAID, HUNDRED.micros)


async def test_a_fault_is_answered_and_what_was_sent_reaches_no_log(
    database: Database, outside: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.transaction() as tx:
        await tx.sql("ALTER TABLE payment_notice RENAME TO lost")
    trade = outside.gateway.book.add(
        {
            "out_trade_no": "PNOBODY",
            "total_amount": "1.00",
            "subject": "",
            "notify_url": PATH,
        },
        status="TRADE_SUCCESS",
        logon="buyer@example.com",
        at="2026-03-02 12:00:00",
    )
    fields = {**facts(trade), "notify_id": trade.notify_id}
    answer = await outside.platform.post(PATH, data=rsa2.signed(fields, keys().gateway))
    assert (answer.status_code, answer.text) == (500, "failure")
    assert "ProgrammingError in payments" in caplog.text
    assert "buyer@example.com" not in caplog.text


async def test_a_signed_notice_of_another_amount_is_not_acknowledged(
    database: Database, act: Act, outside: World
) -> None:
    payment = await begin(database, act, outside)
    trade = outside.gateway.book.add(
        {
            "out_trade_no": payment.number,
            "total_amount": "1.00",
            "subject": "",
            "notify_url": PATH,
        },
        status="TRADE_SUCCESS",
        logon="a@b",
        at="2026-03-02 12:00:00",
    )
    outside.gateway.notices.send(trade)
    await outside.gateway.notices.settled()
    assert await state(database, payment) == (PaymentState.CREATED, 0)
    async with database.transaction() as tx:
        rows = (await tx.sql("SELECT outcome FROM payment_notice")).all()
    assert [row.outcome for row in rows] == ["mismatch"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/payments/notify/nobody", b"a=1", 404),
        ("/payments/notify/sandbox", b"", 403),
        ("/payments/notify/sandbox", b"a=1", 403),
        ("/payments/notify/sandbox", b"a=1&a=2", 400),
        ("/payments/notify/sandbox", b"a=%ff", 400),
        ("/payments/notify/sandbox", b"\xff\xfe", 400),
        ("/payments/notify/sandbox", b"a=" + b"x" * 70_000, 400),
        ("/payments/notify/sandbox", b"&".join(b"a%d=1" % n for n in range(200)), 400),
    ],
)
async def test_what_cannot_be_read_is_refused(
    outside: World, path: str, body: bytes, status: int
) -> None:
    answer = await outside.platform.post(f"http://platform{path}", content=body)
    assert (answer.status_code, answer.text) == (status, "failure")
