"""Money is exact: what is written is what is read, and prices are rounded once, half up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.kernel.money import ZERO, Money, priced, to_fen_down, to_fen_up

amounts = st.integers(-(10**18), 10**18).map(Money)
prices = st.decimals(0, 10_000, places=8)


@given(amounts)
def test_what_is_shown_is_read_back(amount: Money) -> None:
    assert Money.yuan(amount.plain()) == amount


@given(amounts)
def test_the_plain_form_has_two_decimals_at_least_and_no_more_than_needed(amount: Money) -> None:
    whole, _, decimals = amount.plain().partition(".")
    assert 2 <= len(decimals) <= 6
    assert len(decimals) == 2 or not decimals.endswith("0")
    assert whole != "-0" or int(decimals) > 0


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (0, "0.00"),
        (45_000, "0.045"),
        (-1, "-0.000001"),
        (1_500_000, "1.50"),
        (10**13, "10000000.00"),
    ],
)
def test_amounts_as_written(micros: int, shown: str) -> None:
    assert Money(micros).plain() == shown


@pytest.mark.parametrize("text", ["0.0000001", "NaN", "Infinity", "-Infinity", "ten", "", "1,5"])
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|finer than"):
        Money.yuan(text)


@given(amounts, amounts)
def test_sums_are_those_of_integers(a: Money, b: Money) -> None:
    assert (a + b) - b == a
    assert a + (-a) == ZERO
    assert (a < b) == (a.micros < b.micros)
    assert bool(a) == (a != ZERO)


@given(prices, st.integers(1, 10**6))
def test_a_price_is_rounded_half_up_once(price: Decimal, quantity: int) -> None:
    exact = Fraction(price) * quantity * 1_000_000
    assert priced(price, quantity).micros == (exact + Fraction(1, 2)).__floor__()


@pytest.mark.parametrize(
    ("price", "quantity", "micros"),
    [("0.045", 1, 45_000), ("0.0000005", 1, 1), ("0.00000049", 1, 0), ("0.0333333", 3, 100_000)],
)
def test_prices_at_the_edge_of_rounding(price: str, quantity: int, micros: int) -> None:
    assert priced(Decimal(price), quantity) == Money(micros)


@given(amounts)
def test_fen_enclose_the_amount(amount: Money) -> None:
    up, down = to_fen_up(amount), to_fen_down(amount)
    assert up.micros % 10_000 == down.micros % 10_000 == 0
    assert abs(down.micros) <= abs(amount.micros) <= abs(up.micros)
    assert abs(up.micros) - abs(down.micros) in {0, 10_000}
    assert to_fen_up(-amount) == -up


@given(amounts, st.integers(-1_000, 1_000))
def test_multiples_are_repeated_sums(amount: Money, count: int) -> None:
    assert (amount * count).micros == amount.micros * count
