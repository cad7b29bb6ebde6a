from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.smpp.pdu_strategies import c_string, octet, tlvs
from umcloud.kernel.moments import SHANGHAI
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import read_message
from umcloud.wire.smpp.encode import message_body
from umcloud.wire.smpp.errors import RemoteProtocolError
from umcloud.wire.smpp.events import Receipt
from umcloud.wire.smpp.pdus import Message
from umcloud.wire.smpp.receipts import (
    ReceiptText,
    delivery_reader,
    is_receipt,
    read_receipt,
    receipt_date,
    receipt_text,
)

EPOCH = datetime(2001, 1, 2, tzinfo=UTC)


def deliver(text: bytes, *tlvs: tuple[int, bytes]) -> Message:
    return Message(
        codes.DELIVER_SM, 1, esm_class=codes.RECEIPT, short_message=text, tlvs=tuple(tlvs)
    )


@given(
    st.text(alphabet="0123456789abcdefXYZ-", min_size=1, max_size=64).map(str.encode),
    st.sampled_from(sorted(codes.STATES.values())),
    st.sampled_from(["000", "027", "MK:0001"]),
    st.integers(0, 3_000_000_000).map(lambda seconds: EPOCH + timedelta(seconds=seconds)),
    st.binary(max_size=40),
)
def test_what_is_written_is_read(
    message_id: bytes, state: str, error: str, done: datetime, text: bytes
) -> None:
    submitted = done - timedelta(seconds=9)
    written = receipt_text(
        message_id=message_id,
        state=state,
        error=error,
        submitted=receipt_date(submitted, SHANGHAI),
        done=receipt_date(done, SHANGHAI),
        text=text,
    )
    expected = ReceiptText(message_id, state, error, submitted, done)
    assert read_receipt(deliver(written), SHANGHAI) == expected


def test_the_text_is_appendix_b() -> None:
    written = receipt_text(
        message_id=b"0123456789",
        state="DELIVRD",
        error="000",
        submitted=b"2603021205",
        done=b"2603021206",
        text=b"Hello",
    )
    assert written == (
        b"id:0123456789 sub:001 dlvrd:001 submit date:2603021205 done date:2603021206 "
        b"stat:DELIVRD err:000 text:Hello"
    )
    read = read_receipt(deliver(written), SHANGHAI)
    assert read is not None
    assert read.done_at == datetime(2026, 3, 2, 4, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"stat:UNDELIV id:7 err:27", ReceiptText(b"7", "UNDELIV", "27", None, None)),
        (b"ID: 7 STAT: delivrd", ReceiptText(b"7", "DELIVRD", "", None, None)),
        (b"id:7 done date:2699991206 stat:EXPIRED", ReceiptText(b"7", "EXPIRED", "", None, None)),
        (b"id:7 stat:WHATEVER", ReceiptText(b"7", "UNKNOWN", "", None, None)),
        # The names of 5.2.28 in place of the words of appendix B, and years in full.
        (b"id:7 stat:DELIVERED", ReceiptText(b"7", "DELIVRD", "", None, None)),
        (b"id:7 stat:Undeliverable", ReceiptText(b"7", "UNDELIV", "", None, None)),
        (b"id:7 stat:REJECTED err:9", ReceiptText(b"7", "REJECTD", "9", None, None)),
        (
            b"id:7 done date:20260302120506 stat:DELIVRD err:0 text:",
            ReceiptText(b"7", "DELIVRD", "0", None, datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)),
        ),
        (b"id:7 stat:DELIVRD err:0 text:id:8", ReceiptText(b"7", "DELIVRD", "0", None, None)),
        (b"hello", None),
        (b"", None),
    ],
)
def test_odd_receipts(text: bytes, expected: ReceiptText | None) -> None:
    assert read_receipt(deliver(text), SHANGHAI) == expected


