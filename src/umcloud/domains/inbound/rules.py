"""Pure decisions: which parts make a text, whose numbers these are, what is said again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from umcloud.domains.inbound.model import HeardPart, KeptPart, Written
from umcloud.kernel.refusals import Refusal
from umcloud.wire.gsm.segments import decode_text
from umcloud.wire.phones import parse_destination

REACH: Final = timedelta(days=15)
"""How long an answer still belongs to a message: as far back as records reach (R-REC-01)."""
PATIENCE: Final = timedelta(minutes=10)
"""How long a long message waits for its missing parts; then what came is handed on."""
SUSPECT: Final = timedelta(days=3)
"""How long a carrier may come back with a part that it had no answer to."""
GAP: Final = "…"
"""Stands for a part that never came."""
_LONGEST_NUMBER: Final = 40


def fingerprint(line: int, part: HeardPart) -> bytes:
    """Return 32 bytes that are equal for the same PDU of the same line, whenever it comes."""
    header = f"{line}\0{part.coding}\0{part.reference}\0{part.total}\0{part.number}\0".encode()
    fields = (part.source, part.destination, part.octets)
    sized = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return hashlib.sha256(header + sized).digest()


def readable(octets: bytes) -> str:
    """Return an address as text: what no text column takes, and what no number has, is left out."""
    text = octets.decode("ascii", "ignore")
    return "".join(one for one in text if one.isprintable())[:_LONGEST_NUMBER]


def handset(source: str) -> str:
    """Return the handset's number as messages have it: dial code and national number, digits only.

    Carriers write it with and without 86, 00 or a plus. What is no number stays as it is.
    """
    digits = source.removeprefix("+").removeprefix("00")
    for written in (source, f"+{digits}"):
        try:
            return parse_destination(written).e164_digits
        except Refusal:
            continue
    return digits or source


def ours(destination: str, source: str) -> list[tuple[str, str]]:
    """Return what our number and the extension code may be, the likeliest first.

    `source` is the line's own number; a handset may answer to it with digits behind (R-SEND-07).
    """
    written = destination.removeprefix("+")
    found = [(written, "")]
    if source and written != source and written.startswith(source):
        found.append((source, written[len(source) :]))
    return found


def put_together(parts: Iterable[KeptPart], now: datetime) -> list[Written]:
    """Return the texts that are whole, and those that waited long enough, oldest first.

    Two long messages of one handset may have the same reference: a part number that is there
    already begins the next one.
    """
    ready: list[Written] = []
    long: dict[tuple[object, ...], list[dict[int, KeptPart]]] = defaultdict(list)
    for part in parts:
        if part.total == 1:
            ready.append(_written([part]))
            continue
        key = (part.line, part.source, part.destination, part.reference, part.total, part.coding)
        open_ones = long[key]
        mine = next((one for one in open_ones if part.number not in one), None)
        if mine is None:
            open_ones.append({part.number: part})
        else:
            mine[part.number] = part
    for groups in long.values():
        for group in groups:
            came = [group[number] for number in sorted(group)]
            if len(came) == came[0].total or min(p.at for p in came) <= now - PATIENCE:
                ready.append(_written(came))
    return sorted(ready, key=lambda one: one.at)


def _written(parts: Sequence[KeptPart]) -> Written:
    first = parts[0]
    return Written(
        line=first.line,
        source=handset(first.source),
        destination=first.destination,
        text=_text(parts),
        parts=first.total,
        missing=first.total - len(parts),
        at=min(part.at for part in parts),
        kept=tuple(parts),
    )


def _text(parts: Sequence[KeptPart]) -> str:
    """Return the text of parts in order; neighbours are joined before they are read.

    A handset may cut through a character, so octets are joined and not texts.
    """
    pieces: list[str] = []
    run = b""
    expected = 1
    for part in parts:
        if part.number != expected:
            if run:
                pieces.append(_read(run, part.coding))
            pieces.append(GAP * (part.number - expected))
            run = b""
        run += part.octets
        expected = part.number + 1
    pieces.append(_read(run, parts[-1].coding))
    pieces.append(GAP * (parts[-1].total - parts[-1].number))
    return "".join(pieces)


def _read(octets: bytes, coding: int) -> str:
    """Return the text; octets that are no text in hexadecimal digits."""
    text = decode_text(octets, coding)
    return octets.hex() if text is None else text.replace("\x00", "\ufffd")
