"""Two different counts: the segments a customer pays for, and the parts a carrier is sent.

They differ on purpose. The bill counts characters, whatever they are (R-LEN-01, R-LEN-02); the
carrier counts septets or UTF-16 units, so a short English text that is billed as two segments may
travel as one part.
"""

from __future__ import annotations

from codecs import utf_16_be_decode, utf_16_be_encode
from typing import NamedTuple

from umcloud.wire.gsm import alphabet
from umcloud.wire.gsm.headers import concatenated

BILLED_SINGLE = 70
BILLED_EACH = 67

GSM7 = 0
LATIN1 = 3
UCS2 = 8

_SEPTETS_SINGLE = 160
_SEPTETS_EACH = 153  # (140 - 6 octets of header) * 8 / 7, less the fill bit
_OCTETS_SINGLE = 140
_OCTETS_EACH = 134
_PARTS_MOST = 255
_new = tuple.__new__


class TooManyParts(ValueError):  # noqa: N818 - named like the other errors of the codec
    """The text needs more than the 255 parts that a header can number."""


class Parts(NamedTuple):
    """What to put into submit_sm, one payload a part; `udhi` says each begins with a header."""

    data_coding: int
    udhi: bool
    payloads: tuple[bytes, ...]


def billed_segments(characters: int) -> int:
    """Return how many segments are charged for so many characters (R-LEN-01, R-LEN-02).

    Characters are code points: letters, Chinese characters, punctuation and emoji count 1 each,
    signature and its brackets included. Up to 70 → 1; more → one for every begun 67.
    """
    if characters < 0:
        raise ValueError("a text has no negative length")
    if characters <= BILLED_SINGLE:
        return 1
    return -(-characters // BILLED_EACH)


def encode_parts(text: str, reference: int) -> Parts:
    """Return the text as a carrier takes it, in one part or several that name `reference`.

    The GSM alphabet where it can say everything (unpacked septets, at most 160, or 153 a part),
    else UTF-16 (at most 70 units, or 67 a part). No escape pair or surrogate pair is ever cut.
    UnicodeEncodeError for a lone surrogate, TooManyParts above 255 parts.
    """
    # Nearly every text begins with a Chinese bracket, which tells at once that it does not fit.
    if text[:1] <= alphabet.HIGHEST and alphabet.fits(text):
        septets = alphabet.encode(text)
        if len(septets) <= _SEPTETS_SINGLE:
            return _new(Parts, (GSM7, False, (septets,)))
        return Parts(GSM7, udhi=True, payloads=_headed(_cut_septets(septets), reference))
    octets, _ = utf_16_be_encode(text)
    if len(octets) <= _OCTETS_SINGLE:
        return _new(Parts, (UCS2, False, (octets,)))
    return Parts(UCS2, udhi=True, payloads=_headed(_cut_units(octets), reference))


def decode_text(octets: bytes, data_coding: int) -> str | None:
    """Return the text, header already taken off; None where the coding is not text we can read.

    Never raises: what a handset would show as a box is shown as U+FFFD.
    """
    if data_coding in {GSM7, 1}:
        if octets.isascii():
            return alphabet.decode(octets) if data_coding == GSM7 else octets.decode("ascii")
        return octets.decode("latin-1")
    if data_coding == LATIN1:
        return octets.decode("latin-1")
    if data_coding == UCS2:
        # The codec itself: looked up by its name it costs three times as much.
        return utf_16_be_decode(octets, "replace", True)[0]  # noqa: FBT003 - takes no keywords
    return None


def _cut_septets(septets: bytes) -> list[bytes]:
    pieces = []
    at = 0
    while len(septets) - at > _SEPTETS_EACH:
        end = at + _SEPTETS_EACH
        # The alphabet has no character that ends in an escape, so an escape in the last place
        # always begins a pair.
        end -= septets[end - 1] == alphabet.ESCAPE
        pieces.append(septets[at:end])
        at = end
    pieces.append(septets[at:])
    return pieces


def _cut_units(octets: bytes) -> list[bytes]:
    pieces = []
    at = 0
    while len(octets) - at > _OCTETS_EACH:
        end = at + _OCTETS_EACH
        if 0xD8 <= octets[end - 2] <= 0xDB:  # a high surrogate would lose its low half
            end -= 2
        pieces.append(octets[at:end])
        at = end
    pieces.append(octets[at:])
    return pieces


def _headed(pieces: list[bytes], reference: int) -> tuple[bytes, ...]:
    total = len(pieces)
    if total > _PARTS_MOST:
        raise TooManyParts(f"{total} parts")
    return tuple(
        concatenated(reference, total, number) + piece
        for number, piece in enumerate(pieces, start=1)
    )
