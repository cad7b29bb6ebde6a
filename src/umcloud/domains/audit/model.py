"""What is written down about a deed, and what can be wrong with the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from umcloud.kernel.act import ActorKind, Door

#: What a fact may be once it is JSON. There are no floats: amounts are strings.
Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One deed, as announced. `chain_seq` and `chain_hash` are empty until it is sealed."""

    id: UUID
    account_id: UUID | None
    actor_kind: ActorKind
    actor_id: UUID | None
    door: Door
    name: str
    facts: Mapping[str, Plain]
    ip: str | None
    user_agent: str | None
    request_id: UUID
    at: datetime
    chain_seq: int | None = None
    chain_hash: bytes | None = None


class Fault(Enum):
    """How a link of the chain can be broken."""

    CHANGED = "changed"
    """The record no longer hashes to what was sealed."""
    MISSING = "missing"
    """A sequence number has no record: it was deleted."""
    CUT = "cut"
    """The chain ends before, or after, the link that the head remembers."""


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first place, or one of the places, where the chain does not hold."""

    seq: int
    fault: Fault
    record_id: UUID | None = None


class Scope(Enum):
    """Over what the promises were checked."""

    NEW = "new"
    """What was new since a moment."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one slice said of its promises."""

    slice: str
    violations: tuple[str, ...]
    milliseconds: int
    questions: int
    """How many it was asked: some can only be asked of everything."""


@dataclass(frozen=True, slots=True)
class AuditRun:
    """One check of every slice's promises. No violations: all of them held at `at`."""

    id: UUID
    at: datetime
    checked: int
    """How many slices were asked."""
    violations: tuple[str, ...]
    milliseconds: int
    scope: Scope = Scope.ALL
    since: datetime | None = None
    """From when on was looked, where that was not everything."""
    xid: int | None = None
    """The oldest transaction that was running when a look at what is new began."""
    began: datetime | None = None

    @property
    def begun_at(self) -> datetime:
        """When it began: a check of everything may take a night, or two."""
        return self.began or self.at


@dataclass(frozen=True, slots=True)
class Sweep:
    """A check of everything that is under way, and how far it is."""

    begun_at: datetime
    wanted: bool
    """Somebody asked for it, so it does not wait for the night."""
    question: str
    position: int
    pieces: int
    milliseconds: int
    violations: tuple[str, ...]
