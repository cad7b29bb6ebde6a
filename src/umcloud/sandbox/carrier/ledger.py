"""The carrier's own account of what arrived, to count against the books after a crash.

One line an entry, fields parted by tabs; a part is in the file before its answer is sent, and a
receipt at the latest a second after it was acknowledged:

    part     carrier id  status (8 hex)  system id  source  destination  receipt wanted  token
    receipt  carrier id  state           (written when the receipt was acknowledged, or is lost)

The same file makes the carrier outlive its process: receipts still owed are owed again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from umcloud.wire.gsm.headers import MalformedHeader, split_header
from umcloud.wire.gsm.segments import decode_text
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.pdus import Message


class Owed(NamedTuple):
    """A part that was taken over and whose receipt nobody has acknowledged yet."""

    carrier_id: bytes
    system_id: str
    source: bytes
    destination: bytes


class Ledger:
    """Gathers lines; `write` puts them into the file with one call of the system."""

    def __init__(self, path: Path, token: re.Pattern[str]) -> None:
        self._token = token
        self._lines: list[bytes] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def part(self, carrier_id: bytes, status: int, system_id: str, message: Message) -> None:
        """Note a part that arrived, and how it was answered; refused ones have no carrier id."""
        self._lines.append(
            b"part\t%b\t%08x\t%b\t%b\t%b\t%d\t%b\n"
            % (
                carrier_id or b"-",
                status,
                system_id.encode(),
                _plain(message.source),
                _plain(message.destination),
                message.registered_delivery & 1,
                self._token_of(message),
            )
        )

    def parts(self, carrier_ids: Sequence[bytes], system_id: str, batch: Sequence[Message]) -> None:
        """Note parts of one client that were all taken over."""
        name = system_id.encode().replace(b"%", b"%%")
        line = b"part\t%%b\t00000000\t%b\t%%b\t%%b\t%%d\t%%b\n" % name
        token_of = self._token_of
        self._lines += [
            line
            % (
                carrier_id,
                _plain(message.source),
                _plain(message.destination),
                message.registered_delivery & 1,
                token_of(message),
            )
            for carrier_id, message in zip(carrier_ids, batch, strict=True)
        ]

    def receipts(self, told: Iterable[tuple[bytes, bytes]]) -> None:
        """Note carrier id and state of receipts that were acknowledged."""
        self._lines += [b"receipt\t%b\t%b\n" % each for each in told]

    def write(self) -> None:
        """Put what was gathered into the file: it outlives the process from here on."""
        if self._lines:
            data = b"".join(self._lines)
            self._lines.clear()
            os.write(self._file, data)

    def close(self) -> None:
        """Write the rest and close the file."""
        self.write()
        os.close(self._file)

    def _token_of(self, message: Message) -> bytes:
        body = message.short_message or message.payload()
        if message.esm_class & codes.UDHI:
            try:
                _, body = split_header(body)
            except MalformedHeader:
                return b"-"
        found = self._token.findall(decode_text(body, message.data_coding) or "")
        return found[-1].encode() if found else b"-"


def owed(path: Path) -> Iterator[Owed]:
    """Yield what the file says is still owed; a last line that is cut short is passed over."""
    if not path.exists():
        return
    waiting: dict[bytes, Owed] = {}
    with path.open("rb") as lines:
        for line in lines:
            fields = line.rstrip(b"\n").split(b"\t")
            if not line.endswith(b"\n"):
                continue
            if fields[0] == b"receipt":
                waiting.pop(fields[1], None)
            elif fields[2] == b"00000000" and fields[6] == b"1":
                waiting[fields[1]] = Owed(fields[1], fields[3].decode(), fields[4], fields[5])
    yield from waiting.values()


def _plain(octets: bytes) -> bytes:
    """Return the address with nothing in it that would part fields or lines."""
    if octets.isalnum():
        return octets
    return octets.translate(None, b"\t\r\n") or b"-"
