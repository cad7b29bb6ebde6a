"""What a session tells its owner; a message that came in is the `Message` itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from umcloud.wire.smpp.pdus import Bind, Message


class Bound(NamedTuple):
    """Our bind was accepted by the system of that name."""

    system_id: bytes


class BindRefused(NamedTuple):
    """Our bind was refused; the session is closed."""

    status: int


class BindRequested(NamedTuple):
    """A client asks to be let in: check it, then `accept_bind` or `refuse_bind`."""

    bind: Bind


class Answered(NamedTuple):
    """The peer answered a message of ours; status 0 means that it took it over."""

    ref: Any
    status: int
    message_id: bytes


class AnsweredLate(NamedTuple):
    """The answer to a message that was reported as `UnknownOutcome` before."""

    ref: Any
    status: int
    message_id: bytes


class Receipt(NamedTuple):
    """What became of a part; `ack` goes to `answer` once the row is durable."""

    carrier_id: bytes
    state: str
    """DELIVRD, UNDELIV, EXPIRED, REJECTD, DELETED, ACCEPTD, ENROUTE or UNKNOWN."""
    error: str
    """The carrier's own code, as it writes it."""
    done_at: datetime | None
    """UTC; many carriers give whole minutes, so it may lie before the submission."""
    ack: int


class UnknownOutcome(NamedTuple):
    """The message was sent, and nobody knows whether the peer took it over."""

    ref: Any


class Refused(NamedTuple):
    """A request of the peer was unreadable or out of place and was answered so; we go on."""

    command: int
    status: int


class Closed(NamedTuple):
    """Over, always the last event: send what `data_to_send` still has, then close the socket."""

    reason: str


Event = (
    Message
    | Receipt
    | Bound
    | BindRefused
    | BindRequested
    | Answered
    | AnsweredLate
    | UnknownOutcome
    | Refused
    | Closed
)
