"""What orders announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, OrderId


@dataclass(frozen=True, slots=True)
class OrderPaid(Event):
    """A package was bought and its units may be used."""

    name: ClassVar[str] = "order.paid"

    account_id: AccountId
    order_id: OrderId
    number: str
    group: str
    quantity: int
    amount_micros: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PackageVoided(Event):
    """A package expired with units left; they are void (R-PKG-05)."""

    name: ClassVar[str] = "order.package_voided"

    account_id: AccountId
    order_id: OrderId
    number: str
    units: int
