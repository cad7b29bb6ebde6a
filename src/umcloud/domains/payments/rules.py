"""Which amounts may be paid in, and what a notice means for a payment. Pure."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from umcloud.domains.payments.errors import AmountOutOfBounds
from umcloud.domains.payments.model import (
    ASK_AFTER,
    LAST_MOMENT,
    LONGEST_PAUSE,
    MAXIMUM,
    MINIMUM,
    Notice,
    Outcome,
    Payment,
    PaymentState,
    Question,
    TradeState,
)
from umcloud.kernel.money import MICROS_PER_FEN, Money


def check_amount(amount: Money) -> None:
    """Refuse what no channel can collect: below ¥0.01, above ¥1,000,000, or parts of a fen."""
    if not MINIMUM <= amount <= MAXIMUM or amount.micros % MICROS_PER_FEN:
        raise AmountOutOfBounds(minimum=MINIMUM.plain(), maximum=MAXIMUM.plain())


def request_hash(amount: Money, channel: str) -> bytes:
    """Return the SHA-256 of what a recharge asks for; a replay must ask for the same."""
    return sha256(f"{channel}:{amount.micros}".encode()).digest()


def next_ask(question: Question, now: datetime) -> datetime:
    """Return when to ask again: after 1, 2, 4 … 30 minutes, and once right after the bill's end."""
    pause = min(ASK_AFTER / 2 * (1 << min(question.asks - 1, 8)), LONGEST_PAUSE)
    end = question.payment.expires_at + LAST_MOMENT
    return min(now + pause, end) if now < end else now + pause


def is_over(payment: Payment, notice: Notice | None, asked_at: datetime) -> bool:
    """Return whether the channel's answer rules out that money for the bill is still to come.

    It was asked after the bill's end, and there is no trade or none that waits for its payer.
    """
    waiting = notice is not None and notice.state is TradeState.WAITING
    return asked_at >= payment.expires_at + LAST_MOMENT and not waiting


def decide(payment: Payment, notice: Notice) -> Outcome:
    """Return what the notice brings about, in whatever order and number notices come.

    Money that has truly come is never dropped: it settles a closed payment too. A second trade
    for a paid payment, or another amount than asked, never reaches the wallet.
    """
    if notice.state is TradeState.WAITING:
        return Outcome.IGNORED
    if notice.state is TradeState.CLOSED:
        created = payment.state is PaymentState.CREATED
        return Outcome.CLOSED if created else Outcome.IGNORED
    if payment.state is PaymentState.PAID and payment.trade_number != notice.trade_number:
        return Outcome.SECOND_TRADE
    if notice.amount != payment.amount:
        return Outcome.MISMATCH
    if payment.state is PaymentState.PAID:
        return Outcome.REPEATED
    return Outcome.SETTLED
