"""Reading signatures: screens, the review queue, and what sending needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from umcloud.domains.resources.review import Page, QueueItem, ReviewState
from umcloud.domains.resources.signatures import store
from umcloud.domains.resources.signatures.model import (
    Evidence,
    EvidenceFile,
    Signature,
    SignatureFacts,
    SignatureType,
)
from umcloud.domains.resources.signatures.tables import signature, signature_evidence
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, SignatureId


async def search(
    tx: Tx,
    *,
    account_id: AccountId | None = None,
    states: Collection[ReviewState] = (),
    types: Collection[SignatureType] = (),
    containing: str = "",
    before: UUID | None = None,
    limit: int = 20,
) -> Page[Signature]:
    """Return signatures, newest first; empty filters filter nothing.

    `containing` looks into text and public id, whatever the case.
    """
    columns = signature.c
    found = store.alive().order_by(columns.id.desc()).limit(limit + 1)
    if account_id is not None:
        found = found.where(columns.account_id == account_id)
    if states:
        found = found.where(columns.state.in_([state.value for state in states]))
    if types:
        found = found.where(columns.type.in_([kind.value for kind in types]))
    if containing:
        found = found.where(
            columns.text.icontains(containing, autoescape=True)
            | columns.public_id.icontains(containing, autoescape=True)
        )
    if before is not None:
        found = found.where(columns.id < before)
    items = [store.read(row) for row in await tx.all(found)]
    more = len(items) > limit
    return Page(tuple(items[:limit]), items[limit - 1].id if more else None)


async def by_id(tx: Tx, signature_id: SignatureId) -> Signature | None:
    """Return the signature, whoever owns it; None where there is none."""
    row = await tx.one_or_none(store.alive().where(signature.c.id == signature_id))
    return store.read(row) if row else None


async def by_public_id(
    tx: Tx, public_id: str, account_id: AccountId | None = None
) -> Signature | None:
    """Return the signature; with an account, only that account's own."""
    found = store.alive().where(signature.c.public_id == public_id)
    if account_id is not None:
        found = found.where(signature.c.account_id == account_id)
    row = await tx.one_or_none(found)
    return store.read(row) if row else None


async def by_text(tx: Tx, account_id: AccountId, text: str) -> Signature | None:
    """Return the account's signature of that text, in whatever state."""
    return await store.of_text(tx, account_id, text)


async def review_queue(
    tx: Tx, now: datetime, *, after: Signature | None = None, limit: int = 50
) -> list[QueueItem[Signature]]:
    """Return what waits or is in review, longest waiting first, with its age."""
    columns = signature.c
    found = (
        store.alive()
        .where(columns.state.in_([ReviewState.WAITING.value, ReviewState.IN_REVIEW.value]))
        .order_by(columns.submitted_at, columns.id)
        .limit(limit)
    )
    if after is not None:
        found = found.where(
            (columns.submitted_at > after.submitted_at)
            | ((columns.submitted_at == after.submitted_at) & (columns.id > after.id))
        )
    items = [store.read(row) for row in await tx.all(found)]
    return [QueueItem(item, now - item.submitted_at) for item in items]


async def counts(tx: Tx, account_id: AccountId | None = None) -> dict[ReviewState, int]:
    """Return how many signatures are in each state; every state is a key."""
    columns = signature.c
    found = select(columns.state, func.count().label("number")).where(columns.deleted_at.is_(None))
    if account_id is not None:
        found = found.where(columns.account_id == account_id)
    rows = await tx.all(found.group_by(columns.state))
    return dict.fromkeys(ReviewState, 0) | {ReviewState(row.state): row.number for row in rows}


async def evidence(tx: Tx, signature_id: SignatureId) -> list[Evidence]:
    """Return the current files of a signature, without their contents."""
    return await store.evidence_of(tx, signature_id)


async def evidence_file(tx: Tx, evidence_id: UUID) -> tuple[Evidence, EvidenceFile] | None:
    """Return a file with its content, for the reviewer beside the decision."""
    row = await tx.one_or_none(
        select(signature_evidence).where(signature_evidence.c.id == evidence_id)
    )
    if row is None:
        return None
    return store.read_evidence(row), EvidenceFile(bytes(row.content), row.file_name)


async def has_approved(tx: Tx, account_id: AccountId) -> bool:
    """Tell whether the account has an approved signature (R-TPL-13)."""
    columns = signature.c
    found = store.alive().where(
        columns.account_id == account_id, columns.state == ReviewState.APPROVED.value
    )
    return (await tx.execute(found.limit(1))).first() is not None


async def approved(
    tx: Tx, account_id: AccountId
) -> tuple[dict[str, SignatureFacts], SignatureFacts | None]:
    """Return the account's approved signatures by text, and the default one (R-SIG-16, 17)."""
    columns = signature.c
    rows = await tx.all(
        select(
            columns.id, columns.public_id, columns.text, columns.international, columns.is_default
        ).where(
            columns.account_id == account_id,
            columns.state == ReviewState.APPROVED.value,
            columns.deleted_at.is_(None),
        )
    )
    facts = {}
    default = None
    for row in rows:
        one = SignatureFacts(SignatureId(row.id), row.public_id, row.text, row.international)
        facts[one.text] = one
        if row.is_default:
            default = one
    return facts, default
