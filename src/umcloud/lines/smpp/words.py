"""What goes over a link and what comes back, as the line's runner sees it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from umcloud.wire.gsm.headers import Concatenation
from umcloud.wire.smpp.events import Answered, Receipt

__all__ = ["Answered", "Inbound", "LinkEvents", "Outgoing", "Receipt"]


class Outgoing:
    """One part to submit; it is itself what comes back with the outcome."""

    __slots__ = ("data_coding", "destination", "esm_class", "payload", "source")

    def __init__(
        self, destination: bytes, source: bytes, payload: bytes, data_coding: int, esm_class: int
    ) -> None:
        """Take octets as they go into submit_sm; esm_class says whether a header goes before."""
        self.destination = destination
        self.source = source
        self.payload = payload
        self.data_coding = data_coding
        self.esm_class = esm_class


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

    def submitted(self, batch: list[Answered]) -> None:
        """Hear that the carrier took parts over: each `ref` under its `message_id`."""

    def rejected(self, part: Outgoing, status: int) -> None:
        """Hear that the carrier refused the part for good."""

    def throttled(self, part: Outgoing, status: int) -> None:
        """Hear that nothing was taken over; submit again later (THROTTLED, MESSAGE_QUEUE_FULL)."""

    def unknown(self, part: Outgoing) -> None:
        """Hear that the part was sent, but no answer came in time or the link was lost."""

    def receipts(self, batch: list[Receipt]) -> None:
        """Take all receipts that one read from the socket brought."""

    def inbound(self, message: Inbound) -> None:
        """Take what a handset wrote."""

    def lost(self, reason: str) -> None:
        """Hear that the link is gone: last, once, and not after `close`."""
