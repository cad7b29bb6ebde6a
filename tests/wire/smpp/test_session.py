from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.smpp.pdu_strategies import pdus
from tests.wire.smpp.wires import BODY, Pair
from umcloud.kernel.moments import SHANGHAI
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.client import ClientSession
from umcloud.wire.smpp.decode import decode
from umcloud.wire.smpp.encode import encode, message_body
from umcloud.wire.smpp.errors import LocalProtocolError
from umcloud.wire.smpp.events import (
    Answered,
    AnsweredLate,
    BindRefused,
    BindRequested,
    Bound,
    Closed,
    Receipt,
    Refused,
    UnknownOutcome,
)
from umcloud.wire.smpp.pdus import Message, MessageAnswer, Plain
from umcloud.wire.smpp.receipts import receipt_text
from umcloud.wire.smpp.server import ServerSession
from umcloud.wire.smpp.session import Limits, State


def test_a_bind_is_let_in_only_by_the_owner() -> None:
    pair = Pair()
    assert pair.client.room == 0
    pair.client.bind(system_id=b"um", password=b"secret", now=pair.now)
    pair.flow()
    [asked] = pair.server_saw
    assert isinstance(asked, BindRequested)
    assert (asked.bind.system_id, asked.bind.password) == (b"um", b"secret")
    assert pair.client_saw == []
    pair.server.accept_bind(b"carrier")
    pair.flow()
    assert pair.client_saw == [Bound(b"carrier")]
    assert pair.client.room == pair.limits.window


def test_a_refused_bind_ends_both_sides() -> None:
    pair = Pair()
    pair.client.bind(system_id=b"um", password=b"wrong", now=pair.now)
    pair.flow()
    assert pair.server.refuse_bind(codes.INVALID_PASSWORD) == [Closed("bind refused")]
    pair.flow()
    assert pair.client_saw == [BindRefused(codes.INVALID_PASSWORD), Closed("bind refused")]


def test_submit_answer_and_receipt() -> None:
    pair = Pair().bind()
    pair.client.send("m1", BODY, pair.now)
    pair.flow()
    [message] = pair.server_saw
    assert isinstance(message, Message)
    assert message.short_message == b"hi"
    pair.server.answer(message.sequence, b"id-1")
    pair.server.send("r1", BODY, pair.now)
    pair.flow()
    answered, receipt = pair.client_saw
    assert answered == Answered("m1", codes.OK, b"id-1")
    assert isinstance(receipt, Message)
    assert receipt.command == codes.DELIVER_SM
    assert len(pair.server_saw) == 1, "nothing is acknowledged before the owner says so"
    pair.client.answer(receipt.sequence)
    pair.client.answer(receipt.sequence)
    pair.flow()
    assert pair.server_saw[1:] == [Answered("r1", codes.OK, b"")]


def test_many_go_as_single_ones_go() -> None:
    singly, together = Pair().bind(), Pair().bind()
    for pair in (singly, together):
        for n in range(5):
            pair.client.send(n, BODY, pair.now)
        pair.flow()
    sequences = [seen.sequence for seen in singly.server_saw if isinstance(seen, Message)]
    ids = [b"id-%d" % n for n in range(5)]
    for sequence, message_id in zip(sequences, ids, strict=True):
        singly.server.answer(sequence, message_id)
    for n in range(5):
        singly.server.send(n, BODY, singly.now)
    together.server.take_over(sequences, ids)
    together.server.take_over(sequences, ids)
    together.server.send_all(range(5), [BODY] * 5, together.now)
    octets = singly.server.data_to_send()
    assert together.server.data_to_send() == octets
    for pair in (singly, together):
        pair.client_saw += pair.client.receive(octets, pair.now)
        for event in pair.client_saw[5:]:
            assert isinstance(event, Message)
            pair.client.answer(event.sequence)
        pair.flow()
        assert pair.client_saw[:5] == [Answered(n, 0, ids[n]) for n in range(5)]
        assert pair.server_saw[5:] == [Answered(n, 0, b"") for n in range(5)]


