"""The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038, section 6.2.1).

Septets are kept unpacked, one an octet, which is what SMPP carries with data_coding 0.
"""

from __future__ import annotations

import codecs
import re

ESCAPE = 0x1B

_TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_ENCODE: dict[int, bytes] = {
    ord(character): bytes([septet]) for septet, character in enumerate(_TABLE) if septet != ESCAPE
} | {ord(character): bytes([ESCAPE, septet]) for septet, character in _EXTENSION.items()}

_SAME_AS_ASCII = {chr(point) for point, octets in _ENCODE.items() if octets == chr(point).encode()}
#: Every character that the alphabet can say.
CHARACTERS = frozenset(chr(point) for point in _ENCODE)
HIGHEST = max(CHARACTERS)
"""No character above it can be said."""
_SAME = re.compile("[" + re.escape("".join(sorted(_SAME_AS_ASCII))) + "]*")
_FOREIGN = re.compile("[^" + re.escape("".join(sorted(CHARACTERS))) + "]")
_ESCAPED = re.compile(rb"\x1b(.?)", re.DOTALL)


class NotSeptets(ValueError):  # noqa: N818 - it says what the octets are, as codec errors do
    """The octets hold a value above 0x7F and so are no unpacked septets."""


def fits(text: str) -> bool:
    """Return whether the alphabet can say the whole text."""
    return _FOREIGN.search(text) is None


def encode(text: str) -> bytes:
    """Return one octet a septet; UnicodeEncodeError for a character outside the alphabet."""
    if text.isascii() and _SAME.fullmatch(text) is not None:
        return text.encode("ascii")
    octets, _ = codecs.charmap_encode(text, "strict", _ENCODE)
    return octets


def decode(septets: bytes) -> str:
    """Return the text of unpacked septets; NotSeptets for octets above 0x7F.

    An escape before a code that the extension table does not define shows the code's character
    in the main table, and an escape at the very end shows a space (TS 23.038, section 6.2.1.1).
    """
    if not septets.isascii():
        raise NotSeptets("an octet above 0x7F")
    if ESCAPE not in septets:
        return codecs.charmap_decode(septets, "strict", _TABLE)[0]
    pieces = []
    done = 0
    for found in _ESCAPED.finditer(septets):
        pieces.append(codecs.charmap_decode(septets[done : found.start()], "strict", _TABLE)[0])
        pieces.append(_extended(found.group(1)))
        done = found.end()
    pieces.append(codecs.charmap_decode(septets[done:], "strict", _TABLE)[0])
    return "".join(pieces)


def _extended(code: bytes) -> str:
    if not code or code[0] == ESCAPE:
        return " "
    return _EXTENSION.get(code[0]) or _TABLE[code[0]]
