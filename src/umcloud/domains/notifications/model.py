"""The nouns of notifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NewType
from uuid import UUID

from umcloud.kernel.ids import AccountId, MemberId

NotificationId = NewType("NotificationId", UUID)
MailId = NewType("MailId", UUID)
AnnouncementId = NewType("AnnouncementId", UUID)


class MailState(Enum):
    """A dead mail was given up, after its tries or because the other side will never take it."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that happened, for an account's people, or for one of them.

    It keeps the event and its facts; the words are found when it is read, in the reader's language.
    """

    id: NotificationId
    account_id: AccountId
    member_id: MemberId | None
    event_name: str
    facts: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail that is due. Subject and text are already in the recipient's language."""

    id: MailId
    account_id: AccountId | None
    recipient: str
    subject: str
    text: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SendReport:
    """What one run of the mail job did."""

    sent: int = 0
    postponed: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Announcement:
    """News for every account that there was then, told slice by slice."""

    id: AnnouncementId
    event_name: str
    facts: Mapping[str, Any]
    """Packed, as a notification keeps them."""
    email: bool
    created_at: datetime
    after_account_id: AccountId | None
    """Who was told last; accounts are told in the order of their ids."""
    told: int
    """How many accounts know."""
    ended_at: datetime | None
