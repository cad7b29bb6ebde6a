"""What notifications need from others."""

from __future__ import annotations

from typing import Protocol

from umcloud.infra.mail import Mail


class MailUndeliveredError(Exception):
    """The mail server did not take the mail.

    `permanent` tells that trying again is useless; `why` is fit for a log: it names no person.
    """

    def __init__(self, why: str, *, permanent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.permanent = permanent


class MailSender(Protocol):
    """Hands one mail to a mail server; `providers.mail.smtp.SmtpSender` is the real one."""

    async def send(self, mail: Mail) -> None:
        """Return once the server has taken responsibility; MailUndeliveredError where not."""
        ...
