"""What a payment channel must do for us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from umcloud.domains.payments.model import Bill, Notice, StatementLine


class PaymentChannel(Protocol):
    """A payment company behind its own protocol."""

    @property
    def name(self) -> str:
        """The channel's name in our books, e.g. `sandbox`."""

    async def create(self, bill: Bill) -> str:
        """Return the URL at which the customer pays the bill."""

    async def query(self, bill_number: str) -> Notice | None:
        """Return what the channel knows of the bill; None where it has seen no trade.

        Raises ChannelUnavailable, NoticeNotGenuine.
        """

    def verify_notify(self, fields: Mapping[str, str]) -> Notice:
        """Return the notice, its signature checked; raises NoticeNotGenuine, NoticeMalformed."""

    async def statement(self, day: date) -> list[StatementLine]:
        """Return the paid trades of a Shanghai day; raises ChannelUnavailable."""
