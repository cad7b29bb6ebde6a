"""The PDUs as values. Tuples with names: they cost a third of a class instance to make.

Texts and addresses stay octets: only who knows the carrier knows their alphabet.
"""

from __future__ import annotations

from typing import NamedTuple

from umcloud.wire.smpp import codes

#: Optional parameters in the order in which they came; unknown ones are kept.
Tlvs = tuple[tuple[int, bytes], ...]


class Message(NamedTuple):
    """submit_sm (4.4.1) or deliver_sm (4.6.1): the two have the same fields."""

    command: int
    sequence: int
    service_type: bytes = b""
    source_ton: int = 0
    source_npi: int = 0
    source: bytes = b""
    destination_ton: int = 0
    destination_npi: int = 0
    destination: bytes = b""
    esm_class: int = 0
    protocol_id: int = 0
    priority: int = 0
    schedule: bytes = b""
    validity: bytes = b""
    registered_delivery: int = 0
    replace: int = 0
    data_coding: int = 0
    default_message: int = 0
    short_message: bytes = b""
    tlvs: Tlvs = ()

    def payload(self) -> bytes:
        """Return the text, from message_payload where short_message is empty (5.3.2.32)."""
        if self.short_message or not self.tlvs:
            return self.short_message
        return tlv(self.tlvs, codes.MESSAGE_PAYLOAD) or b""


class MessageAnswer(NamedTuple):
    """submit_sm_resp (4.4.2) or deliver_sm_resp (4.6.2, where the id is unused)."""

    command: int
    status: int
    sequence: int
    message_id: bytes = b""
    tlvs: Tlvs = ()


class Bind(NamedTuple):
    """bind_transmitter, bind_receiver or bind_transceiver (4.1)."""

    command: int
    sequence: int
    system_id: bytes
    password: bytes
    system_type: bytes = b""
    interface_version: int = codes.VERSION_34
    ton: int = 0
    npi: int = 0
    address_range: bytes = b""


class BindAnswer(NamedTuple):
    """The answer to a bind (4.1.2)."""

    command: int
    status: int
    sequence: int
    system_id: bytes = b""
    tlvs: Tlvs = ()


class Plain(NamedTuple):
    """A PDU that is nothing but its header: unbind, enquire_link, their answers, generic_nack."""

    command: int
    status: int
    sequence: int


class Other(NamedTuple):
    """A command that this codec does not take apart."""

    command: int
    status: int
    sequence: int
    body: bytes


Pdu = Message | MessageAnswer | Bind | BindAnswer | Plain | Other


def tlv(tlvs: Tlvs, wanted: int) -> bytes | None:
    """Return the value of the first optional parameter with this tag."""
    for tag, value in tlvs:
        if tag == wanted:
            return value
    return None
