"""User data headers: how the parts of a long message find each other (3GPP TS 23.040, 9.2.3.24)."""

from __future__ import annotations

from typing import NamedTuple

_EIGHT_BIT = 0x00
_SIXTEEN_BIT = 0x08


class MalformedHeader(ValueError):  # noqa: N818 - named like the other errors of the codec
    """The header's lengths do not add up."""


class Concatenation(NamedTuple):
    """Which part of which long message this is; numbers count from 1."""

    reference: int
    total: int
    number: int


def concatenated(reference: int, total: int, number: int) -> bytes:
    """Return the six octets that go before a part's text: an 8-bit reference."""
    return bytes((5, _EIGHT_BIT, 3, reference & 0xFF, total, number))


def split_header(payload: bytes) -> tuple[Concatenation | None, bytes]:
    """Return what the header says about parts (None: nothing usable) and the text behind it.

    MalformedHeader where a length runs past its end. Elements other than concatenation are
    stepped over; a part number outside 1..total is ignored, as the standard asks.
    """
    if not payload:
        raise MalformedHeader("no header length")
    end = payload[0] + 1
    if end > len(payload):
        raise MalformedHeader("the header is longer than the payload")
    found = None
    at = 1
    while at < end:
        if at + 2 > end or at + 2 + payload[at + 1] > end:
            raise MalformedHeader("an element is longer than the header")
        element, size = payload[at], payload[at + 1]
        body = payload[at + 2 : at + 2 + size]
        if element == _EIGHT_BIT and size == 3:
            found = Concatenation(body[0], body[1], body[2])
        elif element == _SIXTEEN_BIT and size == 4:
            found = Concatenation(body[0] << 8 | body[1], body[2], body[3])
        at += 2 + size
    if found is not None and not 1 <= found.number <= found.total:
        found = None
    return found, payload[end:]
