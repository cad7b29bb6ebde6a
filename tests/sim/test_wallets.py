"""The second opinion draws as the books do, though neither knows the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from sim.tariff import Tariff, cost, segments_of
from sim.wallets import Wallet, give_back

from umcloud.domains.catalogue.shipped import DOMESTIC
from umcloud.domains.ledger import model as books
from umcloud.domains.ledger import rules
from umcloud.domains.ledger.model import DRAW_ORDER, BucketKind
from umcloud.kernel.money import priced
from umcloud.wire.gsm.segments import billed_segments

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KINDS = [BucketKind.VOUCHER, BucketKind.GIFT, BucketKind.CASH]
DAYS = st.one_of(st.none(), st.integers(-2, 3).filter(bool))
GRANTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 50), DAYS), max_size=6)


def ends(days: int | None) -> datetime | None:
    return None if days is None else NOW + timedelta(days=days)


@given(GRANTS, st.none() | st.integers(0, 40), st.integers(0, 30), st.integers(1, 120))
def test_both_draw_the_same_from_the_same_buckets(
    grants: list[tuple[BucketKind, int, int | None]], limit: int | None, held: int, amount: int
) -> None:
    wallet = Wallet(held=held)
    if limit is not None:
        wallet.allow_credit(limit)
    for kind, granted, days in grants:
        wallet.add(kind.value, granted, ends(days))
    live = [bucket for bucket in wallet.buckets if bucket.lives(NOW)]
    ordered = sorted(
        live,
        key=lambda b: (
            DRAW_ORDER[BucketKind(b.kind)], b.expires is None, b.expires or NOW, b.born
        ),
    )  # fmt: skip
    theirs = books.Wallet(
        0, 1, 2, "CNY", wallet.posted, held, limit or 0, 0,
        [books.Bucket(b.born, BucketKind(b.kind), b.remaining) for b in ordered],
    )  # fmt: skip
    assert wallet.spendable(NOW) == rules.spendable(theirs)
    before = wallet.posted
    drawn = wallet.take(amount, NOW)
    expected = rules.draw(theirs, amount)
    assert (None if drawn is None else [(b.born, n) for b, n in drawn]) == expected
    assert wallet.posted == theirs.posted
    if drawn is not None:
        assert give_back(drawn) == amount
    assert wallet.posted == before


def test_cash_pays_back_what_was_drawn_on_credit() -> None:
    wallet = Wallet()
    wallet.allow_credit(10)
    assert wallet.take(8, NOW) is not None
    wallet.add("cash", 5)
    assert {b.kind: b.remaining for b in wallet.buckets} == {"credit": -3}
    wallet.add("cash", 5)
    assert {b.kind: b.remaining for b in wallet.buckets} == {"credit": 0, "cash": 2}


@given(st.text(alphabet="单字a", max_size=600))
def test_both_count_the_same_segments(text: str) -> None:
    assert segments_of(text) == billed_segments(len(text))


@given(st.integers(1, 9_999_999), st.integers(1, 3_000_000))
def test_both_round_the_same(finest: int, quantity: int) -> None:
    price = f"0.{finest:08d}"
    assert cost(price, quantity) == priced(Decimal(price), quantity).micros


def test_the_published_prices_are_the_shipped_ones() -> None:
    tariff = Tariff()
    for cls, prices in DOMESTIC.items():
        for start, price in zip((1, 10_000, 100_000, 500_000, 1_000_000), prices, strict=True):
            assert tariff.package(cls.value, start, NOW) == cost(price, start)
