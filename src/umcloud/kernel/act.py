"""An act says who does something, when, through which door and in which request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from umcloud.kernel.moments import require_utc


class Door(Enum):
    """Where an act came in."""

    PORTAL = "portal"
    OFFICE = "office"
    DESK = "desk"
    API = "api"
    UAPI = "uapi"
    SMPP = "smpp"
    WORKER = "worker"
    LINE = "line"
    CLI = "cli"
    SANDBOX = "sandbox"


class ActorKind(Enum):
    """What sort of person or thing acts."""

    MEMBER = "member"
    """A person of a customer's account."""
    STAFF = "staff"
    """A person of the operator."""
    KEY = "key"
    """A customer's program, known by its API key."""
    SYSTEM = "system"
    """The platform itself: jobs, lines, listeners."""
    VISITOR = "visitor"
    """Somebody who has not signed in."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is empty for the system and for visitors."""

    kind: ActorKind
    id: UUID | None = None
    account_id: UUID | None = None
    """The customer account on whose behalf the actor acts, where there is one."""


SYSTEM = Actor(ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Act:
    """The circumstances of one deed; the first thing after the transaction in every use case."""

    actor: Actor
    now: datetime
    door: Door
    request_id: UUID
    ip: str | None = None
    user_agent: str | None = None
    locale: str = field(default="zh_CN")

    def __post_init__(self) -> None:
        require_utc(self.now)
