from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from umcloud.domains.notifications.ports import MailUndeliveredError
from umcloud.infra.mail import Mail
from umcloud.kernel.ids import uuid7
from umcloud.providers.mail.smtp import Security, SmtpSender, SmtpServer

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
MAIL = Mail(uuid7(NOON), "lin@example.com", "hello", "text", NOON)
Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Moody:
    """A mail server with a fixed answer to every recipient."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, envelope, options
        return f"{self.answer} <{address}>"


@asynccontextmanager
async def moody(answer: str) -> AsyncIterator[SmtpSender]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Moody(answer), hostname="moody.test", loop=loop), "127.0.0.1", 0
    )
    try:
        yield sender_to(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()


def sender_to(port: int, security: Security = Security.PLAIN) -> SmtpSender:
    where = SmtpServer(
        "127.0.0.1", port, "no-reply@umcloud.example", security=security, timeout_seconds=5
    )
    return SmtpSender(where)


@pytest.mark.parametrize(("answer", "permanent"), [("550 5.1.1 no", True), ("451 4.7.1 no", False)])
async def test_refused_recipients_are_final_or_not(answer: str, *, permanent: bool) -> None:
    async with moody(answer) as sender:
        with pytest.raises(MailUndeliveredError) as refused:
            await sender.send(MAIL)
    assert refused.value.permanent is permanent
    assert "lin@" not in refused.value.why


async def test_a_server_that_is_away_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(MailUndeliveredError) as refused:
            await sender_to(port).send(MAIL)
    assert not refused.value.permanent


async def test_garbage_and_missing_encryption_are_tried_again() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        writer.write(b"\x00\xff not smtp\r\n")
        writer.close()

    server = await asyncio.start_server(garbage, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(MailUndeliveredError) as refused:
            await sender_to(port).send(MAIL)
    assert not refused.value.permanent
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(
        lambda: SMTP(Moody("250"), hostname="plain.test", loop=loop), "127.0.0.1", 0
    )
    async with plain:
        port = plain.sockets[0].getsockname()[1]
        with pytest.raises(MailUndeliveredError) as unencrypted:
            await sender_to(port, Security.STARTTLS).send(MAIL)
    assert not unencrypted.value.permanent


async def test_an_address_that_cannot_be_written_is_final() -> None:
    with pytest.raises(MailUndeliveredError) as refused:
        await sender_to(1).send(replace(MAIL, recipient="not an address"))
    assert refused.value.permanent
    assert "lin@" not in repr(MAIL)
