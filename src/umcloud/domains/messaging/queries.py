"""Read models of the message log: what a message is, folded from its rows at reading time.

The log itself answers: one index by account and the day's partitions make a page of records cost a
few index look-ups, so no second copy of every message has to be kept in step (ADR 0024).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from umcloud.domains.messaging.counts import ACCEPTED, by_day
from umcloud.domains.messaging.model import SESSION_MASK, LogLine, MessageView, Status
from umcloud.infra.db import Tx
from umcloud.kernel.ids import LANES, AccountId, MessageId, SessionId, floor_of, lane_of, moment_of
from umcloud.kernel.moments import shanghai_day

_TOP = UUID(int=(1 << 128) - 1)

_COLUMNS = (
    "SELECT m.id, m.account_id, m.class, m.destination, m.text, m.segments, m.client_ref, "
    "m.template_id, m.line, c.amount AS charge_amount, w.currency AS charge_currency, "
    "r.states, r.codes, r.at AS report_at, r.count AS reports, m.parts, "
    "s.states AS submissions, o.kind AS outcome "
)
_CHARGED = (
    "LEFT JOIN charge c ON c.lane = m.lane AND c.id = m.id "
    "LEFT JOIN wallet w ON w.lane = c.lane AND w.id = c.wallet_id "
    "LEFT JOIN charge_outcome o ON o.lane = m.lane AND o.id = m.id "
)
_FOLDED = (
    "LEFT JOIN LATERAL (SELECT array_agg(r.state ORDER BY r.part) AS states, "
    "array_agg(r.code ORDER BY r.part) AS codes, max(r.at) AS at, count(*) AS count "
    "FROM receipt r WHERE r.lane = m.lane AND r.id = m.id) r ON true "
    "LEFT JOIN LATERAL (SELECT array_agg(s.state ORDER BY s.part, s.attempt) AS states "
    "FROM submission s WHERE s.lane = m.lane AND s.id = m.id) s ON true "
)
_VIEW = f"{_COLUMNS}FROM message m {_CHARGED}{_FOLDED}"


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What to look for; None means any."""

    account_id: AccountId | None = None
    status: Status | None = None
    cls: str | None = None
    destination: str | None = None
    """Digits with country code, whole."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages are in which state; `segments` counts billed segments of all."""

    accepted: int = 0
    """All accepted ones, whatever became of them."""
    delivered: int = 0
    failed: int = 0
    unknown: int = 0
    rejected: int = 0
    segments: int = 0

    @property
    def waiting(self) -> int:
        """Accepted and not ended yet."""
        return self.accepted - self.delivered - self.failed - self.unknown - self.rejected


@dataclass(frozen=True, slots=True)
class DayCounts:
    """One Shanghai day's counts."""

    day: date
    counts: Counts


def fold(submissions: Sequence[str] | None, receipts: Sequence[str] | None, parts: int) -> Status:
    """Return what a message is by the states of its submissions and receipts.

    The worst part decides: a message of which one part failed was not delivered.
    """
    reported = list(receipts or ())
    if len(reported) >= parts:
        if "failed" in reported:
            return Status.FAILED
        return Status.UNKNOWN if "unknown" in reported else Status.DELIVERED
    tried = list(submissions or ())
    if "rejected" in tried:
        return Status.REJECTED
    if "submitted" in tried:
        return Status.SUBMITTED
    return Status.UNKNOWN if "unknown" in tried else Status.ACCEPTED


def _view(row: Row[Any]) -> MessageView:
    status = fold(row.submissions, row.states, row.parts)
    ended = {Status.DELIVERED, Status.FAILED, Status.UNKNOWN, Status.REJECTED}
    codes = [code for code in row.codes or () if code]
    bad = [c for c, s in zip(row.codes or (), row.states or (), strict=True) if s != "delivered"]
    return MessageView(
        id=MessageId(row.id),
        account_id=AccountId(row.account_id),
        cls=getattr(row, "class"),
        destination=row.destination,
        text=row.text,
        segments=row.segments,
        status=status,
        code=(bad or codes or [""])[0],
        accepted_at=moment_of(row.id),
        ended_at=row.report_at if status in ended else None,
        client_ref=row.client_ref,
        template_id=row.template_id,
        line=row.line,
        charge_amount=row.charge_amount,
        charge_currency=row.charge_currency,
    )


async def message(
    tx: Tx, account_id: AccountId | None, message_id: MessageId
) -> MessageView | None:
    """Return the message; None where there is none, or it is another account's."""
    row = (
        await tx.sql(
            _VIEW
            + "WHERE m.id = :id AND m.account_id = coalesce(:account, m.account_id)"
            + (" AND m.lane = :lane" if account_id else ""),
            id=message_id,
            account=account_id,
            **({"lane": lane_of(account_id)} if account_id else {}),
        )
    ).one_or_none()
    return _view(row) if row else None


async def session(tx: Tx, account_id: AccountId, session_id: SessionId) -> list[MessageView]:
    """Return the session's messages in the order of the request; empty where it is not known."""
    rows = await tx.sql(
        _VIEW + "WHERE m.lane = :lane AND m.id > :first AND m.id <= :last "
        "AND m.account_id = :account ORDER BY m.id",
        lane=lane_of(account_id),
        account=account_id,
        first=session_id,
        last=UUID(int=session_id.int | SESSION_MASK),
    )
    return [_view(row) for row in rows]


