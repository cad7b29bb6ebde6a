"""Which price holds: tiers, versions in time, destinations, overlaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domains.catalogue.prices import recorded, shipped_versions
from umcloud.domains.catalogue import rules, shipped
from umcloud.domains.catalogue.errors import (
    DestinationUnknown,
    PriceMalformed,
    PriceNotOffered,
    PriceNotPublished,
    PriceOverlap,
    PriceRetroactive,
    QuantityBeyondList,
)
from umcloud.domains.catalogue.model import MessageClass, PriceVersion
from umcloud.kernel.money import Money

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
VERSIONS = shipped_versions(NOW)
LISTED = {v.destination for v in VERSIONS if v.cls is MessageClass.INTERNATIONAL}


def abroad(digits: str) -> PriceVersion:
    destination = rules.destination_of(digits, LISTED)
    return rules.price_at(VERSIONS, cls=MessageClass.INTERNATIONAL, destination=destination, at=NOW)


@pytest.mark.clause("C9.2")
@pytest.mark.parametrize(
    ("cls", "quantity", "yuan"),
    [
        ("otp", 100, "5"),
        ("notice", 9_900, "495"),
        ("notice", 10_000, "450"),
        ("notice", 99_900, "4495.5"),
        ("otp", 100_000, "4200"),
        ("notice", 500_000, "20500"),
        ("notice", 1_000_000, "40000"),
        ("otp", 2_999_900, "119996"),
        ("marketing", 100, "5.5"),
        ("marketing", 10_000, "540"),
        ("marketing", 100_000, "4900"),
        ("marketing", 500_000, "24000"),
        ("marketing", 1_000_000, "48000"),
    ],
)
def test_a_package_costs_quantity_times_the_price_of_its_tier(
    cls: str, quantity: int, yuan: str
) -> None:
    cost = rules.package_price(VERSIONS, cls=MessageClass(cls), quantity=quantity, at=NOW)
    assert cost == Money.yuan(yuan)


def test_no_price_is_published_from_three_million_on() -> None:
    with pytest.raises(QuantityBeyondList) as caught:
        rules.package_price(VERSIONS, cls=MessageClass.OTP, quantity=3_000_000, at=NOW)
    assert caught.value.facts == {"quantity": 3_000_000, "limit": 3_000_000}


def test_paying_as_one_goes_costs_the_first_tier() -> None:
    assert rules.price_at(VERSIONS, cls=MessageClass.OTP, at=NOW).unit_price == Decimal("0.050")
    price = rules.price_at(VERSIONS, cls=MessageClass.MARKETING, at=NOW)
    assert price.unit_price == Decimal("0.055")
    assert price.source.startswith("R-PRICE-01")
    assert price.tax_code == "sms.6"


def test_before_the_list_there_is_no_price() -> None:
    early = datetime(2023, 3, 13, 15, 59, 59, tzinfo=UTC)
    with pytest.raises(PriceNotPublished):
        rules.price_at(VERSIONS, cls=MessageClass.OTP, at=early)
    rules.price_at(VERSIONS, cls=MessageClass.OTP, at=early + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("digits", "countries", "price"),
    [
        ("447911123456", "UK", "0.273"),
        ("85212345678", "HK", "0.322"),
        ("12125550123", "US", "0.15"),
        ("14165550123", "CA", "0.112"),
        ("12425550123", "BS", "0.287"),
        ("18765550123", "JM", "0.4116"),
        ("79161234567", "ABH,KZ,RU", "0.637"),
        ("6141234567", "AU,CC,CX", "0.175"),
        ("573001234567", "CO", "0.0126"),
    ],
)
def test_the_longest_dial_prefix_gives_the_price(digits: str, countries: str, price: str) -> None:
    version = abroad(digits)
    assert (version.countries, version.unit_price) == (countries, Decimal(price))


@pytest.mark.parametrize("digits", ["17875550123", "67231234", "8501234567", "6841234567"])
def test_what_is_listed_without_a_price_is_not_offered(digits: str) -> None:
    with pytest.raises(PriceNotOffered):
        abroad(digits)


@pytest.mark.parametrize("digits", ["", "999123", "18295550123", "17585550123", "0044791"])
def test_what_is_not_listed_has_no_price(digits: str) -> None:
    with pytest.raises(DestinationUnknown):
        abroad(digits)


def test_the_international_list_is_whole() -> None:
    lines = shipped._international_text().splitlines()[1:]
    assert len(lines) == 229
    assert sum(line.endswith(",") for line in lines) == 16
    prices = shipped.international()
    assert sum(len(price.countries.split(",")) for price in prices) == 229
    shared = {price.destination for price in prices if "," in price.countries}
    assert shared == {"7", "33", "39", "45", "61", "64", "262", "381", "685"}


def test_canadian_areas_agree_with_the_numbering_plan() -> None:
    for area in rules.CANADIAN_AREAS | rules.OTHER_AMERICAN_AREAS:
        number = phonenumbers.parse(f"+1{area}2345678")
        region = phonenumbers.region_code_for_number(number)
        assert region != "US"
        assert region is None or (region == "CA") == (area in rules.CANADIAN_AREAS)


def test_a_newer_list_counts_as_a_whole_and_only_from_its_day() -> None:
    later = NOW + timedelta(days=10)
    old = shipped.domestic()[0]
    one_tier = replace(old, tier_below=None, unit_price=Decimal("0.06"), valid_from=later)
    versions = VERSIONS + recorded([one_tier], NOW + timedelta(days=1), list_id=2)

    def cost(at: datetime) -> Money:
        return rules.package_price(versions, cls=MessageClass.OTP, quantity=100_000, at=at)

    assert cost(later - timedelta(microseconds=1)) == Money.yuan("4200")
    assert cost(later) == Money.yuan("6000")
    known = rules.price_at(versions, cls=MessageClass.OTP, at=later, known_at=NOW)
    assert known.unit_price == Decimal("0.050")


def test_a_list_may_not_change_the_past_nor_contradict_itself() -> None:
    price = shipped.domestic()[0]
    with pytest.raises(PriceRetroactive):
        rules.check_publication([price], VERSIONS, now=NOW)
    rules.check_publication([price], [], now=NOW)
    rules.check_publication([replace(price, valid_from=NOW)], VERSIONS, now=NOW)
    with pytest.raises(PriceOverlap):
        rules.check_publication([price, replace(price, tier_from=9_999)], [], now=NOW)
    ends = replace(price, valid_to=NOW)
    rules.check_publication([ends, replace(price, valid_from=NOW)], [], now=NOW)


@pytest.mark.parametrize(
    "fault",
    [
        {"unit_price": Decimal(-1)},
        {"unit_price": Decimal("NaN")},
        {"tier_from": 0},
        {"tier_below": 1},
        {"valid_to": datetime(2020, 1, 1, tzinfo=UTC)},
        {"destination": "44"},
        {"source": ""},
    ],
)
def test_prices_that_cannot_be_are_refused(fault: dict[str, object]) -> None:
    changed: Any = fault
    price = replace(shipped.domestic()[0], **changed)
    with pytest.raises(PriceMalformed):
        rules.check_publication([price], [], now=NOW)


@given(quantity=st.integers(1, 2_999_999), cls=st.sampled_from(["otp", "notice", "marketing"]))
def test_every_listed_quantity_has_one_tier_and_an_exact_price(quantity: int, cls: str) -> None:
    kind = MessageClass(cls)
    tiers = rules.tiers_at(VERSIONS, cls=kind, at=NOW)
    assert sum(tier.holds(quantity) for tier in tiers) == 1
    tier = rules.tier_for(VERSIONS, cls=kind, quantity=quantity, at=NOW)
    cost = rules.package_price(VERSIONS, cls=kind, quantity=quantity, at=NOW)
    assert Decimal(cost.micros) == tier.price * quantity * 1_000_000
    assert tier.price <= tiers[0].price


@given(st.text("0123456789", min_size=1, max_size=15))
def test_a_destination_is_a_listed_prefix_or_a_refusal(digits: str) -> None:
    try:
        destination = rules.destination_of(digits, LISTED)
    except DestinationUnknown:
        return
    assert destination in LISTED
    assert digits.startswith(destination.partition("-")[0])
    longer = [dial for dial in LISTED if digits.startswith(dial) and len(dial) > len(destination)]
    assert not longer
