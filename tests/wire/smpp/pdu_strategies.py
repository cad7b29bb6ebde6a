"""Hypothesis strategies for every PDU that the codec takes apart."""

from __future__ import annotations

from hypothesis import strategies as st

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.pdus import Bind, BindAnswer, Message, MessageAnswer, Other, Plain

octet = st.integers(0, 255)
sequence = st.integers(1, 0x7FFFFFFF)


def c_string(most: int, least: int = 0) -> st.SearchStrategy[bytes]:
    return st.lists(st.integers(1, 255), min_size=least, max_size=most).map(bytes)


times = st.sampled_from([b"", b"260302040000032+", b"000001000000000R"])
tlvs = st.lists(
    st.one_of(
        st.tuples(st.integers(0x1400, 0x3FFF), st.binary(max_size=20)),
        st.tuples(st.just(codes.RECEIPTED_MESSAGE_ID), c_string(64).map(lambda s: s + b"\0")),
        st.tuples(st.just(codes.MESSAGE_STATE), st.binary(min_size=1, max_size=1)),
        st.tuples(st.just(codes.NETWORK_ERROR_CODE), st.binary(min_size=3, max_size=3)),
        st.tuples(st.just(codes.MESSAGE_PAYLOAD), st.binary(max_size=300)),
    ),
    max_size=4,
).map(tuple)

messages = st.builds(
    Message,
    command=st.sampled_from([codes.SUBMIT_SM, codes.DELIVER_SM]),
    sequence=sequence,
    service_type=c_string(5),
    source_ton=octet,
    source_npi=octet,
    source=c_string(20),
    destination_ton=octet,
    destination_npi=octet,
    destination=c_string(20),
    esm_class=octet,
    protocol_id=octet,
    priority=octet,
    schedule=times,
    validity=times,
    registered_delivery=octet,
    replace=octet,
    data_coding=octet,
    default_message=octet,
    short_message=st.binary(max_size=254),
    tlvs=tlvs,
)
answers = st.builds(
    MessageAnswer,
    command=st.sampled_from([codes.SUBMIT_SM_RESP, codes.DELIVER_SM_RESP]),
    status=st.just(0),
    sequence=sequence,
    message_id=c_string(64),
    tlvs=tlvs,
)
binds = st.builds(
    Bind,
    command=st.sampled_from(sorted(codes.BINDS)),
    sequence=sequence,
    system_id=c_string(15),
    password=c_string(8),
    system_type=c_string(12),
    interface_version=octet,
    ton=octet,
    npi=octet,
    address_range=c_string(40),
)
bind_answers = st.builds(
    BindAnswer,
    command=st.sampled_from(sorted(codes.BIND_ANSWERS)),
    status=st.just(0),
    sequence=sequence,
    system_id=c_string(15),
    tlvs=tlvs,
)
refusals = st.one_of(
    st.builds(
        MessageAnswer,
        command=st.just(codes.SUBMIT_SM_RESP),
        status=st.integers(1, 0x4FF),
        sequence=sequence,
        message_id=st.sampled_from([b"", b"7"]),
        tlvs=tlvs,
    ),
    st.builds(
        BindAnswer,
        command=st.sampled_from(sorted(codes.BIND_ANSWERS)),
        status=st.integers(1, 0xFF),
        sequence=sequence,
        system_id=st.sampled_from([b"", b"carrier"]),
        tlvs=st.just(()),
    ),
)
plains = st.builds(
    Plain,
    command=st.sampled_from(
        [
            codes.ENQUIRE_LINK,
            codes.ENQUIRE_LINK_RESP,
            codes.UNBIND,
            codes.UNBIND_RESP,
            codes.GENERIC_NACK,
        ]
    ),
    status=octet,
    sequence=sequence,
)
others = st.builds(
    Other,
    command=st.sampled_from([0x3, 0x21, 0x103, codes.ALERT_NOTIFICATION, 0x10200]),
    status=st.just(0),
    sequence=sequence,
    body=st.binary(min_size=1, max_size=60),
)
pdus = st.one_of(messages, answers, binds, bind_answers, refusals, plains, others)
