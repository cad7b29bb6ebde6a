"""What may be bought, for how much, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domains.catalogue.prices import shipped_versions
from umcloud.domains.orders import rules
from umcloud.domains.orders.errors import QuantityNotSold
from umcloud.domains.orders.model import OrderState, PackageGroup
from umcloud.kernel.ids import OrderId
from umcloud.kernel.money import Money

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
VERSIONS = shipped_versions(NOW)


@pytest.mark.parametrize("quantity", [-100, 0, 1, 99, 101, 150, 2_999_999, 3_000_000, 10_000_000])
def test_only_hundreds_within_the_list_are_sold(quantity: int) -> None:
    with pytest.raises(QuantityNotSold) as caught:
        rules.quote(VERSIONS, group=PackageGroup.NOTICE, quantity=quantity, now=NOW)
    assert caught.value.facts["minimum"] == 100


@pytest.mark.clause("C9.2")
def test_a_quote_names_price_tier_and_validity() -> None:
    quote = rules.quote(VERSIONS, group=PackageGroup.MARKETING, quantity=10_000, now=NOW)
    assert (quote.unit_price, quote.amount) == (Decimal("0.054"), Money.yuan("540"))
    version = next(version for version in VERSIONS if version.id == quote.price_id)
    assert (version.tier_from, version.cls.value) == (10_000, "marketing")
    assert quote.expires_at == datetime(2027, 3, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bought", "void"),
    [
        # Validity ends with the Shanghai day, at 16:00 UTC.
        (datetime(2026, 3, 2, 4, tzinfo=UTC), datetime(2027, 3, 2, 16, tzinfo=UTC)),
        (datetime(2026, 3, 2, 15, 59, tzinfo=UTC), datetime(2027, 3, 2, 16, tzinfo=UTC)),
        (datetime(2026, 3, 2, 16, tzinfo=UTC), datetime(2027, 3, 3, 16, tzinfo=UTC)),
        (datetime(2028, 2, 29, 4, tzinfo=UTC), datetime(2029, 2, 28, 16, tzinfo=UTC)),
    ],
)
def test_a_package_is_valid_for_twelve_months_to_the_end_of_the_day(
    bought: datetime, void: datetime
) -> None:
    assert rules.expiry(bought) == void


@pytest.mark.parametrize(
    ("remaining", "voided", "expired", "state"),
    [
        (1, None, False, OrderState.VALID),
        (0, None, False, OrderState.USED_UP),
        (5, None, True, OrderState.EXPIRED),
        (0, None, True, OrderState.USED_UP),
        (0, 5, True, OrderState.EXPIRED),
        (0, 0, True, OrderState.USED_UP),
    ],
)
def test_the_state_follows_from_bucket_and_moment(
    *, remaining: int, voided: int | None, expired: bool, state: OrderState
) -> None:
    expires_at = NOW if expired else NOW + timedelta(microseconds=1)
    assert (
        rules.state_of(remaining=remaining, voided_units=voided, expires_at=expires_at, now=NOW)
        is state
    )


@given(st.integers(0, 2**128 - 1))
def test_order_numbers_have_23_digits_from_their_shanghai_moment(number: int) -> None:
    shown = rules.order_number(OrderId(UUID(int=number)), NOW)
    assert shown.startswith("20260302120000")
    assert len(shown) == 23
    assert shown.isdigit()


@given(st.integers(1, 29_999), st.sampled_from(PackageGroup))
def test_a_package_costs_exactly_quantity_times_a_published_price(
    hundreds: int, group: PackageGroup
) -> None:
    quote = rules.quote(VERSIONS, group=group, quantity=hundreds * 100, now=NOW)
    assert quote.amount.micros == quote.unit_price * quote.quantity * 1_000_000
    assert quote.amount.micros % 10_000 == 0, "published prices of hundreds are whole fen"
