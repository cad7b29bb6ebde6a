"""What opt-outs announce. Numbers are masked: the list itself has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId


@dataclass(frozen=True, slots=True)
class OptedOut(Event):
    """Handsets asked for no more marketing of the account."""

    name: ClassVar[str] = "optout.replied"

    account_id: AccountId
    count: int


@dataclass(frozen=True, slots=True)
class OptOutEntered(Event):
    """The customer put a number on the list."""

    name: ClassVar[str] = "optout.entered"

    account_id: AccountId
    number: str


@dataclass(frozen=True, slots=True)
class OptOutRemoved(Event):
    """The customer took a number off the list: its owner consented anew."""

    name: ClassVar[str] = "optout.removed"

    account_id: AccountId
    number: str
