"""Which amounts may be paid in, and what a notice means for a payment. Pure."""

from __future__ import annotations

from hashlib import sha256

from umcloud.domains.payments.errors import AmountOutOfBounds
from umcloud.domains.payments.model import (
    MAXIMUM,
    MINIMUM,
    Notice,
    Outcome,
    Payment,
    PaymentState,
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
