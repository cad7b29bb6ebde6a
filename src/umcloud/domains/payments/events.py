"""What payments announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, JournalId, PaymentId


@dataclass(frozen=True, slots=True)
class PaymentStarted(Event):
    """A customer asked to recharge."""

    name: ClassVar[str] = "payment.started"

    account_id: AccountId
    payment_id: PaymentId
    channel: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class PaymentSettled(Event):
    """The money is in the wallet."""

    name: ClassVar[str] = "payment.settled"

    account_id: AccountId
    payment_id: PaymentId
    journal_id: JournalId
    channel: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class PaymentClosed(Event):
    """Nobody paid, or the channel closed the trade."""

    name: ClassVar[str] = "payment.closed"

    account_id: AccountId
    payment_id: PaymentId


@dataclass(frozen=True, slots=True)
class PaymentAmountMismatch(Event):
    """Alarm: the channel reports another amount than was asked; nothing was booked."""

    name: ClassVar[str] = "payment.amount_mismatch"

    account_id: AccountId
    payment_id: PaymentId
    trade_number: str
    asked_micros: int
    reported_micros: int


@dataclass(frozen=True, slots=True)
class PaymentPaidTwice(Event):
    """Alarm: a second trade paid the same payment; its money waits in suspense for a refund."""

    name: ClassVar[str] = "payment.paid_twice"

    account_id: AccountId
    payment_id: PaymentId
    trade_number: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class NoticeWithoutPayment(Event):
    """Alarm: the channel reports money for a bill that we never wrote."""

    name: ClassVar[str] = "payment.notice_without_payment"

    channel: str
    trade_number: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class StatementImported(Event):
    """A day's statement of a channel was taken over for reconciliation."""

    name: ClassVar[str] = "payment.statement_imported"

    channel: str
    day: str
    lines: int
