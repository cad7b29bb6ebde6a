"""The nouns of opting out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from umcloud.kernel.ids import AccountId

OptOutId = NewType("OptOutId", UUID)


class Origin(StrEnum):
    """How a number came on the list."""

    REPLY = "reply"
    """Its handset wrote so."""
    HAND = "hand"
    """The customer entered it."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """A number that wants no more marketing of the account."""

    id: OptOutId
    account_id: AccountId
    number: str
    """Dial code and national number, digits only."""
    origin: Origin
    at: datetime
