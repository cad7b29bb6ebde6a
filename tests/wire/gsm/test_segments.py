from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.wire.gsm import alphabet
from umcloud.wire.gsm.headers import (
    Concatenation,
    MalformedHeader,
    concatenated,
    split_header,
)
from umcloud.wire.gsm.segments import (
    GSM7,
    UCS2,
    Parts,
    TooManyParts,
    billed_segments,
    decode_text,
    encode_parts,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
GSM_TEXT = st.text(alphabet=sorted(alphabet.CHARACTERS), max_size=900)
EMOJI_AND_LETTERS = st.text(alphabet="a您😀€[", min_size=60, max_size=300)


@pytest.mark.parametrize(
    ("characters", "segments"),
    [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4), (500, 8)],
)
def test_billed_segments_follow_the_price_rule(characters: int, segments: int) -> None:
    assert billed_segments(characters) == segments


@given(st.integers(0, 10_000))
def test_billed_segments_never_fall(characters: int) -> None:
    assert billed_segments(characters) <= billed_segments(characters + 1)


def test_billed_segments_refuse_negative_lengths() -> None:
    with pytest.raises(ValueError, match="negative"):
        billed_segments(-1)


def test_a_short_chinese_text_is_one_part_without_a_header() -> None:
    assert encode_parts("您好", 1) == Parts(UCS2, udhi=False, payloads=(b"\x60\xa8\x59\x7d",))


def test_a_short_english_text_is_one_part_of_septets() -> None:
    assert encode_parts("Hi €", 1) == Parts(GSM7, udhi=False, payloads=(b"Hi \x1be",))


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a" * 160, [160]),
        ("a" * 161, [6 + 153, 6 + 8]),
        ("a" * 152 + "€" + "b" * 10, [6 + 152, 6 + 12]),
        ("您" * 70, [140]),
        ("您" * 71, [6 + 134, 6 + 8]),
        ("您" * 66 + "😀" + "好" * 10, [6 + 132, 6 + 24]),
    ],
)
def test_boundaries(text: str, sizes: list[int]) -> None:
    assert [len(payload) for payload in encode_parts(text, 9).payloads] == sizes


@given(TEXT | GSM_TEXT | EMOJI_AND_LETTERS, st.integers(0, 255))
def test_parts_come_back_and_each_reads_alone(text: str, reference: int) -> None:
    parts = encode_parts(text, reference)
    most = 160 if parts.data_coding == GSM7 else 140
    total = len(parts.payloads)
    assert parts.udhi == (total > 1)
    read = []
    for number, payload in enumerate(parts.payloads, start=1):
        body = payload
        if parts.udhi:
            header, body = split_header(payload)
            assert header == Concatenation(reference, total, number)
            assert len(body) <= (153 if parts.data_coding == GSM7 else 134)
        assert len(body) <= most
        if parts.data_coding == UCS2:
            body.decode("utf-16-be", "strict")
        read.append(decode_text(body, parts.data_coding))
    assert "".join(piece or "" for piece in read) == text


def test_more_than_255_parts_are_refused() -> None:
    with pytest.raises(TooManyParts):
        encode_parts("a" * (153 * 255 + 1), 1)
    assert len(encode_parts("a" * (153 * 255), 1).payloads) == 255


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_parts("a\ud83d", 1)


@given(st.binary(), st.integers(0, 255))
def test_decode_text_never_raises(octets: bytes, data_coding: int) -> None:
    text = decode_text(octets, data_coding)
    assert (text is not None) == (data_coding in {0, 1, 3, 8})


@given(st.binary())
def test_any_header_is_read_or_refused(payload: bytes) -> None:
    try:
        found, body = split_header(payload)
    except MalformedHeader:
        return
    assert payload.endswith(body)
    assert found is None or 1 <= found.number <= found.total


def test_sixteen_bit_references_and_other_elements_are_understood() -> None:
    port = bytes((0x05, 4, 0, 80, 0, 81))
    joined = bytes((0x08, 4, 0x12, 0x34, 3, 2))
    payload = bytes((len(port) + len(joined),)) + port + joined + b"text"
    assert split_header(payload) == (Concatenation(0x1234, 3, 2), b"text")
    assert split_header(concatenated(7, 2, 3) + b"x") == (None, b"x")
