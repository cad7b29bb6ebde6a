"""What the books refuse."""

from __future__ import annotations

from typing import ClassVar

from umcloud.domains.ledger.model import CNY
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Kind, Refusal


def _yuan(micros: int) -> str:
    return Money(micros).plain()


class InsufficientBalance(Refusal):
    """The wallet does not hold the amount. Facts: currency, needed, available, missing.

    Amounts are text, for they reach programs as JSON: of money in yuan, of units whole numbers.
    """

    code: ClassVar[str] = "balance.insufficient"
    kind: ClassVar[Kind] = Kind.UNAFFORDABLE

    @classmethod
    def of(cls, currency: str, *, needed: int, available: int) -> InsufficientBalance:
        """Return the refusal for amounts as the books hold them: micros, or units."""
        has = max(0, available)
        say = _yuan if currency == CNY else str
        return cls(
            currency=currency,
            needed=say(needed),
            available=say(has),
            missing=say(max(0, needed - has)),
        )


class IdempotencyConflict(Refusal):
    """The key was used before for another request. Facts: key."""

    code: ClassVar[str] = "idempotency.conflict"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NoWallet(Refusal):
    """The account has no wallet in this currency. Facts: currency."""

    code: ClassVar[str] = "wallet.absent"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class HoldUnknown(Refusal):
    """The account has no such hold."""

    code: ClassVar[str] = "hold.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class HoldSettled(Refusal):
    """The hold was posted or voided before. Facts: state."""

    code: ClassVar[str] = "hold.settled"
    kind: ClassVar[Kind] = Kind.CONFLICT


class HoldExceeded(Refusal):
    """More was to be posted than was held. Facts: held, asked, in yuan."""

    code: ClassVar[str] = "hold.exceeded"
    kind: ClassVar[Kind] = Kind.CONFLICT


class AccountOwes(Refusal):
    """The account has a debt, so it cannot be closed (C4.2). Facts: owed, in yuan."""

    code: ClassVar[str] = "balance.owed"
    kind: ClassVar[Kind] = Kind.CONFLICT


class HoldsOpen(Refusal):
    """Money is set aside for what still runs, so the account cannot be closed (C4.2).

    Facts: held, in yuan.
    """

    code: ClassVar[str] = "hold.open"
    kind: ClassVar[Kind] = Kind.CONFLICT


class UnbalancedError(ValueError):
    """A journal that does not sum to zero: a programmer's error, never a customer's."""
