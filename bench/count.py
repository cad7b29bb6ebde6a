"""Counting after a crash: what the carrier has, what the books have, and whether both agree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg

from bench.sender import SILENT, Sent

_TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])")


@dataclass(slots=True)
class Arrivals:
    """The carrier's own account of what it was given."""

    taken: Counter[str] = field(default_factory=Counter)
    """How often each token was taken over."""
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    """Receipts that our side has acknowledged."""


@dataclass(slots=True)
class Books:
    """What the database says."""

    messages: dict[str, list[UUID]] = field(default_factory=dict)
    """By token."""
    charges: dict[UUID, int] = field(default_factory=dict)
    """Micros, by message."""
    refunds: dict[UUID, int] = field(default_factory=dict)
    finals: Counter[UUID] = field(default_factory=Counter)
    spent: dict[str, int] = field(default_factory=dict)
    """Charges less refunds, by account."""
    balances: dict[str, int] = field(default_factory=dict)
    """Posted micros, by account."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    name: str
    found: int
    most: int | None
    """What is allowed; None: said for information."""

    @property
    def broken(self) -> bool:
        """Tell whether more was found than is allowed."""
        return self.most is not None and self.found > self.most


def read_ledger(path: Path) -> Arrivals:
    """Read the simulated carrier's file; a last line that was cut short is passed over."""
    found = Arrivals()
    with path.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if fields[0] == "receipt":
                found.acknowledged += fields[-1] != "LOST"
            elif fields[0] == "part" and len(fields) == 8:
                taken = fields[2] == "00000000"
                (found.taken if taken else found.refused)[fields[7]] += 1
    return found


def read_books(url: str) -> Books:
    """Read messages, charges, outcomes, finals and wallets in one snapshot."""
    books = Books()
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for message, text in connection.execute("SELECT id, text FROM message"):
            unique = _TOKEN.search(text)
            books.messages.setdefault(unique[0] if unique else str(message), []).append(message)
        spent: Counter[str] = Counter()
        query = "SELECT id, account_id, amount FROM charge"
        owners = {}
        for message, account, amount in connection.execute(query):
            books.charges[message] = books.charges.get(message, 0) + amount
            owners[message] = str(account)
            spent[str(account)] += amount
        query = "SELECT id, amount FROM charge_outcome WHERE kind = 'refund'"
        for message, amount in connection.execute(query):
            books.refunds[message] = books.refunds.get(message, 0) + amount
            spent[owners[message]] -= amount
        for (message,) in connection.execute("SELECT id FROM final"):
            books.finals[message] += 1
        books.spent = dict(spent)
        query = "SELECT account_id, posted FROM wallet WHERE currency = 'CNY'"
        books.balances = {str(account): posted for account, posted in connection.execute(query)}
    return books


def compare(
    sent: Sent,
    arrivals: Arrivals,
    books: Books,
    opening: Mapping[str, int],
    *,
    allowed_twice: int,
) -> list[Line]:
    """Return the table: what was found, and what may be found."""
    accepted = sent.accepted.keys()
    arrived = arrivals.taken.keys() | arrivals.refused.keys()
    charged = {
        unique: sum(1 for message in ids if message in books.charges)
        for unique, ids in books.messages.items()
    }
    unfinished = [
        unique
        for unique, ending in sent.accepted.items()
        if ending not in SILENT
        and not any(books.finals[message] for message in books.messages.get(unique, ()))
    ]
    off = sum(
        1
        for account, micros in opening.items()
        if micros - books.spent.get(account, 0) != books.balances.get(account)
    )
    again = sum(count - 1 for count in arrivals.taken.values())
    return [
        Line("messages accepted", len(accepted), None),
        Line("definite refusals (none was due)", len(sent.refused), 0),
        Line("never answered", len(sent.abandoned), None),
        Line("requests repeated", sent.retries, None),
        Line("… because the answer was thrown away", sent.cut, None),
        Line("accepted and never arrived", len(accepted - arrived), 0),
        Line("accepted and not in the books", len(accepted - books.messages.keys()), 0),
        Line("at the carrier and not in the books", len(arrived - books.messages.keys()), 0),
        Line("charged twice", sum(count > 1 for count in charged.values()), 0),
        Line("in the books and not charged", sum(not count for count in charged.values()), 0),
        Line("accounts whose money does not add up", off, 0),
        Line("sent twice (never charged twice)", again, allowed_twice),
        Line("receipts acknowledged", arrivals.acknowledged, None),
        Line("receipts lost", len(unfinished), 0),
        Line("messages that ended twice", sum(n > 1 for n in books.finals.values()), 0),
    ]


def table(lines: list[Line]) -> str:
    """Return it as Markdown."""
    rows = ["| what | found | allowed | |", "|---|---:|---:|---|"]
    for line in lines:
        most = "" if line.most is None else f"{line.most:,}"
        verdict = "" if line.most is None else ("**broken**" if line.broken else "kept")
        rows.append(f"| {line.name} | {line.found:,} | {most} | {verdict} |")
    return "\n".join(rows)
