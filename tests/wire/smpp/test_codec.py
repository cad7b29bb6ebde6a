from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.smpp.pdu_strategies import messages, pdus
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import decode
from umcloud.wire.smpp.encode import Envelope, encode
from umcloud.wire.smpp.errors import LocalProtocolError, RemoteProtocolError
from umcloud.wire.smpp.pdus import Bind, Message, MessageAnswer, Pdu, Plain

# The example of section 3.2.1 of the standard.
BIND = (
    "0000002f 00000002 00000000 00000001 534d5050335445535400 736563726574303800"
    "5355424d495431 00 00 01 01 00"
)
SUBMIT = (
    "00000038 00000004 00000000 00000007 00 05 00 554d00 01 01 3836313338303031333830303000"
    "40 00 00 00 00 01 00 08 00 08 0500030902016f22"
)
GOLDEN: list[tuple[str, Pdu]] = [
    (
        BIND,
        Bind(codes.BIND_TRANSMITTER, 1, b"SMPP3TEST", b"secret08", b"SUBMIT1", 0, 1, 1),
    ),
    (
        SUBMIT,
        Message(
            codes.SUBMIT_SM,
            7,
            source_ton=5,
            source=b"UM",
            destination_ton=1,
            destination_npi=1,
            destination=b"8613800138000",
            esm_class=codes.UDHI,
            registered_delivery=1,
            data_coding=8,
            short_message=bytes.fromhex("0500030902016f22"),
        ),
    ),
    (
        "00000014 80000004 00000000 00000007 61623100",
        MessageAnswer(codes.SUBMIT_SM_RESP, 0, 7, b"ab1"),
    ),
    ("00000010 80000004 00000058 00000007", MessageAnswer(codes.SUBMIT_SM_RESP, 0x58, 7)),
    ("00000011 80000005 00000000 00000003 00", MessageAnswer(codes.DELIVER_SM_RESP, 0, 3)),
    ("00000010 00000015 00000000 00000002", Plain(codes.ENQUIRE_LINK, 0, 2)),
    ("00000010 80000000 00000003 00000009", Plain(codes.GENERIC_NACK, 3, 9)),
]


@pytest.mark.parametrize(("octets", "pdu"), GOLDEN)
def test_golden_octets(octets: str, pdu: Pdu) -> None:
    wire = bytes.fromhex(octets.replace(" ", ""))
    assert int.from_bytes(wire[:4], "big") == len(wire)
    assert encode(pdu) == wire
    assert decode(wire) == pdu


@given(pdus)
def test_what_is_encoded_comes_back(pdu: Pdu) -> None:
    assert decode(encode(pdu)) == pdu


@given(pdus, st.data())
def test_a_mutated_pdu_is_read_or_refused(pdu: Pdu, data: st.DataObject) -> None:
    octets = bytearray(encode(pdu))
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(octets) - 1))
        octets[where] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(octets)))
    for candidate in (bytes(octets), bytes(octets[:cut])):
        try:
            found = decode(candidate)
        except RemoteProtocolError:
            continue
        decode(encode(found))


@given(st.binary(max_size=200), st.sampled_from([1, 2, 4, 5, 9, 0x80000004, 0x80000009]))
def test_any_body_is_read_or_refused(body: bytes, command: int) -> None:
    header = (16 + len(body)).to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(8)
    with contextlib.suppress(RemoteProtocolError):
        decode(header + body)


@given(messages)
def test_the_envelope_writes_what_the_full_encoder_writes(message: Message) -> None:
    if not message.destination:
        return
    envelope = Envelope(
        source=(message.source_ton, message.source_npi),
        destination=(message.destination_ton, message.destination_npi),
        service_type=message.service_type,
        registered_delivery=message.registered_delivery,
    )
    plain = message._replace(
        protocol_id=0, priority=0, schedule=b"", validity=b"", replace=0, default_message=0, tlvs=()
    )
    body = envelope.body(
        message.source,
        message.destination,
        message.short_message,
        data_coding=message.data_coding,
        esm_class=message.esm_class,
    )
    assert body == encode(plain)[16:]
    sender = envelope.sender(message.source)
    for _ in range(2):
        assert body == sender.body(
            message.destination, message.short_message, message.data_coding, message.esm_class
        )


def test_a_payload_above_254_octets_travels_in_message_payload() -> None:
    body = Envelope().body(b"1", b"2", b"x" * 255, data_coding=4)
    read = decode(_framed(codes.SUBMIT_SM, body))
    assert isinstance(read, Message)
    assert read.short_message == b""
    assert read.payload() == b"x" * 255
    assert Envelope().sender(b"1").body(b"2", b"x" * 255, 4, 0) == body


def test_a_sender_refuses_what_cannot_be_carried() -> None:
    for source in (b"1" * 21, b"1\0002"):
        with pytest.raises(LocalProtocolError) as caught:
            Envelope().sender(source)
        assert caught.value.status == codes.INVALID_SOURCE
    for destination in (b"1" * 21, b"1\0002", b""):
        with pytest.raises(LocalProtocolError) as caught:
            Envelope().sender(b"1").body(destination, b"x", 0, 0)
        assert caught.value.status == codes.INVALID_DESTINATION


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"source": b"1" * 21}, codes.INVALID_SOURCE),
        ({"source": b"1\0002"}, codes.INVALID_SOURCE),
        ({"destination": b"1" * 21}, codes.INVALID_DESTINATION),
        ({"short_message": b"1" * 255}, codes.INVALID_MESSAGE_LENGTH),
        ({"schedule": b"soon"}, codes.INVALID_SCHEDULE),
        ({"validity": b"1" * 15}, codes.INVALID_VALIDITY),
    ],
)
def test_we_do_not_send_what_cannot_be_carried(changes: dict[str, Any], status: int) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode(Message(codes.SUBMIT_SM, 1)._replace(**changes))
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", codes.INVALID_COMMAND_LENGTH),
        (b"toolong\0", codes.INVALID_SERVICE_TYPE),
        (b"\0\0\0" + b"1" * 21 + b"\0", codes.INVALID_SOURCE),
        (b"\0\0\0\0\0\0" + b"1" * 21, codes.INVALID_DESTINATION),
        (b"\0\0\0\0\0\0001\0\0\0", codes.INVALID_COMMAND_LENGTH),
        (b"\0\0\0\0\0\0001\0\0\0\0xx\0\0\0\0\0\0\0", codes.INVALID_SCHEDULE),
        (b"\0\0\0\0\0\0001\0\0\0\0\0xx\0\0\0\0\0\0", codes.INVALID_VALIDITY),
        (b"\0\0\0\0\0\0001\0" + bytes(9) + b"\5abc", codes.INVALID_MESSAGE_LENGTH),
        (b"\0\0\0\0\0\0001\0" + bytes(9) + b"\1a\4\x24\0", codes.INVALID_OPTIONAL_STREAM),
        (b"\0\0\0\0\0\0001\0" + bytes(9) + b"\1a\4\x24\0\5abc", codes.INVALID_PARAMETER_LENGTH),
        (b"\0\0\0\0\0\0001\0" + bytes(9) + b"\1a\4\x27\0\2ab", codes.INVALID_PARAMETER_LENGTH),
    ],
)
def test_their_mistakes_name_the_guilty_field(body: bytes, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(_framed(codes.SUBMIT_SM, body))
    assert (caught.value.status, caught.value.fatal) == (status, False)


def _framed(command: int, body: bytes) -> bytes:
    return (16 + len(body)).to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(8) + body
