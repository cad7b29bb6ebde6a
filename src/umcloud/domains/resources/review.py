"""The review that signatures and templates share: states, who may move them, pages of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Generic, TypeVar
from uuid import UUID

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
