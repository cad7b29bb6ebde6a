"""What callbacks announce. A URL may hold a customer's own password: only its host is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, DeliveryId, EndpointId


@dataclass(frozen=True, slots=True)
class EndpointAdded(Event):
    """A customer named a URL to be called."""

    name: ClassVar[str] = "callback.endpoint_added"

    account_id: AccountId
    endpoint_id: EndpointId
    host: str
    form: str


@dataclass(frozen=True, slots=True)
class EndpointChanged(Event):
    """Its URL or the kinds it asks for were changed."""

    name: ClassVar[str] = "callback.endpoint_changed"

    account_id: AccountId
    endpoint_id: EndpointId
    host: str


@dataclass(frozen=True, slots=True)
class EndpointStateSet(Event):
    """It was paused, resumed or removed."""

    name: ClassVar[str] = "callback.endpoint_state_set"

    account_id: AccountId
    endpoint_id: EndpointId
    state: str


@dataclass(frozen=True, slots=True)
class SigningRenewed(Event):
    """It was given a new signing secret; the old one stopped."""

    name: ClassVar[str] = "callback.signing_renewed"

    account_id: AccountId
    endpoint_id: EndpointId


@dataclass(frozen=True, slots=True)
class PingQueued(Event):
    """The customer asked for a test call."""

    name: ClassVar[str] = "callback.ping_queued"

    account_id: AccountId
    endpoint_id: EndpointId
    delivery_id: DeliveryId


@dataclass(frozen=True, slots=True)
class DeliveriesReplayed(Event):
    """The customer asked for deliveries to be tried again."""

    name: ClassVar[str] = "callback.deliveries_replayed"

    account_id: AccountId
    count: int


@dataclass(frozen=True, slots=True)
class DeliveryGivenUp(Event):
    """A delivery failed for a day and is a dead letter now."""

    name: ClassVar[str] = "callback.delivery_given_up"

    account_id: AccountId
    endpoint_id: EndpointId
    delivery_id: DeliveryId
    host: str
    attempts: int
