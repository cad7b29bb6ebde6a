"""What the catalogue announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
