"""What the process of the lines says about each line, for those who watch it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from umcloud.infra.db import Tx

FRESH = timedelta(seconds=15)
"""A pulse older than this says nothing: the process of the lines is not there."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last thing that went wrong on a line.

    `kind`: no_link, link_lost, throttled, rejected, unanswered; `detail` is the protocol's, without
    anything of a message.
    """

    kind: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a line does at a moment; rates over the last five seconds, in parts."""

    line: int
    at: datetime
    is_bound: bool
    """Whether there is a link to the carrier."""
    in_flight: int
    """Sent or answered and not yet durable; never more than the window."""
    waiting: int
    """Read ahead and not yet sent."""
    submitted_per_second: int
    receipts_per_second: int
    trouble: Trouble | None


async def write(tx: Tx, pulses: Sequence[Pulse]) -> None:
    """Write the lines' pulses over what was there."""
    for one in pulses:
        await tx.sql(
            "INSERT INTO line_pulse VALUES (:line, :at, :bound, :flying, :waiting, :submitted, "
            ":receipts, :trouble, :detail, :trouble_at) ON CONFLICT (line) DO UPDATE SET "
            "at = excluded.at, is_bound = excluded.is_bound, in_flight = excluded.in_flight, "
            "waiting = excluded.waiting, submitted_per_second = excluded.submitted_per_second, "
            "receipts_per_second = excluded.receipts_per_second, "
            "trouble = coalesce(excluded.trouble, line_pulse.trouble), "
            "trouble_detail = coalesce(excluded.trouble_detail, line_pulse.trouble_detail), "
            "trouble_at = coalesce(excluded.trouble_at, line_pulse.trouble_at)",
            line=one.line,
            at=one.at,
            bound=one.is_bound,
            flying=one.in_flight,
            waiting=one.waiting,
            submitted=one.submitted_per_second,
            receipts=one.receipts_per_second,
            trouble=one.trouble.kind if one.trouble else None,
            detail=one.trouble.detail if one.trouble else None,
            trouble_at=one.trouble.at if one.trouble else None,
        )


async def read(tx: Tx) -> dict[int, Pulse]:
    """Return each line's last pulse by its number; `is_fresh` tells whether it still counts."""
    rows = await tx.sql("SELECT * FROM line_pulse")
    return {
        row.line: Pulse(
            row.line,
            row.at,
            row.is_bound,
            row.in_flight,
            row.waiting,
            row.submitted_per_second,
            row.receipts_per_second,
            Trouble(row.trouble, row.trouble_detail or "", row.trouble_at) if row.trouble else None,
        )
        for row in rows
    }


def is_fresh(pulse: Pulse | None, now: datetime) -> bool:
    """Tell whether the process of the lines still speaks."""
    return pulse is not None and now - pulse.at < FRESH
