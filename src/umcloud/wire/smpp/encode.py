"""PDUs to octets. Everything here raises LocalProtocolError where a field cannot be carried."""

from __future__ import annotations

from collections.abc import Callable

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import HEADER, HEADER_SIZE
from umcloud.wire.smpp.errors import LocalProtocolError
from umcloud.wire.smpp.pdus import Bind, BindAnswer, Message, MessageAnswer, Other, Pdu, Tlvs

_LENGTHS = [bytes((size,)) for size in range(255)]


def encode(pdu: Pdu) -> bytes:
    """Return the whole PDU, header first."""
    status = 0
    if isinstance(pdu, Message):
        body = message_body(pdu)
    elif isinstance(pdu, Bind):
        body = _bind_body(pdu)
    else:
        status = pdu.status
        if isinstance(pdu, MessageAnswer):
            body = _answer_body(pdu.status, pdu.message_id, 64, pdu.tlvs)
        elif isinstance(pdu, BindAnswer):
            body = _answer_body(pdu.status, pdu.system_id, 15, pdu.tlvs)
        else:
            body = pdu.body if isinstance(pdu, Other) else b""
    return HEADER.pack(HEADER_SIZE + len(body), pdu.command, status, pdu.sequence) + body


def message_body(message: Message) -> bytes:
    """Return the body of a submit_sm or deliver_sm with every field that it can have."""
    text = message.short_message
    if len(text) > 254:
        raise LocalProtocolError("short_message", codes.INVALID_MESSAGE_LENGTH)
    return b"".join(
        (
            _string(message.service_type, 5, "service type"),
            bytes((message.source_ton, message.source_npi)),
            _string(message.source, 20, "source", codes.INVALID_SOURCE),
            bytes((message.destination_ton, message.destination_npi)),
            _string(message.destination, 20, "destination", codes.INVALID_DESTINATION),
            bytes((message.esm_class, message.protocol_id, message.priority)),
            _time(message.schedule, codes.INVALID_SCHEDULE),
            _time(message.validity, codes.INVALID_VALIDITY),
            bytes(
                (
                    message.registered_delivery,
                    message.replace,
                    message.data_coding,
                    message.default_message,
                    len(text),
                )
            ),
            text,
            tlv_octets(message.tlvs),
        )
    )


def tlv_octets(tlvs: Tlvs) -> bytes:
    """Return the optional parameters one behind the other."""
    for _, value in tlvs:
        if len(value) > 65535:
            raise LocalProtocolError("optional parameter", codes.INVALID_PARAMETER_LENGTH)
    return b"".join(
        tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for tag, value in tlvs
    )


class Sender:
    """An envelope whose source is always the same, made by `Envelope.sender`."""

    __slots__ = ("_middle", "_middles", "_opening")

    def __init__(self, opening: bytes, middle: Callable[[int, int], bytes]) -> None:
        """Take what goes before the destination's digits, and what makes that behind them."""
        self._opening = opening
        self._middle = middle
        self._middles: dict[int, bytes] = {}

    def body(self, destination: bytes, payload: bytes, data_coding: int, esm_class: int) -> bytes:
        """Return what `Envelope.body` returns."""
        if len(destination) > 20 or b"\0" in destination or not destination:
            raise LocalProtocolError("destination", codes.INVALID_DESTINATION)
        middle = self._middles.get(data_coding << 8 | esm_class)
        if middle is None:
            middle = self._middle(data_coding, esm_class)
            self._middles[data_coding << 8 | esm_class] = middle
        size = len(payload)
        if size > 254:
            tail = tlv_octets(((codes.MESSAGE_PAYLOAD, payload),))
            return b"".join((self._opening, destination, middle, b"\0", tail))
        return b"".join((self._opening, destination, middle, _LENGTHS[size], payload))


