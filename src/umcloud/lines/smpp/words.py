"""What goes over a link and what comes back, as the line's runner sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from umcloud.wire.gsm.headers import Concatenation


@dataclass(slots=True)
class Outgoing:
    """One part to submit; `ref` is the runner's and comes back with the outcome."""

    ref: object
    destination: bytes
    source: bytes
    payload: bytes
    data_coding: int
    udhi: bool


class Receipt(NamedTuple):
    """What became of a part; `ack` goes to `SmppLink.acknowledge` once the row is durable."""

    carrier_id: bytes
    state: str
    """DELIVRD, UNDELIV, EXPIRED, REJECTD, DELETED, ACCEPTD, ENROUTE or UNKNOWN."""
    error: str
    """The carrier's own code, as it writes it."""
    done_at: datetime | None
    """UTC; many carriers give whole minutes, so it may lie before the submission."""
    ack: int


class Inbound(NamedTuple):
    """A message from a handset (MO), or one part of it; `ack` as with a receipt."""

    source: bytes
    destination: bytes
    text: str
    """Empty where the coding is not text; `payload` has the octets."""
    ack: int
    part: Concatenation | None
    payload: bytes
    data_coding: int


class LinkEvents(Protocol):
    """What a link tells its runner, from the event loop: be quick, and do not raise.

    The runner copes with a receipt that comes before `submitted`, over another link, twice or
    never, and with `submitted` after `unknown`: the answer came late, the carrier has the part.
    """

    def submitted(self, ref: object, carrier_id: bytes) -> None:
        """Hear that the carrier took the part over under that id."""

    def rejected(self, ref: object, status: int) -> None:
        """Hear that the carrier refused the part for good."""

    def throttled(self, ref: object, status: int) -> None:
        """Hear that nothing was taken over; submit again later (THROTTLED, MESSAGE_QUEUE_FULL)."""

    def unknown(self, ref: object) -> None:
        """Hear that the part was sent, but no answer came in time or the link was lost."""

    def receipts(self, batch: list[Receipt]) -> None:
        """Take all receipts that one read from the socket brought."""

    def inbound(self, message: Inbound) -> None:
        """Take what a handset wrote."""

    def lost(self, reason: str) -> None:
        """Hear that the link is gone: last, once, and not after `close`."""
