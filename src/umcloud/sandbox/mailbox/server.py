"""An SMTP server on this machine that accepts every mail into the mailbox."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from umcloud.infra.clock import Now
from umcloud.sandbox.mailbox.store import Mailbox, ReceivedMail

_LARGEST = 2 * 1024 * 1024


class _Handler:
    """What aiosmtpd calls when a mail is complete."""

    def __init__(self, mailbox: Mailbox, now: Now) -> None:
        self._mailbox = mailbox
        self._now = now

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        message = message_from_bytes(raw, policy=default)
        self._mailbox.put(
            ReceivedMail(
                number=self._mailbox.next_number(),
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                subject=str(message.get("Subject", "")),
                text=_text_of(message),
                message_id=str(message.get("Message-ID", "")),
                at=self._now(),
            )
        )
        return "250 2.0.0 kept"


def _text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


class MailboxServer:
    """Listens on the loopback; `port` is the real one after `start`."""

    def __init__(
        self, mailbox: Mailbox, now: Now, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Take port 0 to be given a free one."""
        self.mailbox = mailbox
        self.host = host
        self.port = port
        self._now = now
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen; OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        handler = _Handler(self.mailbox, self._now)
        self._server = await loop.create_server(
            lambda: SMTP(
                handler,
                data_size_limit=_LARGEST,
                enable_SMTPUTF8=True,
                hostname="mailbox.sandbox",
                ident="UMCloud sandbox",
                loop=loop,
            ),
            self.host,
            self.port,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
