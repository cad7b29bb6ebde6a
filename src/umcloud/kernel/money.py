"""Money is an integer of micro-yuan: ¥1 = 1,000,000 micros. There are no floats anywhere.

Prices are exact decimals; the one rounding a charge line may suffer happens in `priced`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MICROS_PER_YUAN = 1_000_000
MICROS_PER_FEN = 10_000


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in CNY, exact to a millionth of a yuan; negative amounts are owed."""

    micros: int

    @staticmethod
    def yuan(text: str | int | Decimal) -> Money:
        """Return the exact amount written as yuan, e.g. `Money.yuan("0.045")`.

        Raises ValueError where the text is no number or is finer than a micro-yuan.
        """
        try:
            micros = Decimal(text) * MICROS_PER_YUAN
        except InvalidOperation as error:
            raise ValueError(f"not an amount: {text!r}") from error
        if not micros.is_finite() or micros != micros.to_integral_value():
            raise ValueError(f"finer than a micro-yuan: {text!r}")
        return Money(int(micros))

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + other.micros)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - other.micros)

    def __neg__(self) -> Money:
        return Money(-self.micros)

    def __mul__(self, count: int) -> Money:
        return Money(self.micros * count)

    def __bool__(self) -> bool:
        return self.micros != 0

    def plain(self) -> str:
        """Return the amount in yuan as JSON and CSV carry it: exact, no grouping, ≥ 2 decimals."""
        sign = "-" if self.micros < 0 else ""
        whole, part = divmod(abs(self.micros), MICROS_PER_YUAN)
        decimals = f"{part:06d}".rstrip("0").ljust(2, "0")
        return f"{sign}{whole}.{decimals}"


ZERO = Money(0)


def priced(unit_price: Decimal, quantity: int) -> Money:
    """Return price × quantity, rounded once, half up, to the micro-yuan (R-PKG-04)."""
    micros = (unit_price * quantity * MICROS_PER_YUAN).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(int(micros))


def to_fen_up(amount: Money) -> Money:
    """Return the amount rounded away from zero to whole fen: what a customer is asked to pay."""
    fen, rest = divmod(abs(amount.micros), MICROS_PER_FEN)
    micros = (fen + (1 if rest else 0)) * MICROS_PER_FEN
    return Money(micros if amount.micros >= 0 else -micros)


def to_fen_down(amount: Money) -> Money:
    """Return the amount rounded towards zero to whole fen: what can be paid out."""
    micros = abs(amount.micros) // MICROS_PER_FEN * MICROS_PER_FEN
    return Money(micros if amount.micros >= 0 else -micros)
