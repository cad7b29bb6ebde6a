"""A payment channel of the tests' own, and notices as it would send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from umcloud.domains.payments.errors import ChannelUnavailable, NoticeNotGenuine
from umcloud.domains.payments.model import (
    Bill,
    Notice,
    Payer,
    Payment,
    StatementLine,
    TradeState,
)
from umcloud.kernel.ids import AccountId
from umcloud.kernel.money import Money

ACCOUNT = AccountId(UUID("01900000-0000-7000-8000-000000000001"))
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
PAYER = Payer("2088000000000001", "fin***@example.com")


@dataclass
class PaperChannel:
    """Keeps bills in a list and answers from a dictionary."""

    name: str = "paper"
    bills: list[Bill] = field(default_factory=list)
    known: dict[str, Notice] = field(default_factory=dict)
    statements: dict[date, list[StatementLine]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    dumb: set[str] = field(default_factory=set)
    """Bills about which it does not answer."""

    async def create(self, bill: Bill) -> str:
        self.bills.append(bill)
        return f"https://paper.example/{bill.number}"

    async def query(self, bill_number: str) -> Notice | None:
        self.asked.append(bill_number)
        if bill_number in self.dumb:
            raise ChannelUnavailable(channel=self.name)
        return self.known.get(bill_number)

    def verify_notify(self, fields: Mapping[str, str]) -> Notice:
        """Refuse everything: it cannot sign, so its notices are handed to the service itself."""
        raise NoticeNotGenuine(reason=f"{len(fields)} fields on paper")

    async def statement(self, day: date) -> list[StatementLine]:
        return self.statements.get(day, [])


def notice_for(
    payment: Payment,
    *,
    trade: str = "T1",
    id: str | None = None,  # noqa: A002 - the field's name
    amount: Money | None = None,
    state: TradeState = TradeState.PAID,
    at: datetime = NOW,
) -> Notice:
    """Return what the channel would say of the payment."""
    return Notice(
        channel=payment.channel,
        id=id or f"{trade}-{state}",
        bill_number=payment.number,
        trade_number=trade,
        state=state,
        amount=amount or payment.amount,
        payer=PAYER,
        paid_at=at if state is TradeState.PAID else None,
    )


def line_for(notice: Notice) -> StatementLine:
    """Return the statement line of a paid notice."""
    assert notice.paid_at
    return StatementLine(
        notice.trade_number, notice.bill_number, notice.amount, notice.payer.id, notice.paid_at
    )
