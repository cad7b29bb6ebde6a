"""Octets to PDUs, strictly: every length is checked, nothing is guessed.

Everything here raises RemoteProtocolError and nothing else; its status names the guilty field.
The functions on the hot path take a body that has been cut out of the stream already, so no read
can run into the next PDU.
"""

from __future__ import annotations

import struct

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.errors import RemoteProtocolError
from umcloud.wire.smpp.pdus import (
    Bind,
    BindAnswer,
    Message,
    MessageAnswer,
    Other,
    Pdu,
    Plain,
    Tlvs,
)

HEADER = struct.Struct(">IIII")
HEADER_SIZE = 16
LONGEST = 70_000
"""A message_payload may have 65,535 octets; what claims to be much longer is no SMPP."""

_TLV = struct.Struct(">HH")
_NINE = struct.Struct(">9B")
_new = tuple.__new__

#: Least and most octets of the optional parameters that somebody here relies on (5.3.2).
_SIZES = {
    codes.RECEIPTED_MESSAGE_ID: (1, 65),
    codes.MESSAGE_STATE: (1, 1),
    codes.NETWORK_ERROR_CODE: (3, 3),
    codes.SC_INTERFACE_VERSION: (1, 1),
    codes.SAR_REFERENCE: (2, 2),
    codes.SAR_TOTAL: (1, 1),
    codes.SAR_NUMBER: (1, 1),
}


def decode(octets: bytes) -> Pdu:
    """Return the one PDU that the octets are."""
    if len(octets) < HEADER_SIZE:
        raise RemoteProtocolError("a header is cut short", codes.INVALID_COMMAND_LENGTH, fatal=True)
    length, command, status, sequence = HEADER.unpack_from(octets)
    if length != len(octets) or length > LONGEST:
        raise RemoteProtocolError("the length is wrong", codes.INVALID_COMMAND_LENGTH, fatal=True)
    body = octets[HEADER_SIZE:]
    if command in {codes.SUBMIT_SM, codes.DELIVER_SM}:
        return read_message(command, sequence, body)
    if command in {codes.SUBMIT_SM_RESP, codes.DELIVER_SM_RESP}:
        message_id, tlvs = read_answer(command, status, body)
        return MessageAnswer(command, status, sequence, message_id, tlvs)
    if command in codes.BINDS:
        return read_bind(command, sequence, body)
    if command in codes.BIND_ANSWERS:
        system_id, tlvs = read_bind_answer(status, body)
        return BindAnswer(command, status, sequence, system_id, tlvs)
    if not body:
        return Plain(command, status, sequence)
    return Other(command, status, sequence, body)


def read_message(command: int, sequence: int, body: bytes) -> Message:
    """Return the submit_sm or deliver_sm whose body this is."""
    at = 1
    service_type = b""
    if not body:
        raise RemoteProtocolError("an empty body", codes.INVALID_COMMAND_LENGTH)
    if body[0]:
        at = _end(body, 0, 6, codes.INVALID_SERVICE_TYPE) + 1
        service_type = body[: at - 1]
    stop = body.find(0, at + 2, at + 23)
    if stop < 0:
        raise RemoteProtocolError("source address", codes.INVALID_SOURCE)
    to = stop + 1
    stop_to = body.find(0, to + 2, to + 23)
    if stop_to < 0:
        raise RemoteProtocolError("destination address", codes.INVALID_DESTINATION)
    rest = stop_to + 1
    if len(body) < rest + 10:
        raise RemoteProtocolError("the body is cut short", codes.INVALID_COMMAND_LENGTH)
    schedule = validity = b""
    if body[rest + 3] or body[rest + 4]:
        schedule, validity, past = _times(body, rest + 3)
        registered, replace, coding, default = body[past : past + 4]
        esm, protocol, priority = body[rest : rest + 3]
        begin = past + 4
    else:
        esm, protocol, priority, _, _, registered, replace, coding, default = _NINE.unpack_from(
            body, rest
        )
        begin = rest + 9
    size = body[begin]
    end = begin + 1 + size
    if size == 255 or end > len(body):
        raise RemoteProtocolError("sm_length", codes.INVALID_MESSAGE_LENGTH)
    fields = (
        command,
        sequence,
        service_type,
        body[at],
        body[at + 1],
        body[at + 2 : stop],
        body[to],
        body[to + 1],
        body[to + 2 : stop_to],
        esm,
        protocol,
        priority,
        schedule,
        validity,
        registered,
        replace,
        coding,
        default,
        body[begin + 1 : end],
        read_tlvs(body, end) if end < len(body) else (),
    )
    return _new(Message, fields)


