"""Signatures in and out of their tables."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.review.shelf import Shelf
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    Evidence,
    EvidenceFile,
    EvidenceKind,
    Signature,
    SignaturePurpose,
    SignatureType,
)
from umcloud.domains.resources.signatures.tables import signature, signature_evidence
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, SignatureId, uuid7

_evidence_columns = [column for column in signature_evidence.c if column.name != "content"]


def read(row: Row[Any]) -> Signature:
    """Return the row as a value."""
    return Signature(
        id=SignatureId(row.id),
        public_id=row.public_id,
        account_id=AccountId(row.account_id),
        text=row.text,
        type=SignatureType(row.type),
        purpose=SignaturePurpose(row.purpose),
        certificate_type=CertificateType(row.certificate_type),
        description=row.description,
        international=row.international,
        state=ReviewState(row.state),
        reason=row.reason,
        is_default=row.is_default,
        revision=row.revision,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        reviewer_id=row.reviewer_id,
        taken_at=row.taken_at,
        decided_at=row.decided_at,
        stopped=row.stopped,
    )


shelf = Shelf(signature, read)


async def lock_account(tx: Tx, account_id: AccountId) -> None:
    """Let one transaction at a time change the signatures of an account.

    Two texts, or two defaults, cannot then be chosen side by side; the unique indexes stand behind.
    """
    await tx.sql(
        "SELECT pg_advisory_xact_lock(hashtextextended('signatures ' || CAST(:id AS text), 0))",
        id=account_id,
    )


async def hold(tx: Tx, signature_id: SignatureId) -> Signature | None:
    """Lock the account's signatures and return this one as it stands then."""
    owner = (
        await tx.execute(select(signature.c.account_id).where(signature.c.id == signature_id))
    ).scalar_one_or_none()
    if owner is None:
        return None
    await lock_account(tx, owner)
    return await shelf.one(tx, signature.c.id == signature_id, hold=True)


async def of_text(tx: Tx, account_id: AccountId, text: str) -> Signature | None:
    """Return the account's living signature of that text."""
    columns = signature.c
    return await shelf.one(tx, columns.account_id == account_id, columns.text == text)


async def has_default(tx: Tx, account_id: AccountId) -> bool:
    """Tell whether the account has a default signature."""
    found = select(func.count()).where(signature.c.account_id == account_id, signature.c.is_default)
    return bool((await tx.execute(found)).scalar_one())


async def clear_default(tx: Tx, account_id: AccountId) -> None:
    """Take the mark from the account's default signature, if it has one."""
    await tx.execute(
        update(signature)
        .where(signature.c.account_id == account_id, signature.c.is_default)
        .values(is_default=False)
    )


async def put_evidence(
    tx: Tx,
    signature_id: SignatureId,
    kind: EvidenceKind,
    file: EvidenceFile,
    *,
    media_type: str,
    now: datetime,
) -> None:
    """Store a file in the place of an earlier one, which stays for whoever decided by it."""
    columns = signature_evidence.c
    await tx.execute(
        update(signature_evidence)
        .where(
            columns.signature_id == signature_id,
            columns.kind == kind.value,
            columns.replaced_at.is_(None),
        )
        .values(replaced_at=now)
    )
    await tx.execute(
        insert(signature_evidence).values(
            id=uuid7(now),
            signature_id=signature_id,
            kind=kind.value,
            file_name=file.file_name,
            media_type=media_type,
            size=len(file.content),
            sha256=sha256(file.content).digest(),
            content=file.content,
            uploaded_at=now,
        )
    )


async def evidence_of(
    tx: Tx, signature_id: SignatureId, *, replaced: bool = False
) -> list[Evidence]:
    """Return the files of a signature without their contents: the current ones, or all ever."""
    columns = signature_evidence.c
    found = select(*_evidence_columns).where(columns.signature_id == signature_id)
    if not replaced:
        found = found.where(columns.replaced_at.is_(None))
    return [read_evidence(row) for row in await tx.all(found.order_by(columns.kind.desc()))]


def read_evidence(row: Row[Any]) -> Evidence:
    """Return the row as a value."""
    return Evidence(
        id=row.id,
        signature_id=SignatureId(row.signature_id),
        kind=EvidenceKind(row.kind),
        file_name=row.file_name,
        media_type=row.media_type,
        size=row.size,
        sha256=bytes(row.sha256),
        uploaded_at=row.uploaded_at,
    )