def test_many_never_overstep_the_window_or_the_numbers() -> None:
    pair = Pair(Limits(window=2)).bind()
    with pytest.raises(LocalProtocolError):
        pair.server.send_all(range(3), [BODY] * 3, pair.now)
    pair.flow()
    assert pair.client_saw == []
    pair.server._sequence = 0x7FFFFFFE
    pair.server.send_all(range(2), [BODY] * 2, pair.now)
    pair.flow()
    numbers = [seen.sequence for seen in pair.client_saw if isinstance(seen, Message)]
    assert numbers == [0x7FFFFFFF, 1]
    pair.server.close("gone")
    pair.server.take_over([1], [b"late"])
    assert pair.server.data_to_send() == b""


def test_the_window_is_hard() -> None:
    pair = Pair(Limits(window=2)).bind()
    pair.client.send(1, BODY, pair.now)
    pair.client.send(2, BODY, pair.now)
    assert pair.client.room == 0
    with pytest.raises(LocalProtocolError):
        pair.client.send(3, BODY, pair.now)
    pair.flow()
    [first, _] = pair.server_saw
    assert isinstance(first, Message)
    pair.server.answer(first.sequence, status=codes.THROTTLED)
    pair.flow()
    assert pair.client_saw == [Answered(1, codes.THROTTLED, b"")]
    assert pair.client.room == 1


def test_a_batch_goes_as_one_by_one_and_not_at_all_where_room_is_short() -> None:
    pair = Pair(Limits(window=3)).bind()
    pair.client._sequence = 0x7FFFFFFE  # the last but one (5.1.4)
    with pytest.raises(LocalProtocolError):
        pair.client.send_all("abcd", [BODY] * 4, pair.now)
    pair.client.send_all("abc", [BODY] * 3, pair.now)
    pair.flow()
    taken = [event for event in pair.server_saw if isinstance(event, Message)]
    assert [message.sequence for message in taken] == [0x7FFFFFFF, 1, 2]
    for message in reversed(taken):
        pair.server.answer(message.sequence, b"id-%d" % message.sequence)
    pair.flow()
    assert pair.client_saw == [
        Answered("c", codes.OK, b"id-2"),
        Answered("b", codes.OK, b"id-1"),
        Answered("a", codes.OK, b"id-2147483647"),
    ]
    assert pair.client.room == 3


def test_many_are_answered_at_once_and_each_only_once() -> None:
    pair = Pair().bind()
    pair.server.send_all(["r1", "r2", "r3"], [BODY] * 3, pair.now)
    pair.flow()
    first, second, third = (event.sequence for event in pair.client_saw if type(event) is Message)
    assert not pair.client.has_data
    pair.client.answer_all([third, first, third, 77])
    pair.client.answer_all([second])
    assert pair.client.has_data
    pair.flow()
    assert pair.server_saw == [Answered(ref, codes.OK, b"") for ref in ("r3", "r1", "r2")]


def test_a_client_that_knows_the_zone_hears_receipts_and_answers_them_alike() -> None:
    pair = Pair()
    pair.client = ClientSession(pair.limits, pair.now, zone=SHANGHAI)
    pair.bind()
    text = receipt_text(
        message_id=b"7", state="DELIVRD", error="000", submitted=b"2603021205", done=b"2603021206"
    )
    body = message_body(Message(codes.DELIVER_SM, 0, esm_class=codes.RECEIPT, short_message=text))
    pair.server.send_all(["r1", "odd"], [body, BODY], pair.now)
    pair.flow()
    receipt, odd = pair.client_saw
    assert type(receipt) is Receipt
    assert (receipt.carrier_id, receipt.state) == (b"7", "DELIVRD")
    assert type(odd) is Message
    pair.client.answer_all([receipt.ack])
    pair.flow()
    assert pair.server_saw == [Answered("r1", codes.OK, b"")]


def test_a_full_inbound_window_is_answered_try_again() -> None:
    pair = Pair(Limits(window=5, inbound_window=1)).bind()
    pair.client.send(1, BODY, pair.now)
    pair.client.send(2, BODY, pair.now)
    pair.server.send("r1", BODY, pair.now)
    pair.server.send("r2", BODY, pair.now)
    pair.flow()
    assert pair.client_saw[-1] == Answered(2, codes.MESSAGE_QUEUE_FULL, b"")
    assert pair.server_saw[-1] == Answered("r2", codes.RECEIVER_TEMPORARY_ERROR, b"")


