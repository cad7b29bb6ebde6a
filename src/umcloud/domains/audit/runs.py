"""Keeping what the checks of all promises found, for the office."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select

from umcloud.domains.audit.model import AuditRun, Scope
from umcloud.domains.audit.tables import audit_run
from umcloud.infra.db import Tx

KEPT = {Scope.NEW: timedelta(days=1), Scope.ALL: timedelta(days=400)}
"""How long a run without violations is kept; one with violations stays for good."""

_REMEMBERED = timedelta(hours=2)


async def keep(tx: Tx, run: AuditRun) -> None:
    """Write a run down and forget old clean ones."""
    await tx.execute(
        insert(audit_run).values(
            id=run.id,
            at=run.at,
            begun_at=run.begun_at,
            scope=run.scope.value,
            since=run.since,
            xid=run.xid,
            checked=run.checked,
            violations=list(run.violations),
            milliseconds=run.milliseconds,
        )
    )
    await tx.execute(
        delete(audit_run).where(
            audit_run.c.at < run.at - KEPT[run.scope],
            audit_run.c.scope == run.scope.value,
            func.jsonb_array_length(audit_run.c.violations) == 0,
        )
    )


async def latest(tx: Tx, limit: int = 1, scope: Scope | None = None) -> list[AuditRun]:
    """Return the newest runs, of one kind or of both, newest first; [] before the first."""
    query = select(audit_run).order_by(audit_run.c.at.desc(), audit_run.c.id.desc())
    if scope is not None:
        query = query.where(audit_run.c.scope == scope.value)
    return [_run(row) for row in await tx.all(query.limit(limit))]


async def last_clean(tx: Tx, scope: Scope) -> AuditRun | None:
    """Return the newest run of its kind that found nothing; None where there is none."""
    row = await tx.one_or_none(
        select(audit_run)
        .where(audit_run.c.scope == scope.value)
        .where(func.jsonb_array_length(audit_run.c.violations) == 0)
        .order_by(audit_run.c.at.desc())
        .limit(1)
    )
    return _run(row) if row else None


async def look_near(tx: Tx, moment: datetime) -> AuditRun | None:
    """Return the last look at new things up to a moment, or else the first after it.

    None where nobody has looked at new things in the hours before, nor since.
    """
    looks = select(audit_run).where(audit_run.c.scope == Scope.NEW.value).limit(1)
    before = looks.where(audit_run.c.at.between(moment - _REMEMBERED, moment))
    row = await tx.one_or_none(before.order_by(audit_run.c.at.desc()))
    if row is None:
        row = await tx.one_or_none(looks.where(audit_run.c.at > moment).order_by(audit_run.c.at))
    return _run(row) if row else None


def _run(row: Row[Any]) -> AuditRun:
    return AuditRun(
        row.id,
        row.at,
        row.checked,
        tuple(row.violations),
        row.milliseconds,
        Scope(row.scope),
        row.since,
        row.xid,
        row.begun_at,
    )
