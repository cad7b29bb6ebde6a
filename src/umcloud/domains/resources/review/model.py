"""What a review is about: states, whatever has one, decisions, pages and queues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Generic, TypeVar
from uuid import UUID

from umcloud.kernel.ids import AccountId

T = TypeVar("T")


class ReviewState(IntEnum):
    """The states by the numbers the native interface answers with (R-SIG-12, R-TPL-14)."""

    WAITING = 0
    IN_REVIEW = 1
    APPROVED = 2
    REJECTED = 3
    DISABLED = 4


#: What the customer may still change; saving sends it to the queue again (R-SIG-13).
EDITABLE = frozenset({ReviewState.WAITING, ReviewState.IN_REVIEW, ReviewState.REJECTED})

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Whatever a customer hands in and a reviewer decides about."""

    id: UUID
    public_id: str
    account_id: AccountId
    state: ReviewState
    reason: str
    """Why it was refused or disabled; empty otherwise."""
    revision: int
    """Grows with every edit and decision; who decides or edits names the one on the screen."""
    created_at: datetime
    submitted_at: datetime
    reviewer_id: UUID | None
    taken_at: datetime | None
    decided_at: datetime | None
    stopped: bool = False
    """Disabled by the customer, who may use it again as it was approved."""

    @property
    def is_disabled(self) -> bool:
        """Tell whether the operator withdrew it, which only the operator takes back."""
        return self.state is ReviewState.DISABLED and not self.stopped

    @property
    def is_editable(self) -> bool:
        """Tell whether the customer may change what is reviewed (R-SIG-13, R-TPL-14)."""
        return self.state in EDITABLE

    @property
    def taken_by(self) -> UUID | None:
        """Return who is reviewing it now."""
        return self.reviewer_id if self.state is ReviewState.IN_REVIEW else None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by whom, and what it was decided about."""

    verdict: ReviewState
    """APPROVED, REJECTED or DISABLED."""
    reason: str
    reviewer_id: UUID | None
    submitted_at: datetime
    decided_at: datetime
    seen: Mapping[str, str]
    """What was under review then, by field."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of a review: since when it stood in a state, why, and by whom."""

    at: datetime
    state: ReviewState
    """WAITING where the customer handed it in."""
    reason: str = ""
    reviewer_id: UUID | None = None
    again: bool = False
    """Usable again after it was disabled; nobody reviewed it anew."""

    @property
    def title(self) -> str:
        """Return the ui key of what happened; `waiting` is what it led to."""
        if self.again:
            return "review.restored"
        handed_in = self.state is ReviewState.WAITING
        return "review.submitted" if handed_in else f"enum.ReviewState.{self.state.name}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A field that is another than at the last decision; "" where it was or is empty."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, newest first, and where the next page begins."""

    items: tuple[T, ...]
    next_before: UUID | None
    """Hand it to the next call as `before`; None on the last page."""


@dataclass(frozen=True, slots=True)
class QueueItem(Generic[T]):
    """Something that waits for a decision, and since when."""

    item: T
    age: timedelta
