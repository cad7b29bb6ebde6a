"""Two independent codecs, smpp34 (Rust) and smpplib, must write and read the same octets."""

from __future__ import annotations

from typing import Any

import smpp34
import smpplib.client
import smpplib.smpp
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.smpp.pdu_strategies import octet, sequence
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import decode
from umcloud.wire.smpp.encode import encode
from umcloud.wire.smpp.pdus import Message

address = st.text(alphabet="0123456789ABCabc +", max_size=20).map(str.encode)
texts = st.binary(min_size=1, max_size=254)
plain_messages = st.builds(
    Message,
    command=st.sampled_from([codes.SUBMIT_SM, codes.DELIVER_SM]),
    sequence=sequence,
    service_type=st.sampled_from([b"", b"CMT"]),
    source_ton=st.integers(0, 6),
    source_npi=st.sampled_from([0, 1, 3, 4, 6, 8, 9, 10, 14, 18]),
    source=address,
    destination_ton=st.integers(0, 6),
    destination_npi=st.sampled_from([0, 1, 3, 4, 6, 8, 9, 10, 14, 18]),
    destination=address,
    esm_class=octet,
    protocol_id=octet,
    priority=st.integers(0, 3),
    schedule=st.sampled_from([b"", b"260302040000032+"]),
    validity=st.sampled_from([b"", b"000001000000000R"]),
    registered_delivery=octet,
    replace=st.integers(0, 1),
    data_coding=octet,
    default_message=octet,
    short_message=texts,
    tlvs=st.lists(st.tuples(st.integers(0x1400, 0x3FFF), st.binary(max_size=9)), max_size=2).map(
        tuple
    ),
)


@given(plain_messages)
def test_smpp34_writes_and_reads_the_same_octets(message: Message) -> None:
    kind = smpp34.SubmitSm if message.command == codes.SUBMIT_SM else smpp34.DeliverSm
    theirs = kind(
        message.source.decode(),
        message.destination.decode(),
        message.short_message,
        service_type=message.service_type.decode(),
        source_addr_ton=message.source_ton,
        source_addr_npi=message.source_npi,
        dest_addr_ton=message.destination_ton,
        dest_addr_npi=message.destination_npi,
        esm_class=message.esm_class,
        protocol_id=message.protocol_id,
        priority_flag=message.priority,
        schedule_delivery_time=message.schedule.decode(),
        validity_period=message.validity.decode(),
        registered_delivery=message.registered_delivery,
        replace_if_present_flag=message.replace,
        data_coding=message.data_coding,
        sm_default_msg_id=message.default_message,
        tlvs=[smpp34.Tlv(tag, value) for tag, value in message.tlvs],
        sequence_number=message.sequence,
    )
    ours = encode(message)
    assert theirs.encode() == ours
    read = smpp34.decode(ours)
    assert not isinstance(read, smpp34.RawPdu)
    assert read.short_message == message.short_message
    assert [(each.tag, each.value) for each in read.tlvs] == list(message.tlvs)
    assert decode(theirs.encode()) == message


@given(plain_messages)
def test_smpplib_writes_and_reads_the_same_octets(message: Message) -> None:
    message = message._replace(tlvs=())
    name = "submit_sm" if message.command == codes.SUBMIT_SM else "deliver_sm"
    client: Any = smpplib.client.Client("localhost", 1, allow_unknown_opt_params=True)
    fields = {
        "service_type": message.service_type.decode(),
        "source_addr_ton": message.source_ton,
        "source_addr_npi": message.source_npi,
        "source_addr": message.source.decode(),
        "dest_addr_ton": message.destination_ton,
        "dest_addr_npi": message.destination_npi,
        "destination_addr": message.destination.decode(),
        "esm_class": message.esm_class,
        "protocol_id": message.protocol_id,
        "priority_flag": message.priority,
        "schedule_delivery_time": message.schedule.decode(),
        "validity_period": message.validity.decode(),
        "registered_delivery": message.registered_delivery,
        "replace_if_present_flag": message.replace,
        "data_coding": message.data_coding,
        "sm_default_msg_id": message.default_message,
        "short_message": message.short_message,
    }
    theirs = smpplib.smpp.make_pdu(name, client=client, **fields)
    theirs.sequence = message.sequence
    ours = encode(message)
    assert theirs.generate() == ours
    read = smpplib.smpp.parse_pdu(ours, client=client, allow_unknown_opt_params=True)
    assert read.short_message == message.short_message
    assert read.destination_addr == message.destination