def test_bind_modes_are_kept() -> None:
    sender = Pair().bind(codes.BIND_TRANSMITTER)
    assert sender.client.room > 0
    assert sender.server.room == 0
    receiver = Pair().bind(codes.BIND_RECEIVER)
    assert receiver.client.room == 0
    assert receiver.server.room > 0
    receiver.server_saw += receiver.server.receive(
        encode(Message(codes.SUBMIT_SM, 9)), receiver.now
    )
    assert receiver.server_saw == [Refused(codes.SUBMIT_SM, codes.INVALID_BIND_STATE)]


def test_a_submit_before_the_bind_and_a_second_bind_are_refused() -> None:
    server = ServerSession(Limits(), 0)
    assert server.receive(encode(Message(codes.SUBMIT_SM, 9)), 0) == [
        Refused(codes.SUBMIT_SM, codes.INVALID_BIND_STATE)
    ]
    assert decode(server.data_to_send()) == MessageAnswer(
        codes.SUBMIT_SM_RESP, codes.INVALID_BIND_STATE, 9
    )
    pair = Pair().bind()
    client = ClientSession(Limits(), 0)
    client.bind(system_id=b"um", password=b"secret", now=0)
    assert pair.server.receive(client.data_to_send(), pair.now) == [
        Refused(codes.BIND_TRANSCEIVER, codes.ALREADY_BOUND)
    ]


def test_no_answer_in_time_is_an_unknown_outcome_and_a_late_one_is_told_apart() -> None:
    pair = Pair(Limits(response_timeout=5, enquire_after=60)).bind()
    pair.client.send("early", BODY, pair.now)
    pair.flow()
    pair.tick(3)
    pair.client.send("later", BODY, pair.now)
    pair.flow()
    pair.tick(2.5)
    assert pair.client_saw == [UnknownOutcome("early")]
    early, later = pair.server_saw
    assert isinstance(early, Message)
    assert isinstance(later, Message)
    pair.server.answer(later.sequence, b"2")
    pair.server.answer(early.sequence, b"1")
    pair.flow()
    assert pair.client_saw[1:] == [Answered("later", 0, b"2"), AnsweredLate("early", 0, b"1")]


def test_a_lost_link_makes_everything_unanswered_unknown() -> None:
    pair = Pair().bind()
    for ref in range(3):
        pair.client.send(ref, BODY, pair.now)
    assert pair.client.close("gone") == [*map(UnknownOutcome, range(3)), Closed("gone")]
    assert pair.client.close("again") == []
    assert pair.client.room == 0


def test_enquire_link_is_sent_after_silence_and_ends_a_dead_link() -> None:
    pair = Pair(Limits(enquire_after=10, response_timeout=5)).bind()
    pair.tick(11)
    pair.flow()
    pair.tick(6)
    pair.tick(4.9)
    assert pair.client_saw == []
    dead = Pair(Limits(enquire_after=10, response_timeout=5)).bind()
    dead.client.send("m", BODY, dead.now)
    dead.client.data_to_send()
    dead.tick(11)
    assert decode(dead.client.data_to_send()) == Plain(codes.ENQUIRE_LINK, 0, 3)
    dead.tick(6)
    assert dead.client_saw == [UnknownOutcome("m"), Closed("no answer to enquire_link")]


def test_binds_and_unbinds_are_bounded_in_time() -> None:
    pair = Pair(Limits(bind_timeout=3, response_timeout=4))
    pair.tick(3.5)
    assert pair.server_saw == [Closed("no bind in time")]
    bound = Pair(Limits(response_timeout=4)).bind()
    bound.client.unbind(bound.now)
    bound.client.data_to_send()
    bound.tick(4.5)
    assert bound.client_saw == [Closed("no answer to unbind")]


def test_an_inactive_client_is_put_out() -> None:
    pair = Pair(Limits(inactivity=20, enquire_after=60)).bind()
    pair.tick(21)
    assert pair.server_saw == [Closed("inactive")]


