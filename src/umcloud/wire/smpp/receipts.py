"""What became of a message, as carriers say it in a deliver_sm (SMPP 3.4, appendix B).

The optional parameters win over the text, since texts differ from carrier to carrier.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import read_message, read_tlvs
from umcloud.wire.smpp.events import Receipt
from umcloud.wire.smpp.pdus import Message, Tlvs, tlv

# The form of appendix B, in its order, which nearly every receipt has: one match reads it.
_USUAL = re.compile(
    rb"id:(?P<id>\S{1,64}) sub:\d{3} dlvrd:\d{3} submit date:(?P<submit>\d{10,12}) "
    rb"done date:(?P<done>\d{10,12}) stat:(?P<stat>[A-Z]{7}) err:(?P<err>\S{1,8})",
)
# Fields in any order and letter case, absent ones allowed, as odd carriers write them.
_FIELD = re.compile(
    rb"\b(id|stat|err|submit date|done date):\s?(\S*)",
    re.IGNORECASE,
)
# A whole deliver_sm with such a text: service type, addresses, esm_class 4, no times, sm_length.
_WHOLE = re.compile(
    rb"[^\0]{0,5}\0..[^\0]{0,20}\0..[^\0]{0,20}\0\x04..\0\0....([^\xff])id:(\S{1,64}) sub:\d{3} "
    rb"dlvrd:\d{3} submit date:\d{10,12} done date:(\d{10,12} stat:[A-Z]{7} "
    rb"err:\S{1,8})(?= |\Z)",
    re.DOTALL,
)
_new = tuple.__new__
_SHORT_STATES = {name.encode(): name for name in codes.STATES.values()}
#: Some carriers write the names of 5.2.28 in full.
_WORDS = _SHORT_STATES | {
    b"DELIVERED": "DELIVRD",
    b"UNDELIVERABLE": "UNDELIV",
    b"REJECTED": "REJECTD",
    b"ACCEPTED": "ACCEPTD",
}


class ReceiptText(NamedTuple):
    """A receipt read: `error` is the carrier's own code; moments are aware, in UTC."""

    message_id: bytes
    state: str
    error: str
    submitted_at: datetime | None
    done_at: datetime | None


def is_receipt(message: Message) -> bool:
    """Return whether a deliver_sm tells of a message we sent, and is none from a handset."""
    if message.esm_class & (codes.RECEIPT | codes.INTERMEDIATE):
        return True
    return bool(message.tlvs) and tlv(message.tlvs, codes.RECEIPTED_MESSAGE_ID) is not None


def read_receipt(message: Message, zone: tzinfo) -> ReceiptText | None:
    """Return what the receipt says; None where it names no message.

    `zone` is the carrier's: the text's dates are its local time.
    """
    text = message.payload()
    usual = _USUAL.match(text)
    if usual is not None:
        message_id, submitted, done, stat, error = usual.groups()
    else:
        fields = {name.lower(): value for name, value in reversed(_FIELD.findall(text))}
        message_id = fields.get(b"id", b"")[:64]
        submitted, done = fields.get(b"submit date", b""), fields.get(b"done date", b"")
        stat, error = fields.get(b"stat", b"UNKNOWN").upper(), fields.get(b"err", b"")[:8]
    state = _WORDS.get(stat) or _WORDS.get(stat[:7], "UNKNOWN")
    words = error.decode("latin-1")
    if message.tlvs:
        message_id, state, words = _overruled(message.tlvs, message_id, state, words)
    if not message_id:
        return None
    return ReceiptText(message_id, state, words, _moment(submitted, zone), _moment(done, zone))


def delivery_reader(zone: tzinfo) -> Callable[[int, int, bytes], Message | Receipt]:
    """Return what reads deliver_sm as `read_message` does, but usual receipts straight away.

    A `Receipt` says what `read_receipt` would say of the message; other receipts are left to it.
    """
    match = _WHOLE.match

    def read(command: int, sequence: int, body: bytes) -> Message | Receipt:
        found = match(body)
        if found is None:
            return read_message(command, sequence, body)
        length, message_id, told = found.groups()
        state, words, done_at = _told(told, zone)
        end = found.end(1) + length[0]
        if end != len(body):
            if not found.end() <= end < len(body):
                return read_message(command, sequence, body)
            message_id, state, words = _overruled(read_tlvs(body, end), message_id, state, words)
            if not message_id:
                return read_message(command, sequence, body)
        return _new(Receipt, (message_id, state, words, done_at, sequence))

    return read


def _overruled(tlvs: Tlvs, message_id: bytes, state: str, words: str) -> tuple[bytes, str, str]:
    """Return what the optional parameters say in place of the text (5.3.2.12, .31, .35)."""
    for tag, value in tlvs:
        if tag == codes.RECEIPTED_MESSAGE_ID:
            message_id = value.partition(b"\0")[0]
        elif tag == codes.MESSAGE_STATE:
            state = codes.STATES.get(value[0], "UNKNOWN")
        elif tag == codes.NETWORK_ERROR_CODE and not words:
            words = f"{value[1] << 8 | value[2]:03d}"
    return message_id, state, words


def receipt_text(
    *,
    message_id: bytes,
    state: str,
    error: str,
    submitted: bytes,
    done: bytes,
    text: bytes = b"",
) -> bytes:
    """Return the text of appendix B; dates as `receipt_date` writes them, `text` cut at 20."""
    delivered = b"001" if state == "DELIVRD" else b"000"
    return b"id:%b sub:001 dlvrd:%b submit date:%b done date:%b stat:%b err:%b text:%b" % (
        message_id,
        delivered,
        submitted,
        done,
        state.encode(),
        error.encode(),
        text[:20],
    )


def receipt_date(moment: datetime, zone: tzinfo) -> bytes:
    """Return the moment as a receipt has it: YYMMDDhhmmss in the carrier's zone."""
    return moment.astimezone(zone).strftime("%y%m%d%H%M%S").encode()


@lru_cache(maxsize=4096)
def _told(octets: bytes, zone: tzinfo) -> tuple[str, str, datetime | None]:
    """Return state, error and moment of `done date:… stat:… err:…`, from the first's value on.

    Cached: thousands of receipts a second say the same of different messages.
    """
    done, stat, error = octets.split(b" ", 2)
    state = _SHORT_STATES.get(stat[len("stat:") :], "UNKNOWN")
    return state, error[len("err:") :].decode("latin-1"), _moment(done, zone)


@lru_cache(maxsize=4096)
def _moment(digits: bytes, zone: tzinfo) -> datetime | None:
    """Return YYMMDDhhmm or YYMMDDhhmmss as a moment in UTC; None for anything else.

    A year may be written in full. Cached: thousands of receipts a second share a date.
    """
    if len(digits) == 14:
        digits = digits.removeprefix(b"20")
    if len(digits) not in {10, 12} or not digits.isdigit():
        return None
    year, month, day, hour, minute = (int(digits[at : at + 2]) for at in range(0, 10, 2))
    second = int(digits[10:] or b"0")
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(UTC)
