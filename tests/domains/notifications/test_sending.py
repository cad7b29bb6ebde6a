from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domains.notifications.conftest import SEALER, VAULT, Server
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import (
    Channel,
    CodeMessage,
    Contact,
    InvitationMessage,
    Purpose,
    Role,
)
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit import service as audit_service
from umcloud.domains.notifications import errors, jobs, queries, rules, service
from umcloud.domains.notifications.codes import CodePost
from umcloud.domains.notifications.model import MailState, SendReport
from umcloud.domains.notifications.ports import MailUndeliveredError
from umcloud.infra.db import Database
from umcloud.kernel.act import Act
from umcloud.providers.mail.smtp import Security, SmtpSender, SmtpServer
from umcloud.sandbox.mailbox.server import MailboxServer
from umcloud.sandbox.mailbox.store import Mailbox


async def queue(database: Database, act: Act, count: int = 1) -> None:
    async with database.transaction() as tx:
        for turn in range(count):
            await service.queue_mail(
                tx,
                act,
                recipient=f"p{turn}@example.com",
                subject="hello",
                text="text",
                sealer=SEALER,
            )


async def send(database: Database, server: Server, act: Act, limit: int = 50) -> SendReport:
    return await jobs.send_due(database, server, act.now, limit, sealer=SEALER)


async def counts(database: Database) -> dict[MailState, int]:
    async with database.transaction() as tx:
        return await queries.mail_counts(tx)


async def test_a_sent_mail_is_not_sent_again_and_its_text_is_erased(
    database: Database, act: Act, server: Server
) -> None:
    await queue(database, act, 3)
    assert await send(database, server, act, 2) == SendReport(sent=2)
    assert await send(database, server, act) == SendReport(sent=1)
    assert await send(database, server, act) == SendReport()
    assert sorted(mail.recipient for mail in server.taken) == [
        f"p{turn}@example.com" for turn in range(3)
    ]
    async with database.transaction() as tx:
        rows = (await tx.sql("SELECT sealed_text FROM email_outbox")).all()
    assert [row.sealed_text for row in rows] == [None] * 3


async def test_nothing_is_sent_of_a_deed_that_was_undone(
    database: Database, act: Act, server: Server
) -> None:
    async def undone() -> None:
        async with database.transaction() as tx:
            await service.queue_mail(
                tx, act, recipient="a@b.cd", subject="s", text="t", sealer=SEALER
            )
            raise errors.NotificationNotFound

    with pytest.raises(errors.NotificationNotFound):
        await undone()
    assert await send(database, server, act) == SendReport()


async def test_a_failed_mail_waits_longer_and_longer_then_is_given_up(
    database: Database, act: Act, server: Server
) -> None:
    database.bus.on_everything(audit_service.record)
    await queue(database, act)
    then = act
    for pause in rules.PAUSES:
        server.moods.append(MailUndeliveredError("server away", permanent=False))
        assert await send(database, server, then) == SendReport(postponed=1)
        assert await send(database, server, then) == SendReport()
        then = replace(then, now=then.now + pause)
    server.moods.append(MailUndeliveredError("server away", permanent=False))
    assert await send(database, server, then) == SendReport(given_up=1)
    assert (await counts(database))[MailState.DEAD] == 1
    async with database.transaction() as tx:
        (record,) = await audit.latest(tx, name="mail.given_up")
    assert record.facts["attempts"] == 6


async def test_a_refused_mail_holds_up_no_other(
    database: Database, act: Act, server: Server
) -> None:
    await queue(database, act, 3)
    server.moods.append(MailUndeliveredError("recipient refused 550", permanent=True))
    assert await send(database, server, act) == SendReport(sent=2, given_up=1)


async def test_workers_at_once_take_different_mails(
    database: Database, act: Act, server: Server
) -> None:
    await queue(database, act, 12)
    reports = await asyncio.gather(*(send(database, server, act) for _ in range(3)))
    assert sum(report.sent for report in reports) == 12
    assert len({mail.id for mail in server.taken}) == len(server.taken) == 12


