"""The decisions about a thing: written once each, and read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, exists, insert, select

from umcloud.domains.resources.review.model import Decision, Reviewed, ReviewState
from umcloud.domains.resources.review.tables import review_decision
from umcloud.infra.db import Tx
from umcloud.kernel.ids import uuid7


async def record(tx: Tx, subject: str, decided: Reviewed, seen: Mapping[str, str]) -> None:
    """Keep the decision that has just been made, beside what it was made about.

    `subject` is the noun: signature or template.
    """
    if decided.decided_at is None:
        raise ValueError("not decided")
    await tx.execute(
        insert(review_decision).values(
            id=uuid7(decided.decided_at),
            subject=subject,
            subject_id=decided.id,
            revision=decided.revision,
            verdict=decided.state.value,
            reason=decided.reason,
            reviewer_id=decided.reviewer_id,
            submitted_at=decided.submitted_at,
            decided_at=decided.decided_at,
            seen=dict(seen),
        )
    )


async def decisions(tx: Tx, subject_id: UUID) -> tuple[Decision, ...]:
    """Return every decision about a thing, newest first."""
    columns = review_decision.c
    rows = await tx.all(
        select(review_decision)
        .where(columns.subject_id == subject_id)
        .order_by(columns.revision.desc())
    )
    return tuple(
        Decision(
            verdict=ReviewState(row.verdict),
            reason=row.reason,
            reviewer_id=row.reviewer_id,
            submitted_at=row.submitted_at,
            decided_at=row.decided_at,
            seen=row.seen,
        )
        for row in rows
    )


async def unexplained(
    tx: Tx, things: Table, since: datetime | None = None
) -> list[tuple[str, str]]:
    """Return id and state of each thing that stands as decided though no decision says so.

    `since`: of those only that say they were decided since then.
    """
    columns, decided = things.c, review_decision.c
    said = exists().where(
        decided.subject_id == columns.id,
        decided.verdict == columns.state,
        decided.decided_at == columns.decided_at,
        decided.reason == columns.reason,
    )
    found = select(columns.public_id, columns.state).where(columns.decided_at.is_not(None), ~said)
    if since is not None:
        found = found.where(columns.decided_at >= since)
    rows = await tx.all(found.order_by(columns.id))
    return [(row.public_id, ReviewState(row.state).name) for row in rows]
