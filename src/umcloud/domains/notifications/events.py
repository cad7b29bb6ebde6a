"""What notifications announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.domains.notifications.model import MailId
from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId


@dataclass(frozen=True, slots=True)
class MailGivenUp(Event):
    """A mail could not be delivered; somebody did not hear of something."""

    name: ClassVar[str] = "mail.given_up"
    account_id: AccountId | None
    mail_id: MailId
    attempts: int
