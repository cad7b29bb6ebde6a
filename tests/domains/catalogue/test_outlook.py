"""What customers pay and will pay, and the names of the places."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.domains.catalogue.prices import recorded, shipped_versions
from umcloud.domains.catalogue import places, shipped
from umcloud.domains.catalogue.model import MAINLAND, MessageClass, PriceVersion, Turn
from umcloud.domains.catalogue.outlook import Outlook, outlook
from umcloud.domains.catalogue.rules import CANADA, reaches
from umcloud.infra.i18n import LOCALES

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
SOON = NOW + timedelta(days=3)
LATER = NOW + timedelta(days=30)
HONG_KONG = "852"


def announced(price: str | None, begins: datetime, list_id: int = 2) -> list[PriceVersion]:
    """Return a list that changes Hong Kong alone."""
    (old,) = (one for one in shipped.international() if one.destination == HONG_KONG)
    new = replace(old, unit_price=Decimal(price) if price else None, valid_from=begins)
    return recorded([new], NOW, list_id)


def of(found: list[Outlook], destination: str) -> list[Outlook]:
    return [one for one in found if one.change.destination == destination]


def test_without_news_every_price_stands_alone() -> None:
    versions = shipped_versions(NOW)
    found = outlook(versions, NOW)
    assert len(found) == len(versions)
    assert {one.begins for one in found} == {None}
    assert all(one.change.before == one.change.after for one in found)
    first = found[0].change
    assert (first.cls, first.destination, first.tier_from) == (MessageClass.OTP, MAINLAND, 1)


def test_the_next_price_stands_beside_the_one_in_force() -> None:
    found = outlook([*shipped_versions(NOW), *announced("0.9", SOON)], NOW)
    ((one,), others) = (
        of(found, HONG_KONG),
        [one for one in found if one.change.destination != HONG_KONG],
    )
    assert (one.change.turn, one.change.after, one.begins) == (Turn.DEARER, Decimal("0.9"), SOON)
    assert {one.begins for one in others} == {None}


def test_of_two_announced_the_nearer_is_next_and_what_changes_nothing_is_no_news() -> None:
    today = of(outlook(shipped_versions(NOW), NOW), HONG_KONG)[0].change.before
    same = announced(str(today), SOON)
    found = outlook([*shipped_versions(NOW), *same, *announced(None, LATER, 3)], NOW)
    (one,) = of(found, HONG_KONG)
    assert (one.begins, one.change.turn) == (LATER, Turn.CLOSED)


def test_once_it_begins_it_is_the_price() -> None:
    (one,) = of(outlook([*shipped_versions(NOW), *announced("0.9", SOON)], SOON), HONG_KONG)
    assert (one.change.before, one.begins) == (Decimal("0.9"), None)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_listed_country_has_a_name(locale: str) -> None:
    codes = {code for one in shipped.international() for code in one.countries.split(",")}
    assert [code for code in codes if places.names_of(code, locale) == [code]] == []
    assert places.names_of("", locale) in (["中国大陆"], ["Mainland China"])


def test_a_place_is_found_by_code_and_by_name_in_either_language() -> None:
    for text in ("hk", "香港", "Hong", "hong kong"):
        assert places.means("HK", text)
        assert not places.means("US", text)
    assert not places.means("HK", "HKX")
    assert places.means("", "大陆")


@pytest.mark.parametrize(
    ("digits", "reached"),
    [
        ("852", HONG_KONG),
        ("85251234567", HONG_KONG),
        ("8613800138000", MAINLAND),
        ("16045550100", CANADA),
        ("999999", None),
    ],
)
def test_a_dial_code_or_a_number_leads_to_its_price(digits: str, reached: str | None) -> None:
    listed = {one.destination for one in shipped.international()}
    assert reaches(digits, listed) == reached
