"""No payment company: an installation that has connected none. Implements `payments.ports`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from umcloud.domains.payments.errors import ChannelUnavailable, NoticeNotGenuine
from umcloud.domains.payments.model import Bill, Notice, StatementLine

NAME = "none"


@dataclass(frozen=True, slots=True)
class NoChannel:
    """Refuses everything with a sentence, so that nobody is led to a page that is not there."""

    name: str = NAME

    async def create(self, bill: Bill) -> str:
        """Refuse: ChannelUnavailable."""
        del bill
        raise ChannelUnavailable(channel=self.name)

    async def query(self, bill_number: str) -> Notice | None:
        """Refuse: ChannelUnavailable."""
        del bill_number
        raise ChannelUnavailable(channel=self.name)

    def verify_notify(self, fields: Mapping[str, str]) -> Notice:
        """Refuse: NoticeNotGenuine; nobody can send us one."""
        del fields
        raise NoticeNotGenuine(reason="channel")

    async def statement(self, day: date) -> list[StatementLine]:
        """Refuse: ChannelUnavailable."""
        del day
        raise ChannelUnavailable(channel=self.name)