class Envelope:
    """What is the same in every message of a link, made once; only the rest is made per message."""

    __slots__ = ("_between", "_head", "_middles", "_registered")

    def __init__(
        self,
        *,
        source: tuple[int, int] = (0, 1),
        destination: tuple[int, int] = (1, 1),
        service_type: bytes = b"",
        registered_delivery: int = 1,
    ) -> None:
        """Take type of number and numbering plan of both addresses (5.2.5, 5.2.6)."""
        self._head = _string(service_type, 5, "service type") + bytes(source)
        self._between = b"\0" + bytes(destination)
        self._registered = registered_delivery
        self._middles: dict[int, bytes] = {}

    def body(
        self,
        source: bytes,
        destination: bytes,
        payload: bytes,
        data_coding: int,
        esm_class: int = 0,
    ) -> bytes:
        """Return a submit_sm's or deliver_sm's body; a longer payload goes to message_payload."""
        if len(source) > 20 or b"\0" in source:
            raise LocalProtocolError("source", codes.INVALID_SOURCE)
        if len(destination) > 20 or b"\0" in destination or not destination:
            raise LocalProtocolError("destination", codes.INVALID_DESTINATION)
        middle = self._middles.get(data_coding << 8 | esm_class)
        if middle is None:
            middle = self._middle(data_coding, esm_class)
        size = len(payload)
        if size > 254:
            return b"".join(
                (
                    self._head,
                    source,
                    self._between,
                    destination,
                    middle,
                    b"\0",
                    tlv_octets(((codes.MESSAGE_PAYLOAD, payload),)),
                )
            )
        return b"".join(
            (
                self._head,
                source,
                self._between,
                destination,
                middle,
                _LENGTHS[size],
                payload,
            )
        )

    def pieces(self, *, data_coding: int, esm_class: int, size: int) -> tuple[bytes, bytes, bytes]:
        """Return what stands before source, destination and payload, for a payload of that size.

        For thousands alike: whoever joins them checks the addresses, and `size` is at most 254.
        """
        middle = self._middle(data_coding, esm_class)
        return self._head, self._between, middle + _LENGTHS[size]

    def sender(self, source: bytes) -> Sender:
        """Return the same for this source alone, which costs less a message."""
        if len(source) > 20 or b"\0" in source:
            raise LocalProtocolError("source", codes.INVALID_SOURCE)
        return Sender(self._head + source + self._between, self._middle)

    def _middle(self, data_coding: int, esm_class: int) -> bytes:
        """Return esm_class … sm_default_msg_id with the NUL of the address before them."""
        if not (0 <= data_coding <= 255 and 0 <= esm_class <= 255):
            raise LocalProtocolError("data_coding or esm_class")
        middle = bytes((0, esm_class, 0, 0, 0, 0, self._registered, 0, data_coding, 0))
        self._middles[data_coding << 8 | esm_class] = middle
        return middle


def _bind_body(bind: Bind) -> bytes:
    return b"".join(
        (
            _string(bind.system_id, 15, "system id", codes.INVALID_SYSTEM_ID),
            _string(bind.password, 8, "password", codes.INVALID_PASSWORD),
            _string(bind.system_type, 12, "system type"),
            bytes((bind.interface_version, bind.ton, bind.npi)),
            _string(bind.address_range, 40, "address range"),
        )
    )


def _answer_body(status: int, name: bytes, most: int, tlvs: Tlvs) -> bytes:
    """Return the body; a refusal with nothing to say has none (4.1.2, 4.4.2)."""
    if status and not name and not tlvs:
        return b""
    return _string(name, most, "id") + tlv_octets(tlvs)


def _string(
    value: bytes, most: int, name: str, status: int = codes.INVALID_COMMAND_LENGTH
) -> bytes:
    if len(value) > most or b"\0" in value:
        raise LocalProtocolError(name, status)
    return value + b"\0"


def _time(value: bytes, status: int) -> bytes:
    if len(value) not in {0, 16}:
        raise LocalProtocolError("a time has 16 octets", status)
    return _string(value, 16, "time", status)
