from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.wire.gsm import alphabet

GSM_TEXT = st.text(alphabet=sorted(alphabet.CHARACTERS))


def test_the_table_is_the_standards() -> None:
    # Golden octets from TS 23.038, section 6.2.1, at places where codecs often go wrong.
    assert alphabet.encode("@£$¥èéùìòÇ\nØø\rÅå") == bytes(range(16))
    assert alphabet.encode("Δ_ΦΓΛΩΠΨΣΘΞ") == bytes(range(0x10, 0x1B))
    assert alphabet.encode("ÆæßÉ") == bytes(range(0x1C, 0x20))
    assert alphabet.encode("¤¡ÄÖÑÜ§¿äöñüà") == bytes.fromhex("24405b5c5d5e5f607b7c7d7e7f")
    assert alphabet.encode("^{}\\[~]|€\f") == bytes.fromhex(
        "1b141b281b291b2f1b3c1b3d1b3e1b401b651b0a"
    )
    assert len(alphabet.CHARACTERS) == 127 + 10


@given(GSM_TEXT)
def test_what_fits_comes_back(text: str) -> None:
    assert alphabet.fits(text)
    assert alphabet.decode(alphabet.encode(text)) == text


@given(st.text())
def test_fits_says_exactly_what_encode_can_do(text: str) -> None:
    if alphabet.fits(text):
        alphabet.encode(text)
    else:
        with pytest.raises(UnicodeEncodeError):
            alphabet.encode(text)


@given(st.binary())
def test_decode_takes_any_septets_and_refuses_octets(octets: bytes) -> None:
    if octets.isascii():
        alphabet.decode(octets)
    else:
        with pytest.raises(alphabet.NotSeptets):
            alphabet.decode(octets)


def test_undefined_escapes_show_the_main_table_and_a_last_one_shows_a_space() -> None:
    assert alphabet.decode(b"a\x1bAb") == "aAb"
    assert alphabet.decode(b"a\x1b") == "a "
    assert alphabet.decode(b"a\x1b\x1bA") == "a A"


def test_backtick_and_chinese_do_not_fit() -> None:
    assert not alphabet.fits("`")
    assert not alphabet.fits("您好")
    assert not alphabet.fits("\x1b")
