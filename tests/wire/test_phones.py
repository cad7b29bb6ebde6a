from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.wire.phones import Destination, NumberMalformed, parse_destination

mainland = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


def abroad(code: str, national: str) -> Destination:
    return Destination(code, national, code + national, domestic=False)


@given(number=mainland, form=st.sampled_from(["{}", "(86){}", "(0086){}", "+86{}"]))
def test_every_form_of_a_mainland_mobile_is_the_same_destination(number: str, form: str) -> None:
    expected = Destination("86", number, "86" + number, domestic=True)
    assert parse_destination(form.format(number)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(60)112345678", abroad("60", "112345678")),
        ("(0060)112345678", abroad("60", "112345678")),
        ("+60112345678", abroad("60", "112345678")),
        ("(852)51234567", abroad("852", "51234567")),
        ("(1)2025550123", abroad("1", "2025550123")),
        ("(1268)4641234", abroad("1", "2684641234")),
        ("+447400123456", abroad("44", "7400123456")),
    ],
)
def test_foreign_numbers(text: str, expected: Destination) -> None:
    assert parse_destination(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "12800138000",
        "1380013800",
        "138001380000",
        "8613800138000",
        "(86)1380013800",
        "(8)613800138000",
        "(861)3800138000",
        "(86)02110086",
        "+8613800138000x",
        " 13800138000",
        "13800138000\n",
        "138 0013 8000",
        "138\u0966\u0966138000",
        "1380013800\u0663",
        "(999)12345678",
        "(1)20255501",
        "(60)" + "1" * 15,
        "(000060)112345678",
        "+0060112345678",
        "(60112345678",
        "60)112345678",
    ],
)
def test_malformed_numbers_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(NumberMalformed) as refused:
        parse_destination(text)
    assert refused.value.facts == {}
    assert str(refused.value) == "number.malformed"


@given(st.text(max_size=24))
def test_any_text_is_a_destination_or_refused(text: str) -> None:
    try:
        destination = parse_destination(text)
    except NumberMalformed:
        return
    assert destination.e164_digits == destination.country_code + destination.national
    assert parse_destination(destination.text) == destination
