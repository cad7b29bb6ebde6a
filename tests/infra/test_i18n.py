from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.infra.i18n import (
    LOCALES,
    MissingTextError,
    Texts,
    choose_locale,
    discrepancies,
    load_catalogue,
    masked_body,
    masked_phone,
)
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Kind, Refusal

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class ShortOfTea(Refusal):
    code: ClassVar[str] = "test.short_of_tea"
    kind: ClassVar[Kind] = Kind.UNAFFORDABLE


class Colour(Enum):
    RED = "red"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    zh = {
        "refusals": {"test.short_of_tea": "还差 {missing}，{since} 起。"},
        "events": {"tea.made": "泡好了 {cups} 杯茶"},
        "ui": {"enum.Colour.RED": "红", "only.zh": "只有中文", "kit.yes": "是", "kit.no": "否"},
    }
    en = {
        "refusals": {"test.short_of_tea": "{missing} short since {since:day}."},
        "events": {"tea.made": "{cups:plural,cup,cups} made"},
        "ui": {"kit.refused.unaffordable": "Too poor.", "kit.yes": "Yes", "kit.no": "No"},
    }
    for locale, content in (("zh_CN", zh), ("en", en)):
        (tmp_path / locale).mkdir()
        (tmp_path / locale / "tea.json").write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def test_a_refusal_is_told_with_its_facts_written_for_the_reader(folder: Path) -> None:
    refusal = ShortOfTea(missing=Money.yuan("1234.5"), since=NOON)
    assert (
        Texts("zh_CN", folder=folder).refusal(refusal) == "还差 ¥1,234.50，2026-03-02 12:00:00 起。"
    )
    assert Texts("en", folder=folder).refusal(refusal) == "¥1,234.50 short since 2026-03-02."


def test_events_and_plurals(folder: Path) -> None:
    english = Texts("en", folder=folder)
    assert english.event("tea.made", cups=1) == "1 cup made"
    assert english.event("tea.made", cups=1200) == "1,200 cups made"
    assert Texts(folder=folder).event("tea.made", cups=2) == "泡好了 2 杯茶"


def test_strict_texts_raise_where_a_sentence_or_a_fact_is_missing(folder: Path) -> None:
    english = Texts("en", folder=folder)
    with pytest.raises(MissingTextError):
        english.ui("only.zh")
    with pytest.raises(MissingTextError):
        english.event("tea.made")


def test_lenient_texts_fall_back_and_say_so_in_the_log(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    english = Texts("en", strict=False, folder=folder)
    assert english.ui("only.zh") == "只有中文"
    assert english.ui("nowhere") == "nowhere"
    (folder / "en" / "tea.json").write_text(
        json.dumps({"ui": {"kit.refused.unaffordable": "Too poor."}}), encoding="utf-8"
    )
    load_catalogue.cache_clear()
    assert english.refusal(ShortOfTea()) == "Too poor."
    assert "only.zh" in caplog.text
    assert "test.short_of_tea" in caplog.text


def test_a_catalogue_cannot_reach_into_objects(tmp_path: Path) -> None:
    (tmp_path / "zh_CN").mkdir()
    content = {"ui": {"sly": "{thing.__class__}"}}
    (tmp_path / "zh_CN" / "sly.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(MissingTextError):
        Texts(folder=tmp_path).ui("sly", thing=1)


def test_two_files_with_one_key_are_an_error(folder: Path) -> None:
    (folder / "zh_CN" / "other.json").write_text(
        json.dumps({"ui": {"only.zh": "又一次"}}), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"only\.zh"):
        load_catalogue("zh_CN", folder)


def test_discrepancies_name_what_one_language_lacks(folder: Path) -> None:
    found = discrepancies(folder)
    assert "ui only.zh: in one language only" in found


def test_every_sentence_exists_in_both_languages_with_the_same_facts() -> None:
    assert discrepancies() == []


def test_every_shipped_sentence_can_be_read() -> None:
    for locale in LOCALES:
        catalogue = load_catalogue(locale)
        assert catalogue.find("ui", "kit.save")


@pytest.mark.parametrize(
    ("wish", "locale"),
    [
        ("en-GB,en;q=0.9", "en"),
        ("fr,en;q=0.5", "en"),
        ("zh-TW", "zh_CN"),
        ("fr", "zh_CN"),
        ("", "zh_CN"),
        (None, "zh_CN"),
        ("en", "en"),
    ],
)
def test_the_reader_chooses_the_language(wish: str | None, locale: str) -> None:
    assert choose_locale(wish) == locale


def test_amounts() -> None:
    texts = Texts()
    assert texts.money(Money.yuan("-1234567.895")) == "-¥1,234,567.90"
    assert texts.money(Money(0)) == "¥0.00"
    assert texts.balance(Money.yuan("3.0456")) == "¥3.04"
    assert texts.balance(Money.yuan("-0.001")) == "-¥0.01"
    assert texts.exact(Money.yuan("0.045")) == "¥0.045"
    assert texts.exact(Money.yuan(1000)) == "¥1,000.00"
    assert texts.unit_price(Decimal("0.04")) == "¥0.0400"
    assert texts.unit_price(Decimal("0.04000500")) == "¥0.040005"
    assert texts.unit_price(Money.yuan("0.045")) == "¥0.0450"


def test_moments_counts_and_shares() -> None:
    texts = Texts()
    late = datetime(2026, 3, 2, 18, 5, 9, tzinfo=UTC)
    assert texts.moment(late) == "2026-03-03 02:05:09"
    assert texts.moment_utc(late) == "2026-03-02 18:05:09 UTC"
    assert texts.day(late) == "2026-03-03"
    assert texts.day(date(2026, 3, 2)) == "2026-03-02"
    assert texts.hour(late) == "02:05"
    assert texts.count(1234567) == "1,234,567"
    assert texts.percent(Decimal("0.9871")) == "98.7%"
    assert texts.percent(None) == "—"
    assert texts.size(4 * 1024 * 1024) == "4 MB"
    assert texts.size(5_000_000) == "5 MB"
    assert texts.size(4_250_000) == "4.2 MB"
    assert texts.size(999) == "1 kB"


def test_facts_write_themselves(folder: Path) -> None:
    texts = Texts(folder=folder)
    assert texts.say(Colour.RED) == "红"
    assert Texts("en", folder=folder).say(Colour.RED) == "red"
    assert texts.say(value=True) == "是"
    assert texts.say("13800138000", "masked") == "138****8000"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812348000", "138****8000"),
        ("8613800138000", "138****8000"),
        ("+8613800138000", "138****8000"),
        ("(0086)13800138000", "138****8000"),
        ("(60)112345678", "+601****5678"),
        ("60112345678", "+601****5678"),
        ("+85261234567", "+852****4567"),
        ("+85261234", "+852****4"),
        ("+8526123", "+852****"),
        ("10086", "****"),
        ("123", "****"),
        ("", "****"),
    ],
)
def test_phones_are_masked(number: str, shown: str) -> None:
    assert masked_phone(number) == shown


@pytest.mark.clause("C13.2")
@given(st.from_regex(r"\+?[0-9]{0,15}", fullmatch=True))
def test_of_every_number_four_digits_at_least_stay_hidden(number: str) -> None:
    shown = sum(c.isdigit() for c in masked_phone(number))
    assert shown <= min(7, max(0, len(number.lstrip("+")) - 4))


def test_bodies_are_masked_but_for_their_signature() -> None:
    assert masked_body("【云讯】验证码 4829") == "【云讯】•••••••• (8)"
    assert "4829" not in masked_body("code 4829")
