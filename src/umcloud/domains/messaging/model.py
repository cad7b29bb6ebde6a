"""Requests to send, their answers, and what a message is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from umcloud.kernel.ids import AccountId, MessageId, SessionId
from umcloud.kernel.refusals import Refusal

#: The low bits of a message's id that number it inside its session; a session's own are zero.
SESSION_BITS = 16
SESSION_MASK = (1 << SESSION_BITS) - 1
RECIPIENTS_MOST = 1_000
"""Numbers a request may name (R-SEND-02)."""


def session_of(message: UUID) -> SessionId:
    """Return the session that the message was accepted in."""
    return SessionId(UUID(int=message.int & ~SESSION_MASK))


@dataclass(slots=True)
class Recipient:
    """One number of a request, as written, with the values for the template's variables."""

    destination: str
    values: tuple[str, ...] = ()
    client_ref: str | None = None
    """The customer's own reference, ≤ 32 characters (R-SEND-07)."""
    extend_code: str | None = None


@dataclass(slots=True)
class SendGroup:
    """The recipients of one template and signature."""

    template: str
    """The template's public id."""
    signature: str | None
    """Bare text; None takes the default one (R-SIG-17)."""
    recipients: list[Recipient]


@dataclass(slots=True)
class SendRequest:
    """What a door asks the pump to accept."""

    account_id: AccountId
    lane: int
    groups: list[SendGroup]
    atomic: bool
    """True: every recipient or none, both for faults and for money."""
    idempotency_key: str | None = None
    request_hash: str | None = None
    size: int = field(init=False)
    """How many recipients it names."""

    def __post_init__(self) -> None:
        self.size = sum([len(group.recipients) for group in self.groups])


@dataclass(slots=True)
class SendAnswer:
    """What became of a request, once it is durable."""

    session: int
    """The session's id as a 128-bit integer."""
    refused: dict[int, Refusal]
    """By position: why this recipient was refused."""
    segments: list[int]
    """By position: billed segments; 0 where the recipient was not accepted."""
    replayed: bool = False

    @property
    def session_id(self) -> SessionId:
        """The session's id."""
        return SessionId(UUID(int=self.session))

    def message_id(self, position: int) -> MessageId:
        """Return the id of the message to the recipient at this position (from 0)."""
        return MessageId(UUID(int=self.session + position + 1))

    @property
    def accepted(self) -> int:
        """How many recipients were accepted. An atomic request with a refusal accepts none."""
        return sum(1 for segments in self.segments if segments)


class Status(StrEnum):
    """What a message is: the fold of its log."""

    ACCEPTED = "accepted"
    """Charged and waiting for its line."""
    SUBMITTED = "submitted"
    """The carrier has it; no report yet."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """The carrier reported that it was not delivered."""
    REJECTED = "rejected"
    """The carrier refused to take it; the money went back."""
    UNKNOWN = "unknown"
    """The carrier never said: no report in time, or no answer to the submission."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One step in a message's life."""

    at: datetime
    what: str
    """accepted, submitted, rejected, unknown, receipt or final."""
    part: int | None
    detail: str
    """The carrier's id, state or code."""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message for screens and answers. Bodies and numbers are masked by whoever shows them."""

    id: MessageId
    account_id: AccountId
    cls: str
    destination: str
    text: str
    segments: int
    status: Status
    code: str
    accepted_at: datetime
    ended_at: datetime | None
    client_ref: str | None
    template_id: UUID
    line: int
    charge_amount: int | None = None
    charge_currency: str | None = None


@dataclass(slots=True)
class Ready:
    """Columns of a screened request: index i is one message to be charged and appended."""

    positions: list[int] = field(default_factory=list)
    destinations: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    templates: list[int] = field(default_factory=list)
    signatures: list[int | None] = field(default_factory=list)
    refs: list[str | None] = field(default_factory=list)
