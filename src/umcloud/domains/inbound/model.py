"""The nouns of what handsets write: a part as it came, and a whole message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from umcloud.kernel.ids import AccountId, MessageId

InboundId = NewType("InboundId", UUID)


@dataclass(frozen=True, slots=True)
class HeardPart:
    """One deliver_sm of a handset, as the line heard it."""

    link: UUID
    """The connection that it came over."""
    ordinal: int
    """Which message of a handset it is on that connection, from 1."""
    source: bytes
    """The handset's number as the carrier writes it."""
    destination: bytes
    """Which of our numbers it wrote to, an extension code behind it perhaps."""
    octets: bytes
    """The text as it travelled, without its header."""
    coding: int
    reference: int | None
    """Which long message this is a part of; None for one that came whole."""
    total: int
    number: int
    """From 1 to `total`."""
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part that waits in the database to be put together."""

    link: UUID
    ordinal: int
    line: int
    source: str
    destination: str
    octets: bytes
    coding: int
    reference: int | None
    total: int
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """A whole text, or what came of it, before anybody asked whose it is."""

    line: int
    source: str
    """The handset's number: dial code and national number, digits only, where it can be read."""
    destination: str
    text: str
    parts: int
    missing: int
    """Parts that never came; `…` stands for each in the text."""
    at: datetime
    kept: tuple[KeptPart, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """The message that a handset answers to, as far as anybody can know."""

    account_id: AccountId
    message_id: MessageId
    client_ref: str | None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from a handset. Numbers and texts are masked by whoever shows them."""

    id: InboundId
    account_id: AccountId | None
    """None where nobody had written to this handset lately."""
    line: int
    source: str
    """Dial code and national number, digits only."""
    destination: str
    """The number it was written to, without the extension code."""
    extend_code: str
    """What followed our number in the destination; mostly empty."""
    text: str
    parts: int
    missing: int
    message_id: MessageId | None
    """The last message that was sent to this handset from this number."""
    client_ref: str | None
    """The customer's reference of that message (R-SEND-07)."""
    at: datetime