def test_unbind_ends_both_sides() -> None:
    pair = Pair().bind()
    pair.client.unbind(pair.now)
    pair.flow()
    assert pair.client_saw == [Closed("unbound")]
    assert pair.server_saw == [Closed("the peer unbound")]


@pytest.mark.parametrize("length", [0, 15, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_senseless_length_ends_the_session(length: int) -> None:
    pair = Pair().bind()
    pair.client.send("m", BODY, pair.now)
    pair.client.data_to_send()
    octets = length.to_bytes(4, "big") + bytes(12)
    assert pair.client.receive(octets, pair.now) == [
        UnknownOutcome("m"),
        Closed("a senseless length"),
    ]
    assert decode(pair.client.data_to_send()) == Plain(codes.GENERIC_NACK, 2, 0)


def test_an_unreadable_answer_ends_the_session() -> None:
    pair = Pair().bind()
    pair.client.send("m", BODY, pair.now)
    octets = bytes.fromhex("00000012 80000004 00000000 00000002 3131")
    assert pair.client.receive(octets, pair.now) == [
        UnknownOutcome("m"),
        Closed("an unreadable answer"),
    ]


def test_an_unreadable_receipt_is_refused_and_the_session_goes_on() -> None:
    pair = Pair().bind()
    octets = bytes.fromhex("00000013 00000005 00000000 00000009 000000")
    assert pair.client.receive(octets, pair.now) == [
        Refused(codes.DELIVER_SM, codes.INVALID_SOURCE)
    ]
    assert decode(pair.client.data_to_send()) == MessageAnswer(
        codes.DELIVER_SM_RESP, codes.INVALID_SOURCE, 9
    )
    assert pair.client.state is State.BOUND


def test_unknown_commands_are_nacked_and_unknown_answers_are_not() -> None:
    pair = Pair().bind()
    request = encode(Plain(0x00000103, 0, 7))
    answer = encode(Plain(0x80000103, 0, 7))
    alert = encode(Plain(codes.ALERT_NOTIFICATION, 0, 7))
    assert pair.client.receive(request + answer + alert, pair.now) == [Refused(0x103, 3)]
    assert decode(pair.client.data_to_send()) == Plain(codes.GENERIC_NACK, 3, 7)


def test_a_generic_nack_refuses_the_message_it_names() -> None:
    pair = Pair().bind()
    pair.client.send("m", BODY, pair.now)
    nack = encode(Plain(codes.GENERIC_NACK, codes.INVALID_COMMAND_LENGTH, 2))
    assert pair.client.receive(nack, pair.now) == [Answered("m", 2, b"")]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_any_octets_in_any_pieces_never_raise(pieces: list[bytes]) -> None:
    for session in (Pair().bind().client, Pair().bind().server, ServerSession(Limits(), 0)):
        for piece in pieces:
            session.receive(piece, 1)


@given(st.lists(pdus, max_size=8), st.data())
def test_mutated_streams_never_raise_and_lose_no_outcome(
    stream: list[Message], data: st.DataObject
) -> None:
    octets = bytearray(b"".join(map(encode, stream)))
    for _ in range(data.draw(st.integers(0, 4)) if octets else 0):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    pair = Pair().bind()
    for ref in range(3):
        pair.client.send(ref, BODY, pair.now)
    events = pair.client.receive(bytes(octets), pair.now)
    events += pair.client.close("end")
    outcomes = [event.ref for event in events if isinstance(event, Answered | UnknownOutcome)]
    assert sorted(outcomes) == [0, 1, 2]
    assert isinstance(events[-1], Closed)


@given(st.integers(1, 400))
def test_a_stream_may_be_cut_anywhere(size: int) -> None:
    pair = Pair().bind()
    for ref in range(5):
        pair.client.send(ref, BODY, pair.now)
    octets = pair.client.data_to_send()
    for at in range(0, len(octets), size):
        pair.server_saw += pair.server.receive(octets[at : at + size], pair.now)
    assert [type(event) for event in pair.server_saw] == [Message] * 5
