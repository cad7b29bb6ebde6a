"""The shipped texts and the pure rules about texts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.agreements import rules, shipped
from umcloud.domains.agreements.errors import NoticeTooShort, TextUnreadable
from umcloud.domains.agreements.model import Beginning

CLAUSES = ["P", *(f"C{number}" for number in range(1, 14)), "E"]
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.mark.clause("P.1")
@pytest.mark.parametrize("locale", shipped.LOCALES)
def test_the_agreement_is_complete_and_its_heavy_clauses_are_bold(locale: str) -> None:
    texts = [t for t in shipped.shipped_texts() if t.locale == locale and t.version == "1.0"]
    text = rules.parse(texts[0].text)
    assert [clause.id for clause in text.clauses] == CLAUSES
    assert text.emphasised == ("C11", "C12", "C13", "E")


@pytest.mark.parametrize(
    ("clause", "numbers"),
    [
        ("C10", ("0.3%", "3")),
        ("C11", ("30", "20")),
        ("P", ("18",)),
    ],
)
def test_both_languages_say_the_same_numbers(clause: str, numbers: tuple[str, ...]) -> None:
    for shipped_text in shipped.shipped_texts():
        clauses = {c.id: c for c in rules.parse(shipped_text.text).clauses}
        said = " ".join(p.text for p in clauses[clause].paragraphs)
        assert all(number in said for number in numbers), shipped_text.locale


def test_both_languages_have_the_same_paragraphs() -> None:
    chinese, english = (rules.parse(text.text) for text in shipped.shipped_texts()[:2])
    for ours, theirs in zip(chinese.clauses, english.clauses, strict=True):
        assert [p.bold for p in ours.paragraphs] == [p.bold for p in theirs.paragraphs], ours.id


def test_a_copy_through_another_editor_has_the_same_hash() -> None:
    text = shipped.shipped_texts()[0].text
    copied = text.replace("\n", "  \r\n") + "\r\n\r\n"
    assert rules.text_hash(copied) == rules.text_hash(text)
    assert rules.text_hash(text) == hashlib.sha256(text.encode()).digest()
    assert rules.text_hash(text.replace("20%", "10%")) != rules.text_hash(text)


@given(st.text())
def test_the_canonical_form_is_stable(text: str) -> None:
    once = rules.canonical(text)
    assert rules.canonical(once) == once


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no_title"),
        ("No heading\n\nVersion 1\n\n## P x\n\ny", "no_title"),
        ("# T\n\nVersion 1\n\nloose\n\n## E x\n\n**y**", "text_before_first_clause"),
        ("# T\n\nVersion 1\n\n## X1 x\n\n**y**", "bad_heading"),
        ("# T\n\nVersion 1\n\n## C1 x\n\n**y**\n\n## C1 z\n\nw", "bad_heading"),
        ("# T\n\nVersion 1\n\n## C1 x\n\n## E z\n\n**w**", "empty_clause"),
        ("# T\n\nVersion 1\n\n## C1 x\n\nhalf **bold**", "bad_paragraph"),
        ("# T\n\nVersion 1\n\n## C1 x\n\ntwo\nlines", "bad_paragraph"),
        ("# T\n\nVersion 1\n\n## C1 x\n\nplain", "nothing_emphasised"),
    ],
)
def test_a_text_that_cannot_be_shown_clause_by_clause_is_refused(text: str, reason: str) -> None:
    with pytest.raises(TextUnreadable) as refused:
        rules.parse(text)
    assert refused.value.facts["reason"] == reason


@pytest.mark.clause("P.2")
def test_a_version_binds_from_its_moment_until_its_successors() -> None:
    old, new = Beginning("1.0", NOON, NOON), Beginning("1.1", NOON + timedelta(days=30), NOON)
    moments = [NOON - timedelta(microseconds=1), NOON, new.effective_from]
    assert [rules.in_force([new, old], at) for at in moments] == [None, "1.0", "1.1"]
    assert rules.in_force([old, new], new.effective_from - timedelta(microseconds=1)) == "1.0"


@given(st.lists(st.integers(0, 1000), min_size=2, unique=True))
def test_what_binds_never_goes_back(days: list[int]) -> None:
    versions = [Beginning(f"{day}", NOON + timedelta(days=day), NOON) for day in days]
    labels = [rules.in_force(versions, NOON + timedelta(days=d)) or "-1" for d in range(0, 1001, 7)]
    assert all(int(earlier) <= int(later) for earlier, later in pairwise(labels))


@pytest.mark.clause("P.2")
def test_a_successor_needs_seven_days_notice() -> None:
    week = NOON + timedelta(days=7)
    rules.check_notice(NOON, week, has_predecessor=True, notice=rules.NOTICE)
    with pytest.raises(NoticeTooShort) as refused:
        rules.check_notice(
            NOON, week - timedelta(microseconds=1), has_predecessor=True, notice=rules.NOTICE
        )
    assert refused.value.facts == {"notice_days": 7, "earliest": week}
    # Before the first agreement there is nobody to warn.
    rules.check_notice(NOON, NOON - timedelta(days=60), has_predecessor=False, notice=rules.NOTICE)


def test_shown_hashes_hold_no_run_of_digits_like_a_phone_number() -> None:
    shown = rules.show_hash(bytes.fromhex("13800138000138001380" + "00" * 22))
    assert max(map(len, shown.split("-"))) == 8
    assert bytes.fromhex(shown.replace("-", "")) == bytes.fromhex(
        "13800138000138001380" + "00" * 22
    )