@pytest.mark.clause("C4.1")
@pytest.mark.parametrize(
    ("channel", "target", "address"),
    [
        (Channel.EMAIL, "lin@example.com", "lin@example.com"),
        (Channel.PHONE, "138 0013 8000", "8613800138000@phone.sandbox"),
    ],
)
async def test_a_code_reaches_the_sandbox_mailbox_and_registers(
    database: Database, act: Act, channel: Channel, target: str, address: str
) -> None:
    server = MailboxServer(Mailbox(), lambda: act.now)
    await server.start()
    where = SmtpServer(
        "127.0.0.1", server.port, "no-reply@umcloud.example", security=Security.PLAIN
    )
    async with database.transaction() as tx:
        await accounts.request_code(
            tx,
            act,
            channel=channel,
            target=target,
            purpose=Purpose.REGISTER,
            sender=CodePost(SEALER, phone_domain="phone.sandbox"),
            vault=VAULT,
        )
    report = await jobs.send_due(database, SmtpSender(where), act.now, sealer=SEALER)
    assert report == SendReport(sent=1)
    (mail,) = server.mailbox.messages(to=address)
    await server.stop()
    code = mail.text.partition("验证码是 ")[2][:6]
    async with database.transaction() as tx:
        verdict = await accounts.register(
            tx,
            act,
            channel=channel,
            target=target,
            code=code,
            password="correct-horse-42",
            name="林一",
            organisation="杭州示例科技",
            vault=VAULT,
        )
    assert verdict.or_raise().owner.name == "林一"


async def test_without_a_gateway_phones_get_no_codes(database: Database, act: Act) -> None:
    phone = Contact(Channel.PHONE, "+8613800138000")
    async with database.transaction() as tx:
        with pytest.raises(errors.PhoneCodesClosed):
            await CodePost(SEALER).send(
                tx, act, CodeMessage(phone, Purpose.REGISTER, "042137", "zh_CN", 10)
            )


async def test_a_code_of_seven_days_speaks_of_days(
    database: Database, act: Act, server: Server
) -> None:
    week = timedelta(days=7) // timedelta(minutes=1)
    asked = Contact(Channel.EMAIL, "wang@example.com")
    async with database.transaction() as tx:
        message = CodeMessage(asked, Purpose.STAFF, "042137", "en", week)
        await CodePost(SEALER).send(tx, act, message)
    await send(database, server, act)
    assert "042137" in server.taken[0].text
    assert "7 days" in server.taken[0].text


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
async def test_a_code_for_the_staff_says_where_it_is_typed(
    database: Database, act: Act, server: Server, locale: str
) -> None:
    where = "https://cloud.example/office/join"
    post = CodePost(SEALER, staff_url=where)
    asked = Contact(Channel.EMAIL, "wang@example.com")
    async with database.transaction() as tx:
        for purpose in (Purpose.STAFF, Purpose.RESET):
            await post.send(tx, act, CodeMessage(asked, purpose, "042137", locale, 10))
    await send(database, server, act)
    assert sorted(where in one.text for one in server.taken) == [False, True]


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
async def test_an_invitation_brings_its_link(
    database: Database, act: Act, server: Server, locale: str
) -> None:
    link = "https://portal.example/invited/3q2-7wEyMRWwJhG2NbZ0aX9PqLqzN1v2UuT4sR5cB6d"
    message = InvitationMessage(
        contact=Contact(Channel.PHONE, "+8613800138000"),
        role=Role.FINANCE,
        organisation="杭州示例科技",
        inviter="林一",
        hours=72,
        locale=locale,
        link=link,
    )
    async with database.transaction() as tx:
        with pytest.raises(errors.PhoneCodesClosed):
            await CodePost(SEALER).invite(tx, act, message)
        await CodePost(SEALER, phone_domain="phone.sandbox").invite(tx, act, message)
    await send(database, server, act)
    (mail,) = server.taken
    assert link in mail.text.split("\n")
    assert "72" in mail.text
    assert "林一" in mail.subject
