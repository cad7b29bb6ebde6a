"""Plain-text mails: what one is, and how it is put into RFC 5322 form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. `id` makes its Message-ID, so that a second try is recognisable."""

    id: UUID
    recipient: str
    subject: str
    text: str
    at: datetime

    def __repr__(self) -> str:
        # Recipients, subjects and texts are people's business: a log line gets the id alone.
        return f"Mail({self.id})"


def compose(mail: Mail, *, sender: str, sender_name: str = "") -> EmailMessage:
    """Return the message, UTF-8, with headers on one line each; ValueError for a broken address."""
    message = EmailMessage(policy=SMTP)
    user, _, domain = sender.partition("@")
    message["From"] = Address(display_name=sender_name, username=user, domain=domain)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, charset="utf-8", cte="base64")
    return message
