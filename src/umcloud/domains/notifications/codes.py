"""Brings codes and invitations to people: accounts' shipped `CodeSender`, `InvitationSender`."""

from __future__ import annotations

from umcloud.domains.accounts.model import (
    Channel,
    CodeMessage,
    Contact,
    InvitationMessage,
    Purpose,
)
from umcloud.domains.notifications import errors, service
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act

_MINUTES_A_DAY = 24 * 60


def _text(texts: Texts, message: CodeMessage) -> str:
    facts = {"code": message.code, "purpose": texts.say(message.purpose)}
    days, rest = divmod(message.minutes, _MINUTES_A_DAY)
    if days and not rest:
        return texts.ui("mail.code.body_days", days=days, **facts)
    return texts.ui("mail.code.body", minutes=message.minutes, **facts)


class CodePost:
    """Queues codes as mails; phones are reached through an e-mail-to-SMS gateway, where one is set.

    A code for +8613800138000 goes to `8613800138000@<phone_domain>` (in the sandbox: the mailbox).
    """

    def __init__(
        self, sealer: Sealer, *, phone_domain: str | None = None, staff_url: str | None = None
    ) -> None:
        """Without a phone domain, codes to phones are refused (code.phone_closed).

        `staff_url` is where a person of the staff types the code; their mail names it.
        """
        self._sealer = sealer
        self._staff_url = staff_url
        self._phone_domain = phone_domain

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        """Queue the code in the transaction that made it."""
        texts = Texts(message.locale)
        purpose = texts.say(message.purpose)
        await service.queue_mail(
            tx,
            act,
            recipient=self._recipient(message.contact),
            subject=texts.ui("mail.code.subject", purpose=purpose),
            text=_text(texts, message) + self._where(texts, message),
            sealer=self._sealer,
        )

    def _where(self, texts: Texts, message: CodeMessage) -> str:
        if message.purpose is not Purpose.STAFF or self._staff_url is None:
            return ""
        return texts.ui("mail.code.where", link=self._staff_url)

    async def invite(self, tx: Tx, act: Act, message: InvitationMessage) -> None:
        """Queue the invitation with its link in the transaction that made it."""
        texts = Texts(message.locale)
        facts = {"organisation": message.organisation, "inviter": message.inviter}
        await service.queue_mail(
            tx,
            act,
            recipient=self._recipient(message.contact),
            subject=texts.ui("mail.invitation.subject", **facts),
            text=texts.ui(
                "mail.invitation.body",
                role=message.role,
                link=message.link,
                hours=message.hours,
                **facts,
            ),
            sealer=self._sealer,
        )

    def require_open(self, channel: Channel) -> None:
        """Refuse a channel by which nobody is reached here (code.phone_closed)."""
        if channel is Channel.PHONE and self._phone_domain is None:
            raise errors.PhoneCodesClosed

    def _recipient(self, contact: Contact) -> str:
        self.require_open(contact.channel)
        if contact.channel is Channel.EMAIL:
            return contact.target
        return f"{contact.target.removeprefix('+')}@{self._phone_domain}"
