"""Read models of the audit log, newest first, paged by record id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from umcloud.domains.audit.model import AuditRecord
from umcloud.domains.audit.store import record_of
from umcloud.domains.audit.tables import audit_record
from umcloud.infra.db import Tx
from umcloud.kernel.act import ActorKind
from umcloud.kernel.ids import floor_of


async def for_account(
    tx: Tx, account_id: UUID, before: UUID | None = None, limit: int = 50
) -> list[AuditRecord]:
    """Return one account's records older than the record `before` (all, where it is None)."""
    query = select(audit_record).where(audit_record.c.account_id == account_id)
    if before is not None:
        query = query.where(audit_record.c.id < before)
    rows = await tx.all(query.order_by(audit_record.c.id.desc()).limit(limit))
    return [record_of(row) for row in rows]


async def latest(
    tx: Tx, before: UUID | None = None, limit: int = 50, *, name: str | None = None
) -> list[AuditRecord]:
    """Return everybody's records, or those of one event name; for the office."""
    query = select(audit_record)
    if before is not None:
        query = query.where(audit_record.c.id < before)
    if name is not None:
        query = query.where(audit_record.c.name == name)
    rows = await tx.all(query.order_by(audit_record.c.id.desc()).limit(limit))
    return [record_of(row) for row in rows]


async def search(
    tx: Tx,
    *,
    account_id: UUID | None = None,
    names: Sequence[str] = (),
    subjects: Sequence[str] = (),
    actor_kind: ActorKind | None = None,
    actor_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[AuditRecord]:
    """Return records with one of the event names (any where empty) that fit all the rest.

    `subjects` are the first words of event names: `signature` stands for all of signatures.
    """
    columns = audit_record.c
    query = select(audit_record)
    if account_id is not None:
        query = query.where(columns.account_id == account_id)
    if names:
        query = query.where(columns.name.in_(names))
    if subjects:
        query = query.where(func.split_part(columns.name, ".", 1).in_(subjects))
    if actor_kind is not None:
        query = query.where(columns.actor_kind == actor_kind.value)
    if actor_id is not None:
        query = query.where(columns.actor_id == actor_id)
    if since is not None:
        query = query.where(columns.id >= floor_of(since))
    if until is not None:
        query = query.where(columns.id < floor_of(until))
    if before is not None:
        query = query.where(columns.id < before)
    rows = await tx.all(query.order_by(columns.id.desc()).limit(limit))
    return [record_of(row) for row in rows]


async def unsealed_count(tx: Tx) -> int:
    """Return how many records wait for their link."""
    row = (await tx.sql("SELECT count(*) AS n FROM audit_record WHERE chain_seq IS NULL")).one()
    return int(row.n)