def test_optional_parameters_win_over_the_text() -> None:
    message = deliver(
        b"id:1 stat:DELIVRD",
        (codes.RECEIPTED_MESSAGE_ID, b"2\0"),
        (codes.MESSAGE_STATE, b"\5"),
        (codes.NETWORK_ERROR_CODE, b"\3\0\x1b"),
    )
    assert read_receipt(message, SHANGHAI) == ReceiptText(b"2", "UNDELIV", "027", None, None)


@given(st.binary(max_size=254))
def test_any_text_is_read_or_ignored(text: bytes) -> None:
    read = read_receipt(deliver(text), SHANGHAI)
    assert read is None or read.message_id


Read = Message | Receipt | int

quick = delivery_reader(SHANGHAI)


def reading(read: Callable[[int, int, bytes], Message | Receipt], body: bytes) -> Read:
    """Return what it says of a deliver_sm's body; the status of a refusal."""
    try:
        return read(codes.DELIVER_SM, 7, body)
    except RemoteProtocolError as error:
        return error.status


usual_texts = st.builds(
    receipt_text,
    message_id=st.one_of(c_string(64, 1), st.just(b"a1")),
    state=st.sampled_from([*codes.STATES.values(), "WHATEVR"]),
    error=st.sampled_from(["000", "027", "MK:0001", "A\0B", "123456789"]),
    submitted=st.sampled_from([b"2603021205", b"260302120506", b"000000000000"]),
    done=st.sampled_from([b"2603021206", b"260302120607", b"269902120607"]),
    text=st.binary(max_size=20),
)
usual_bodies = st.builds(
    lambda **fields: message_body(Message(codes.DELIVER_SM, 1, **fields)),
    service_type=c_string(5),
    source_ton=octet,
    source=c_string(20),
    destination_npi=octet,
    destination=c_string(20),
    esm_class=st.sampled_from([codes.RECEIPT, codes.RECEIPT | codes.UDHI, 0]),
    protocol_id=octet,
    data_coding=octet,
    short_message=st.one_of(usual_texts, usual_texts.map(lambda text: text[:-5])),
    tlvs=tlvs,
)


@given(usual_bodies, st.integers(0, 300), st.binary(max_size=2))
def test_the_quick_way_says_the_same(body: bytes, at: int, change: bytes) -> None:
    for octets in (body, body[:at] + change + body[at + len(change) :], body[:at], body + change):
        quickly, slowly = reading(quick, octets), reading(read_message, octets)
        if isinstance(quickly, Receipt):
            assert isinstance(slowly, Message)
            assert is_receipt(slowly)
            read = read_receipt(slowly, SHANGHAI)
            assert read is not None
            assert quickly == (read.message_id, read.state, read.error, read.done_at, 7)
        else:
            assert quickly == slowly


def test_the_quick_way_reads_the_usual_form() -> None:
    text = receipt_text(
        message_id=b"7F", state="DELIVRD", error="000", submitted=b"2603021205", done=b"2603021206"
    )
    done = datetime(2026, 3, 2, 4, 6, tzinfo=UTC)
    plain = message_body(deliver(text))
    assert quick(codes.DELIVER_SM, 9, plain) == Receipt(b"7F", "DELIVRD", "000", done, 9)
    told = deliver(text, (codes.RECEIPTED_MESSAGE_ID, b"8\0"), (codes.MESSAGE_STATE, b"\5"))
    overruled = quick(codes.DELIVER_SM, 9, message_body(told))
    assert overruled == Receipt(b"8", "UNDELIV", "000", done, 9)


def test_receipts_are_told_from_handsets_messages() -> None:
    assert is_receipt(deliver(b""))
    assert not is_receipt(Message(codes.DELIVER_SM, 1, esm_class=codes.UDHI))
    odd = Message(codes.DELIVER_SM, 1, tlvs=((codes.RECEIPTED_MESSAGE_ID, b"1\0"),))
    assert is_receipt(odd)
