"""What became of messages at a carrier, as values of the hot path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

ATTEMPTS_MOST = 3
"""Tries without an answer after which a notice or a marketing message is not sent again."""
OTP = "otp"

SUBMITTED = "submitted"
REJECTED = "rejected"
UNKNOWN = "unknown"
DELIVERED = "delivered"
FAILED = "failed"

NO_ANSWER = "no_answer"
"""The code of a final without any word of the carrier."""


@dataclass(slots=True)
class Sent:
    """A message as its line and its books need it; ids are 128-bit integers."""

    lane: int
    id: int
    account: int
    cls: str
    segments: int
    parts: int


class Tried(NamedTuple):
    """The outcome of one try to hand a part over."""

    message: Sent
    part: int
    """From 1."""
    attempt: int
    """From 1; counts the outcomes heard of the part, a late answer included."""
    state: str
    """submitted, rejected or unknown."""
    carrier_id: str | None
    error: int | None
    """The SMPP status of a rejection."""


class Reported(NamedTuple):
    """The carrier's report of a part."""

    message: Sent
    part: int
    state: str
    """delivered, failed or unknown."""
    code: str
    carrier_at: datetime | None


class Orphan(NamedTuple):
    """A report that belongs to no submission we know."""

    carrier_id: str
    state: str
    code: str
    carrier_at: datetime | None


class Ending(NamedTuple):
    """How a message ends."""

    message: Sent
    state: str
    """delivered, failed, unknown or rejected."""
    code: str


class PartState(NamedTuple):
    """What is known of one part: how the tries ended, in order, and the report."""

    tries: list[str]
    error: int
    report: str | None
    code: str
