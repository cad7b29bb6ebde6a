"""Events to charge and what was decided about them, as values of the hot path."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from umcloud.domains.ledger.model import Wallet


class OutcomeKind(StrEnum):
    """How a charge ended."""

    SETTLE = "settle"
    REFUND = "refund"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one message costs: prepared once per price version and segment count."""

    units_currency: str
    """The package units that may pay, e.g. `SMS.N`."""
    quantity: int
    """Segments."""
    micros: int
    """The price in micros of CNY where no package pays."""
    price_id: int
    """The price version's id as a 128-bit integer."""
    tax_code: str
    refund_on_failure: bool
    """True where the price is due on delivery, so a failed report gives the money back."""


@dataclass(slots=True)
class Claim:
    """One request's events of one account, to be charged in order."""

    account: int
    """The account's id as a 128-bit integer."""
    lane: int
    ids: list[int]
    """The events' ids as 128-bit integers, ascending."""
    rates: list[Rate]
    atomic: bool
    """True: all or nothing. False: one by one, until the money ends."""


@dataclass(slots=True)
class Charged:
    """Columns of the charges of a batch; index i is one charge."""

    lanes: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)
    wallets: list[int] = field(default_factory=list)
    buckets: list[int] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    draws: list[str | None] = field(default_factory=list)


@dataclass(slots=True)
class Movements:
    """What a batch takes in sum; keys are (lane, wallet id) and (lane, wallet id, bucket id)."""

    wallets: dict[tuple[int, int], int] = field(default_factory=dict)
    buckets: dict[tuple[int, int, int], int] = field(default_factory=dict)
    operator: dict[str, int] = field(default_factory=dict)
    """Per currency: what the operator's side receives."""


@dataclass(slots=True)
class Decision:
    """The answer to a batch of claims."""

    refused: list[list[int]]
    """Per claim: the indexes of the events that the wallet could not pay."""
    charged: Charged
    movements: Movements


@dataclass(frozen=True, slots=True)
class StoredCharge:
    """A charge as it stands in the log, ids as 128-bit integers."""

    lane: int
    id: int
    account: int
    wallet: int
    amount: int
    """Micros, or units where a package paid: see `currency`."""
    quantity: int
    refund_on_failure: bool
    draws: list[tuple[int, int]]
    """(bucket id, amount): what each bucket paid."""
    currency: str
    ended: OutcomeKind | None


#: Wallets of a batch by account and currency.
Wallets = dict[tuple[int, str], Wallet]
