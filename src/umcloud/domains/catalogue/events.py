"""What the catalogue announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from umcloud.infra.bus import Event


@dataclass(frozen=True, slots=True)
class PriceVersionPublished(Event):
    """A list of prices was published (R-BILL-02: announced before it is used)."""

    name: ClassVar[str] = "price.published"

    list_id: UUID
    versions: int
    valid_from: datetime
    """The earliest moment from which one of them is valid."""
    source: str


@dataclass(frozen=True, slots=True)
class PricePrepared(Event):
    """Somebody of the operator prepared the next version; a colleague publishes it."""

    name: ClassVar[str] = "price.prepared"

    draft_id: UUID
    versions: int
    begins_on: date
    source: str


@dataclass(frozen=True, slots=True)
class PriceWithdrawn(Event):
    """A prepared version will not be published."""

    name: ClassVar[str] = "price.withdrawn"

    draft_id: UUID
