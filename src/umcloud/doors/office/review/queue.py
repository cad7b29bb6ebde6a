"""What a review queue is: who waits, a case with its evidence, and the deeds of a reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from umcloud.domains.accounts import queries as accounts
from umcloud.doors.kit.story import Fact, Step
from umcloud.doors.kit.values import Badge, Link, Tone
from umcloud.doors.office.review.changes import Since
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, show


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item of a queue."""

    id: UUID
    title: str
    since: datetime
    taken_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the evidence; `path` as `ctx.url` takes it."""

    title: object
    path: str
    is_image: bool
    about: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that the reviewer should weigh."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """An item with everything that its decision needs."""

    id: UUID
    title: str
    state: Badge
    account_id: AccountId
    facts: tuple[Fact, ...]
    hints: tuple[Hint, ...] = ()
    papers: tuple[Paper, ...] = ()
    body: str = ""
    """The text under review, where there is one."""
    revision: int = 0
    taken_by: UUID | None = None
    may_take: bool = False
    may_decide: bool = False
    may_disable: bool = False
    may_restore: bool = False
    reason: str = ""
    since: Since | None = None
    """What is new, where it was decided before and waits again."""
    steps: tuple[Step, ...] = ()


class Queue(Protocol):
    """One of the three queues. Deeds let the domain's refusals through."""

    name: str
    prefix: str
    """Of its ids in addresses."""
    reasons: int
    """How many canned reasons it has: `office.reason.<name>.<n>`."""

    async def waiting(self, tx: Tx, now: datetime, limit: int) -> list[Waiting]:
        """Return what waits or is being reviewed, longest waiting first."""
        ...

    async def length(self, tx: Tx) -> int:
        """Return how many wait or are being reviewed."""
        ...

    async def case(self, tx: Tx, texts: Texts, item: UUID) -> Case | None:
        """Return the item with its evidence, decided or not."""
        ...

    async def take(self, tx: Tx, act: Act, item: UUID) -> None:
        """Tell colleagues that it is being reviewed."""
        ...

    async def approve(self, tx: Tx, act: Act, item: UUID, revision: int) -> None:
        """Approve what was on the screen."""
        ...

    async def refuse(self, tx: Tx, act: Act, item: UUID, revision: int, reason: str) -> None:
        """Refuse what was on the screen."""
        ...


@runtime_checkable
class Withdrawable(Protocol):
    """A queue whose approved items can be put out of use, and back (R-REV-05)."""

    async def disable(self, tx: Tx, act: Act, item: UUID, reason: str) -> None:
        """Let nothing be sent with it, for a reason that the customer reads."""
        ...

    async def restore(self, tx: Tx, act: Act, item: UUID) -> None:
        """Take that back."""
        ...


async def account_link(tx: Tx, account_id: AccountId) -> Link:
    """Return the way to the customer behind an item."""
    found = await accounts.account(tx, account_id)
    name = found.name if found else show("acc", account_id)
    return Link(name, f"/customers/{show('acc', account_id)}")
