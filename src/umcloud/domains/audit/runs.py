"""Keeping what the checks of all promises found, for the office."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, insert, select

from umcloud.domains.audit.model import AuditRun
from umcloud.domains.audit.tables import audit_run
from umcloud.infra.db import Tx

KEPT = timedelta(days=1)
"""How long a run without violations is kept; one with violations stays for good."""


async def keep(tx: Tx, run: AuditRun) -> None:
    """Write a run down and forget clean ones of the day before."""
    await tx.execute(
        insert(audit_run).values(
            id=run.id,
            at=run.at,
            checked=run.checked,
            violations=list(run.violations),
            milliseconds=run.milliseconds,
        )
    )
    await tx.execute(
        delete(audit_run).where(
            audit_run.c.at < run.at - KEPT,
            func.jsonb_array_length(audit_run.c.violations) == 0,
        )
    )


async def latest(tx: Tx, limit: int = 1) -> list[AuditRun]:
    """Return the newest runs, newest first; [] before the first."""
    rows = await tx.all(
        select(audit_run).order_by(audit_run.c.at.desc(), audit_run.c.id.desc()).limit(limit)
    )
    return [
        AuditRun(row.id, row.at, row.checked, tuple(row.violations), row.milliseconds)
        for row in rows
    ]
