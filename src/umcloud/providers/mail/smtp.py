"""Hands mails to an SMTP server (RFC 5321), with STARTTLS or TLS where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import aiosmtplib

from umcloud.domains.notifications.ports import MailUndeliveredError
from umcloud.infra.mail import Mail, compose

_TRANSIENT_CODES = 500


class Security(Enum):
    """How the connection is protected."""

    PLAIN = "plain"
    """Not at all: the sandbox, or a relay on this machine."""
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails go, and as whom."""

    host: str
    port: int
    sender: str
    sender_name: str = "UMCloud"
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str | None = None
    timeout_seconds: float = 20

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port})"


class SmtpSender:
    """The real `MailSender`: a connection a mail."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, mail: Mail) -> None:
        """Return once the server has answered 250; MailUndeliveredError where it has not.

        Only a refused recipient, sender or content is final: a wrong password of ours, or a server
        that is away, is mended by the operator and tried again.
        """
        server = self._server
        try:
            message = compose(mail, sender=server.sender, sender_name=server.sender_name)
        except ValueError as error:
            raise MailUndeliveredError("the address cannot be written", permanent=True) from error
        try:
            await aiosmtplib.send(
                message,
                sender=server.sender,
                recipients=[mail.recipient],
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                timeout=server.timeout_seconds,
                use_tls=server.security is Security.TLS,
                start_tls=server.security is Security.STARTTLS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = max(reply.code for reply in error.recipients)
            raise _undelivered(f"recipient refused {refused}", refused) from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            raise _undelivered(f"mail refused {error.code}", error.code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailUndeliveredError(f"server answered {error.code}", permanent=False) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUndeliveredError(type(error).__name__, permanent=False) from None


def _undelivered(why: str, code: int) -> MailUndeliveredError:
    # The server's own words are left out: they like to repeat the recipient's address.
    return MailUndeliveredError(why, permanent=code >= _TRANSIENT_CODES)