async def search(
    tx: Tx, wanted: SearchFilter, *, before: UUID | None = None, limit: int = 50
) -> list[MessageView]:
    """Return up to `limit` messages older than the id `before`, newest first."""
    conditions = ["m.id < :before"]
    facts: dict[str, object] = {"before": before or _TOP}
    if wanted.account_id is not None:
        conditions += ["m.account_id = :account", "m.lane = :lane"]
        facts |= {"account": wanted.account_id, "lane": lane_of(wanted.account_id)}
    if wanted.cls is not None:
        conditions.append("m.class = :class")
        facts["class"] = wanted.cls
    if wanted.destination is not None:
        conditions.append("m.destination = :destination")
        facts["destination"] = wanted.destination
    if wanted.since is not None:
        conditions.append("m.id >= :since")
        facts["since"] = floor_of(wanted.since)
    if wanted.until is not None:
        conditions.append("m.id < :until")
        facts["until"] = floor_of(wanted.until)
    if wanted.status is not None:
        conditions.append(_STATUS[wanted.status])
    if wanted.account_id is None and wanted.destination is None:
        statement = _of_all_lanes(conditions, folded=wanted.status is not None)
    else:
        statement = f"{_VIEW} WHERE {' AND '.join(conditions)} ORDER BY m.id DESC LIMIT :limit"
    return [_view(row) for row in await tx.sql(statement, limit=limit, **facts)]


def _of_all_lanes(conditions: Sequence[str], *, folded: bool) -> str:
    """Return the search of everybody's messages: one look-up a lane, because keys lead with it.

    Only the messages of the page are folded; where the status is asked for, as many as it takes.
    A number is on few messages, so it is found faster by reading the partitions from end to end.
    """
    fits = " AND ".join(conditions)
    lane = f"""SELECT m.lane, m.id FROM message m {_FOLDED if folded else ""}
        WHERE m.lane = l.lane AND {fits}
        ORDER BY m.id DESC LIMIT :limit"""  # noqa: S608 - our own words
    page = f"""SELECT f.lane, f.id FROM generate_series(0, {LANES - 1}) AS l(lane)
        CROSS JOIN LATERAL ({lane}) f
        ORDER BY f.id DESC LIMIT :limit"""  # noqa: S608 - our own words
    return (
        f"{_COLUMNS}FROM ({page}) p JOIN message m ON m.lane = p.lane AND m.id = p.id "
        f"{_CHARGED}{_FOLDED}ORDER BY m.id DESC"
    )


_REPORTED = "r.count >= m.parts"
_STATUS = {
    Status.DELIVERED: f"{_REPORTED} AND NOT r.states && ARRAY['failed', 'unknown']",
    Status.FAILED: f"{_REPORTED} AND 'failed' = ANY(r.states)",
    Status.UNKNOWN: f"(({_REPORTED} AND 'unknown' = ANY(r.states) "
    "AND NOT 'failed' = ANY(r.states)) "
    "OR (r.count < m.parts AND 'unknown' = ANY(s.states) "
    "AND NOT s.states && ARRAY['submitted', 'rejected']))",
    Status.REJECTED: "r.count < m.parts AND 'rejected' = ANY(s.states)",
    Status.SUBMITTED: "r.count < m.parts AND 'submitted' = ANY(s.states) "
    "AND NOT 'rejected' = ANY(s.states)",
    Status.ACCEPTED: "r.count < m.parts AND s.states IS NULL",
}


async def life(tx: Tx, account_id: AccountId, message_id: MessageId) -> list[LogLine]:
    """Return every step of the message's life, oldest first; empty where it is another's."""
    known = await message(tx, account_id, message_id)
    if known is None:
        return []
    rows = await tx.sql(
        "SELECT at, 'submission.' || state AS what, part, "
        "coalesce(carrier_id, error::text, '') AS detail FROM submission "
        "WHERE lane = :lane AND id = :id UNION ALL "
        "SELECT at, 'receipt.' || state, part, code FROM receipt "
        "WHERE lane = :lane AND id = :id UNION ALL "
        "SELECT at, 'charge.' || kind, NULL, reason FROM charge_outcome "
        "WHERE lane = :lane AND id = :id ORDER BY at, what",
        lane=lane_of(known.account_id),
        id=message_id,
    )
    first = LogLine(known.accepted_at, "accepted", None, "")
    return [first, *(LogLine(row.at, row.what, row.part, row.detail) for row in rows)]


async def today(tx: Tx, account_id: AccountId | None, now: datetime) -> Counts:
    """Return the counts of the running Shanghai day: of one account, or of all."""
    day = shanghai_day(now)
    return _counts((await by_day(tx, account_id, day, day)).get(day, {}))


async def daily(tx: Tx, account_id: AccountId, first: date, last: date) -> list[DayCounts]:
    """Return the counts of each Shanghai day from `first` to `last`, both included."""
    found = await by_day(tx, account_id, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [DayCounts(day, _counts(found.get(day, {}))) for day in days]


def _counts(found: Mapping[str, tuple[int, int]]) -> Counts:
    messages = {state: number for state, (number, _) in found.items()}
    return Counts(
        accepted=messages.get(ACCEPTED, 0),
        delivered=messages.get("delivered", 0),
        failed=messages.get("failed", 0),
        unknown=messages.get("unknown", 0),
        rejected=messages.get("rejected", 0),
        segments=found.get(ACCEPTED, (0, 0))[1],
    )