def read_answer(command: int, status: int, body: bytes) -> tuple[bytes, Tlvs]:
    """Return message id and optional parameters of a submit_sm_resp or deliver_sm_resp.

    A refusal may come without a body (4.4.2), and so do many peers' deliver_sm_resp, whose id
    means nothing anyway.
    """
    if not body:
        if status == codes.OK and command == codes.SUBMIT_SM_RESP:
            raise RemoteProtocolError("no message id", codes.INVALID_COMMAND_LENGTH)
        return b"", ()
    message_id, nul, rest = body.partition(b"\0")
    if not nul or len(message_id) > 64:
        raise RemoteProtocolError("message id", codes.INVALID_COMMAND_LENGTH)
    return message_id, read_tlvs(rest, 0) if rest else ()


def read_bind(command: int, sequence: int, body: bytes) -> Bind:
    """Return the bind whose body this is."""
    stop = _end(body, 0, 16, codes.INVALID_SYSTEM_ID)
    password = _end(body, stop + 1, 9, codes.INVALID_PASSWORD)
    kind = _end(body, password + 1, 13, codes.INVALID_COMMAND_LENGTH)
    numbers = body[kind + 1 : kind + 4]
    last = _end(body, kind + 4, 41, codes.INVALID_COMMAND_LENGTH)
    if last + 1 != len(body):
        raise RemoteProtocolError("octets behind a bind", codes.INVALID_COMMAND_LENGTH)
    return Bind(
        command,
        sequence,
        body[:stop],
        body[stop + 1 : password],
        body[password + 1 : kind],
        numbers[0],
        numbers[1],
        numbers[2],
        body[kind + 4 : last],
    )


def read_bind_answer(status: int, body: bytes) -> tuple[bytes, Tlvs]:
    """Return system id and optional parameters of a bind's answer; a refusal may have no body."""
    if not body and status != codes.OK:
        return b"", ()
    stop = _end(body, 0, 16, codes.INVALID_SYSTEM_ID)
    return body[:stop], read_tlvs(body, stop + 1)


def read_tlvs(body: bytes, at: int) -> Tlvs:
    """Return the optional parameters from there to the body's end."""
    found = []
    size = len(body)
    while at < size:
        if size - at < 4:
            raise RemoteProtocolError("optional parameter", codes.INVALID_OPTIONAL_STREAM)
        tag, length = _TLV.unpack_from(body, at)
        at += 4
        if at + length > size:
            raise RemoteProtocolError("optional parameter", codes.INVALID_PARAMETER_LENGTH)
        least, most = _SIZES.get(tag, (0, 65535))
        if not least <= length <= most:
            raise RemoteProtocolError("optional parameter", codes.INVALID_PARAMETER_LENGTH)
        found.append((tag, body[at : at + length]))
        at += length
    return tuple(found)


def _end(body: bytes, at: int, room: int, status: int) -> int:
    """Return where the C string that begins there ends; `room` counts its NUL."""
    stop = body.find(0, at, at + room)
    if stop < 0:
        raise RemoteProtocolError("a string has no end", status)
    return stop


def _times(body: bytes, at: int) -> tuple[bytes, bytes, int]:
    """Return schedule, validity and where they end: each empty or 16 octets (5.2.15, 5.2.16)."""
    first = _end(body, at, 17, codes.INVALID_SCHEDULE)
    if first - at not in {0, 16}:
        raise RemoteProtocolError("schedule_delivery_time", codes.INVALID_SCHEDULE)
    second = _end(body, first + 1, 17, codes.INVALID_VALIDITY)
    if second - first - 1 not in {0, 16}:
        raise RemoteProtocolError("validity_period", codes.INVALID_VALIDITY)
    if second + 6 > len(body):
        raise RemoteProtocolError("the body is cut short", codes.INVALID_COMMAND_LENGTH)
    return body[at:first], body[first + 1 : second], second + 1
