from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from umcloud.domains.notifications.ports import MailUndeliveredError
from umcloud.infra.mail import Mail
from umcloud.kernel.ids import uuid7
from umcloud.providers.mail.smtp import Security, SmtpSender, SmtpServer
from umcloud.sandbox.mailbox.server import MailboxServer
from umcloud.sandbox.mailbox.store import Mailbox, ReceivedMail

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
MAIL = Mail(
    id=uuid7(NOON),
    recipient="lin@example.com",
    subject="【优铭云】验证码\r\nBcc: all@example.com",
    text="您的验证码是 042137。\n.\n第二行\n",
    at=NOON,
)


@asynccontextmanager
async def running(most: int = 500) -> AsyncIterator[tuple[Mailbox, SmtpSender]]:
    server = MailboxServer(Mailbox(most=most), lambda: NOON)
    await server.start()
    where = SmtpServer(
        "127.0.0.1", server.port, "no-reply@umcloud.example", security=Security.PLAIN
    )
    try:
        yield server.mailbox, SmtpSender(where)
    finally:
        await server.stop()


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with running() as (mailbox, sender):
        await sender.send(MAIL)
        (mail,) = mailbox.messages()
    assert mail.recipients == ("lin@example.com",)
    assert mail.sender == "no-reply@umcloud.example"
    assert mail.subject == "【优铭云】验证码 Bcc: all@example.com"
    assert mail.text == MAIL.text
    assert mail.message_id == f"<{MAIL.id}@umcloud.example>"
    assert mail.at == NOON
    assert mailbox.message(1) == mail
    assert mailbox.message(2) is None


async def test_mails_are_found_by_recipient_and_the_oldest_make_room() -> None:
    async with running(most=3) as (mailbox, sender):
        for turn in range(5):
            who = "Wang@example.com" if turn % 2 else "lin@example.com"
            await sender.send(replace(MAIL, recipient=who, subject=f"mail {turn}"))
        assert [mail.subject for mail in mailbox.messages()] == ["mail 4", "mail 3", "mail 2"]
        assert [mail.subject for mail in mailbox.messages(to="wang@EXAMPLE.com")] == ["mail 3"]
        assert [mail.number for mail in mailbox.messages()] == [5, 4, 3]


async def test_whoever_listens_is_told() -> None:
    async with running() as (mailbox, sender):
        with mailbox.subscribe() as mails:
            await sender.send(MAIL)
            async with asyncio.timeout(10):
                heard: ReceivedMail = await anext(mails)
        assert mailbox.messages() == [heard]
        await sender.send(MAIL)


async def test_a_listener_who_sleeps_keeps_the_newest() -> None:
    mailbox = Mailbox()
    with mailbox.subscribe() as mails:
        for number in range(150):
            mailbox.put(ReceivedMail(number, "a@b.cd", ("c@d.ef",), "", "", "", NOON))
        assert (await anext(mails)).number == 50


async def test_too_large_a_mail_is_refused_for_good() -> None:
    async with running() as (mailbox, sender):
        with pytest.raises(MailUndeliveredError) as refused:
            await sender.send(replace(MAIL, text="x" * 3_000_000))
        assert refused.value.permanent
        assert mailbox.messages() == []
