"""Parts become texts, numbers are read as carriers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.inbound import rules
from umcloud.domains.inbound.model import HeardPart, KeptPart
from umcloud.wire.gsm.headers import split_header
from umcloud.wire.gsm.segments import encode_parts

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
LINK = UUID(int=7)


def parts_of(text: str, reference: int = 1, *, first: int = 1) -> list[KeptPart]:
    """Return a text as the parts that a carrier would bring, in order."""
    coding, udhi, payloads = encode_parts(text, reference)
    found = []
    for place, payload in enumerate(payloads):
        concatenation, octets = split_header(payload) if udhi else (None, payload)
        found.append(
            KeptPart(
                link=LINK,
                ordinal=first + place,
                line=1,
                source="8613800138888",
                destination="10690000",
                octets=octets,
                coding=coding,
                reference=concatenation.reference if concatenation else None,
                total=len(payloads),
                number=concatenation.number if concatenation else 1,
                at=NOON + timedelta(seconds=place),
            )
        )
    return found


TEXTS = st.text(st.characters(codec="utf-16", exclude_characters="\x00"), min_size=1, max_size=400)


@given(TEXTS, st.randoms(use_true_random=False))
def test_parts_in_any_order_make_the_text_again(text: str, chance: st.DataObject) -> None:
    parts = parts_of(text)
    chance.shuffle(parts)  # type: ignore[attr-defined]  # hypothesis hands out a Random
    (written,) = rules.put_together(parts, NOON)
    assert (written.text, written.missing) == (text, 0)
    assert len(written.kept) == written.parts


def test_a_long_text_waits_for_its_parts_and_not_for_ever() -> None:
    parts = parts_of("长" * 180)
    assert rules.put_together(parts[:2], NOON) == []
    assert rules.put_together(parts[1:], NOON) == []
    (written,) = rules.put_together([parts[0], parts[2]], NOON + rules.PATIENCE)
    assert written.text == "长" * 67 + rules.GAP + "长" * 46
    assert (written.parts, written.missing, len(written.kept)) == (3, 1, 2)
    (last,) = rules.put_together(parts[2:], NOON + rules.PATIENCE * 2)
    assert last.text == rules.GAP * 2 + "长" * 46


def test_two_long_texts_with_the_same_reference_stay_two() -> None:
    first, second = parts_of("甲" * 100), parts_of("乙" * 100, first=10)
    texts = [one.text for one in rules.put_together([*first, *second], NOON)]
    assert texts == ["甲" * 100, "乙" * 100]


def test_octets_that_are_no_text_are_shown_as_digits() -> None:
    part = parts_of("x")[0]
    binary = KeptPart(*[getattr(part, name) for name in KeptPart.__slots__])
    object.__setattr__(binary, "coding", 4)
    object.__setattr__(binary, "octets", b"\x00\xff")
    assert rules.put_together([binary], NOON)[0].text == "00ff"


def test_no_text_holds_what_no_column_takes() -> None:
    assert "\x00" not in rules.put_together(parts_of("漢\x00"), NOON)[0].text
    assert rules.readable(b"138\x0000\xff\n") == "13800"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("8613800138888", "8613800138888"),
        ("13800138888", "8613800138888"),
        ("+8613800138888", "8613800138888"),
        ("008613800138888", "8613800138888"),
        ("85261234567", "85261234567"),
        ("+85261234567", "85261234567"),
        ("10086", "10086"),
        ("UMCLOUD", "UMCLOUD"),
        ("", ""),
    ],
)
def test_handsets_are_known_however_the_carrier_writes_them(written: str, read: str) -> None:
    assert rules.handset(written) == read


@given(st.text(max_size=30))
def test_any_address_is_read(text: str) -> None:
    assert rules.handset(rules.readable(text.encode("utf-8"))) is not None


def test_digits_behind_the_lines_number_are_the_extension_code() -> None:
    assert rules.ours("10690000", "10690000") == [("10690000", "")]
    assert rules.ours("1069000012", "10690000") == [("1069000012", ""), ("10690000", "12")]
    assert rules.ours("1065555", "10690000") == [("1065555", "")]
    assert rules.ours("+10690000", "") == [("10690000", "")]


def test_a_fingerprint_tells_apart_whatever_differs() -> None:
    def heard(**changes: object) -> HeardPart:
        facts: dict[str, object] = {
            "link": LINK, "ordinal": 1, "source": b"1", "destination": b"23", "octets": b"x",
            "coding": 0, "reference": None, "total": 1, "number": 1, "at": NOON,
        }  # fmt: skip
        return HeardPart(**(facts | changes))  # type: ignore[arg-type]  # a table of fields

    prints = [
        rules.fingerprint(1, heard()),
        rules.fingerprint(2, heard()),
        rules.fingerprint(1, heard(source=b"12", destination=b"3")),
        rules.fingerprint(1, heard(octets=b"y")),
        rules.fingerprint(1, heard(coding=8)),
        rules.fingerprint(1, heard(reference=5, total=2)),
        rules.fingerprint(1, heard(reference=5, total=2, number=2)),
    ]
    assert len(set(prints)) == len(prints)
    later = heard(link=UUID(int=8), ordinal=9, at=NOON + timedelta(days=1))
    assert rules.fingerprint(1, later) == prints[0]
