"""Payments, notices and statements as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from umcloud.kernel.ids import AccountId, JournalId, PaymentId
from umcloud.kernel.money import Money

MINIMUM = Money.yuan("0.01")
MAXIMUM = Money.yuan("1000000")
PAY_WITHIN = timedelta(hours=2)
"""How long a payment waits for money before it is closed."""
ASK_AFTER = timedelta(minutes=2)
"""How long a notice may take before the channel is asked about the payment."""
LONGEST_PAUSE = timedelta(minutes=30)
"""Between two questions about one payment."""
LAST_MOMENT = timedelta(minutes=2)
"""How long after a bill's end the channel may still be finishing what was begun in time."""
SUSPENSE = "suspense:payments"


def clearing(channel: str) -> str:
    """Return the ledger account of what a channel holds for us until it pays out."""
    return f"clearing:{channel}"


class PaymentState(StrEnum):
    """What has become of a payment."""

    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"


class TradeState(StrEnum):
    """What the channel says of its trade."""

    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What came of a notice; see README.md."""

    SETTLED = "settled"
    REPEATED = "repeated"
    CLOSED = "closed"
    IGNORED = "ignored"
    SECOND_TRADE = "second_trade"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid, as the channel tells: its id of the person and the masked name it shows (C9.1)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What a channel is asked to collect. `number` is ours and unique."""

    number: str
    amount: Money
    subject: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """The channel's word, its signature checked."""

    channel: str
    id: str
    bill_number: str
    trade_number: str
    state: TradeState
    amount: Money
    payer: Payer
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One paid trade of a day, as the channel's statement lists it."""

    trade_number: str
    bill_number: str
    amount: Money
    payer_id: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """One recharge."""

    id: PaymentId
    account_id: AccountId
    number: str
    channel: str
    amount: Money
    state: PaymentState
    pay_url: str
    """Where the customer pays; signed, valid until `expires_at`."""
    created_at: datetime
    expires_at: datetime
    trade_number: str | None
    payer: Payer | None
    paid_at: datetime | None
    journal_id: JournalId | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """A payment of which the channel is to be asked, for the `asks`-th time."""

    payment: Payment
    asks: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of a notice, and the payment as it is now (None where there is no such one)."""

    outcome: Outcome
    payment: Payment | None

    @property
    def taken(self) -> bool:
        """Whether the channel may stop repeating the notice."""
        return self.outcome not in (Outcome.MISMATCH, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ImportedStatement:
    """A day's statement as it was taken over."""

    channel: str
    day: date
    lines: int
    replayed: bool
