"""How far the asking of everything is: one row, while it is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from umcloud.domains.audit import runs
from umcloud.domains.audit.model import AuditRun, Scope, Sweep
from umcloud.domains.audit.tables import audit_run, audit_sweep
from umcloud.infra.db import Tx
from umcloud.kernel.ids import uuid7

_MOST = 1_000
"""Violations that are kept of one sweep."""
_RUNS = 20


def _sweep(row: Row[Any]) -> Sweep:
    return Sweep(
        row.begun_at,
        row.wanted,
        row.question,
        row.position,
        row.pieces,
        row.milliseconds,
        tuple(row.violations),
    )


async def under_way(tx: Tx) -> Sweep | None:
    """Return how far it is; None while nothing is under way."""
    row = await tx.one_or_none(select(audit_sweep))
    return _sweep(row) if row else None


async def begin(tx: Tx, now: datetime, *, wanted: bool) -> Sweep | None:
    """Let it begin, or where it has begun let it go on by day too if it is `wanted`."""
    await tx.sql(
        "INSERT INTO audit_sweep (single, begun_at, wanted, question, position, pieces, "
        "milliseconds, violations) VALUES (true, :now, :wanted, '', 0, 0, 0, '[]') "
        "ON CONFLICT (single) DO UPDATE SET wanted = audit_sweep.wanted OR excluded.wanted",
        now=now,
        wanted=wanted,
    )
    return await under_way(tx)


async def move(
    tx: Tx, before: Sweep, to: tuple[str, int], faults: Sequence[str], milliseconds: int
) -> Sweep | None:
    """Note a piece that was asked; return how far it is, which another worker may have moved."""
    found = [*before.violations, *faults][:_MOST]
    await tx.execute(
        update(audit_sweep)
        .where(
            audit_sweep.c.begun_at == before.begun_at,
            audit_sweep.c.question == before.question,
            audit_sweep.c.position == before.position,
        )
        .values(
            question=to[0],
            position=to[1],
            pieces=before.pieces + 1,
            milliseconds=before.milliseconds + milliseconds,
            violations=found,
        )
    )
    return await under_way(tx)


async def end(tx: Tx, ended: Sweep, now: datetime, checked: int) -> None:
    """Keep what was found as a run, once."""
    gone = await tx.execute(
        delete(audit_sweep).where(
            audit_sweep.c.begun_at == ended.begun_at, audit_sweep.c.question == ended.question
        )
    )
    if gone.rowcount:
        await runs.keep(
            tx,
            AuditRun(
                uuid7(now),
                now,
                checked,
                ended.violations,
                ended.milliseconds,
                began=ended.begun_at,
            ),
        )


async def standing(tx: Tx) -> list[str]:
    """Return violations that no check of everything has shown to be gone; [] where all is well.

    Those that were found since the last clean check of everything began, the newest first, and
    those that the one under way has found.
    """
    violations = audit_run.c.violations
    query = select(violations).where(func.jsonb_array_length(violations) > 0)
    clean = await runs.last_clean(tx, Scope.ALL)
    if clean is not None:
        query = query.where(audit_run.c.at >= clean.begun_at)
    kept = await tx.all(query.order_by(audit_run.c.at.desc()).limit(_RUNS))
    going = await under_way(tx)
    lines = [*(going.violations if going else ()), *(line for row in kept for line in row[0])]
    return list(dict.fromkeys(lines))
