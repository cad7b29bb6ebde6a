"""SQL of the audit log: rows in, records out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from umcloud.domains.audit.model import AuditRecord
from umcloud.domains.audit.rules import GENESIS
from umcloud.domains.audit.tables import audit_record
from umcloud.infra.db import Tx
from umcloud.kernel.act import ActorKind, Door
from umcloud.kernel.ids import floor_of

#: One sealer at a time: the chain has one end. The number is arbitrary and used nowhere else.
_SEALING_LOCK = 4_110_118


def record_of(row: Row[Any]) -> AuditRecord:
    """Return a row of `audit_record` as the model has it."""
    return AuditRecord(
        id=row.id,
        account_id=row.account_id,
        actor_kind=ActorKind(row.actor_kind),
        actor_id=row.actor_id,
        door=Door(row.door),
        name=row.name,
        facts=row.facts,
        ip=row.ip,
        user_agent=row.user_agent,
        request_id=row.request_id,
        at=row.at,
        chain_seq=row.chain_seq,
        chain_hash=row.chain_hash,
    )


async def append(tx: Tx, record: AuditRecord) -> None:
    """Write a record, unsealed."""
    await tx.execute(
        insert(audit_record).values(
            id=record.id,
            account_id=record.account_id,
            actor_kind=record.actor_kind.value,
            actor_id=record.actor_id,
            door=record.door.value,
            name=record.name,
            facts=dict(record.facts),
            ip=record.ip,
            user_agent=record.user_agent,
            request_id=record.request_id,
            at=record.at,
        )
    )


async def lock_chain(tx: Tx) -> tuple[int, bytes]:
    """Wait for the sole right to seal, until the transaction ends; return the chain's end."""
    await tx.sql("SELECT pg_advisory_xact_lock(:lock)", lock=_SEALING_LOCK)
    return await head(tx)


async def head(tx: Tx) -> tuple[int, bytes]:
    """Return the last sealed sequence number and its hash; (0, zeros) before the first."""
    row = (await tx.sql("SELECT seq, hash FROM audit_head")).one_or_none()
    return (row.seq, row.hash) if row else (0, GENESIS)


async def unsealed(tx: Tx, limit: int) -> list[AuditRecord]:
    """Return the oldest unsealed records."""
    rows = await tx.all(
        select(audit_record)
        .where(audit_record.c.chain_seq.is_(None))
        .order_by(audit_record.c.at, audit_record.c.id)
        .limit(limit)
    )
    return [record_of(row) for row in rows]


async def write_links(tx: Tx, links: Sequence[tuple[UUID, int, bytes]]) -> None:
    """Seal records as (id, seq, hash) and move the head to the last."""
    await tx.sql(
        "UPDATE audit_record SET chain_seq = link.seq, chain_hash = link.hash "
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:seqs AS bigint[]), CAST(:hashes AS bytea[])) "
        "AS link(id, seq, hash) WHERE audit_record.id = link.id",
        ids=[link[0] for link in links],
        seqs=[link[1] for link in links],
        hashes=[link[2] for link in links],
    )
    _, seq, digest = links[-1]
    await tx.sql(
        "INSERT INTO audit_head (single, seq, hash) VALUES (true, :seq, :hash) "
        "ON CONFLICT (single) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        seq=seq,
        hash=digest,
    )


async def last_seq(tx: Tx) -> int:
    """Return the greatest number that a record has; 0 where none is sealed."""
    found = await tx.sql("SELECT coalesce(max(chain_seq), 0) FROM audit_record")
    return int(found.scalar_one())


async def first_seq(tx: Tx, since: datetime) -> int | None:
    """Return the smallest number of a record made since a moment; None where none is sealed."""
    first = floor_of(since)
    found = await tx.sql("SELECT min(chain_seq) FROM audit_record WHERE id >= :first", first=first)
    seq: int | None = found.scalar_one()
    return seq


async def link_before(tx: Tx, seq: int) -> tuple[int, bytes]:
    """Return number and hash of the last link before a number; (0, zeros) before the first."""
    row = (
        await tx.sql(
            "SELECT chain_seq, chain_hash FROM audit_record WHERE chain_seq < :seq "
            "ORDER BY chain_seq DESC LIMIT 1",
            seq=seq,
        )
    ).one_or_none()
    return (row.chain_seq, bytes(row.chain_hash)) if row else (0, GENESIS)


async def sealed_after(tx: Tx, seq: int, limit: int, last: int | None = None) -> list[AuditRecord]:
    """Return sealed records in the chain's order, after a number and before `last`."""
    query = select(audit_record).where(audit_record.c.chain_seq > seq)
    if last is not None:
        query = query.where(audit_record.c.chain_seq < last)
    rows = await tx.all(query.order_by(audit_record.c.chain_seq).limit(limit))
    return [record_of(row) for row in rows]
