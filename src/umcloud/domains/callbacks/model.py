"""The nouns of callbacks: endpoint, delivery, attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from umcloud.kernel.ids import AccountId, DeliveryId, EndpointId


class Form(StrEnum):
    """How a delivery is written."""

    NATIVE = "native"
    """UMCloud's own push: no signature, accepted by a JSON answer with `code` 0."""
    SIGNED = "signed"
    """An envelope with id, type and time, signed; accepted by any 2xx status."""


class EndpointState(StrEnum):
    """A paused endpoint's deliveries wait; a removed one's are given up."""

    ENABLED = "enabled"
    PAUSED = "paused"
    REMOVED = "removed"


class Kind(StrEnum):
    """Ends of messages that an endpoint can ask for."""

    DELIVERED = "delivered"
    FAILED = "failed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Topic(StrEnum):
    """What a delivery is about; an endpoint is about receipts or replies (R-RCPT-03)."""

    RECEIPTS = "receipts"
    """Ends of messages."""
    REPLIES = "replies"
    """What handsets wrote back."""
    PING = "ping"


class DeliveryState(StrEnum):
    """A dead delivery is one we stopped trying; it can be replayed."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that a customer wants called. Its secret is not in here."""

    id: EndpointId
    account_id: AccountId
    url: str
    form: Form
    about: Topic
    kinds: frozenset[Kind]
    """Empty for one about replies."""
    state: EndpointState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint just made or given a new secret; the only time that the secret is shown."""

    endpoint: Endpoint
    secret: str | None

    def __repr__(self) -> str:
        return f"NewEndpoint(endpoint={self.endpoint!r})"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch of ends for one endpoint, and what became of handing it over."""

    id: DeliveryId
    endpoint_id: EndpointId
    account_id: AccountId
    topic: Topic
    size: int
    """So many ends of messages, or replies."""
    state: DeliveryState
    tries: int
    """In this round; a replay begins a new one."""
    attempts: int
    """In all rounds."""
    next_at: datetime
    last_status: int | None
    last_error: str | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call and its answer. `status` is None where there was no answer."""

    number: int
    at: datetime
    status: int | None
    error: str | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call came to: accepted where `error` is None."""

    status: int | None
    error: str | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class EndpointCounts:
    """How many deliveries of an endpoint are in which state."""

    pending: int = 0
    delivered: int = 0
    dead: int = 0
