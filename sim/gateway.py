"""A payment company on paper: it knows who paid, tells of it as it likes, and keeps statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from umcloud.domains.payments.errors import NoticeNotGenuine
from umcloud.domains.payments.model import Bill, Notice, Payer, Payment, StatementLine, TradeState
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.money import Money

NAME = "sim"
CLEARING = f"clearing:{NAME}"
_PAYER = Payer("2088000000000001", "fin***@example.com")


@dataclass
class PaperGateway:
    """The platform's `PaymentChannel`, and the world's hand on it."""

    name: str = NAME
    trades: dict[str, Notice] = field(default_factory=dict)
    """Paid trades by bill number."""
    told: list[Notice] = field(default_factory=list)
    """What it answered to queries; whoever runs the jobs empties it."""
    _statements: dict[date, list[StatementLine]] = field(default_factory=lambda: defaultdict(list))
    _count: int = 0

    def paid(self, payment: Payment, now: datetime, *, trade: str | None = None) -> Notice:
        """Let the customer pay; return the notice of it."""
        self._count += 1
        number = trade or f"T{self._count:08d}"
        notice = self.word(payment, TradeState.PAID, now, trade=number)
        self.trades.setdefault(payment.number, notice)
        line = StatementLine(number, payment.number, payment.amount, _PAYER.id, now)
        self._statements[shanghai_day(now)].append(line)
        return notice

    def word(
        self,
        payment: Payment,
        state: TradeState,
        now: datetime,
        *,
        trade: str = "",
        amount: Money | None = None,
    ) -> Notice:
        """Return a notice of its own about the payment."""
        self._count += 1
        return Notice(
            channel=NAME,
            id=f"N{self._count:08d}",
            bill_number=payment.number,
            trade_number=trade or f"W{self._count:08d}",
            state=state,
            amount=amount or payment.amount,
            payer=_PAYER,
            paid_at=now if state is TradeState.PAID else None,
        )

    async def create(self, bill: Bill) -> str:
        """Return where the bill is paid."""
        return f"https://pay.example/{bill.number}"

    async def query(self, bill_number: str) -> Notice | None:
        """Return what it knows of the bill."""
        notice = self.trades.get(bill_number)
        if notice is not None:
            self.told.append(notice)
        return notice

    def verify_notify(self, fields: Mapping[str, str]) -> Notice:
        """Refuse everything: paper cannot sign, so notices are handed to the service itself."""
        raise NoticeNotGenuine(reason=f"{len(fields)} fields on paper")

    async def statement(self, day: date) -> list[StatementLine]:
        """Return the day's paid trades."""
        return self._statements.get(day, [])
