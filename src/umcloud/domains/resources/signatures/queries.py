"""Reading signatures: screens, the review queue, and what sending needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from umcloud.domains.resources.review import history
from umcloud.domains.resources.review.model import Decision, Page, QueueItem, ReviewState
from umcloud.domains.resources.signatures import rules, store
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
    fit: list[ColumnElement[bool]] = []
    if types:
        fit.append(columns.type.in_([kind.value for kind in types]))
    if containing:
        fit.append(
            columns.text.icontains(containing, autoescape=True)
            | columns.public_id.icontains(containing, autoescape=True)
        )
    return await store.shelf.page(
        tx, *fit, account_id=account_id, states=states, before=before, limit=limit
    )


async def by_id(tx: Tx, signature_id: SignatureId) -> Signature | None:
    """Return the signature, whoever owns it; None where there is none."""
    return await store.shelf.one(tx, signature.c.id == signature_id)


async def by_public_id(
    tx: Tx, public_id: str, account_id: AccountId | None = None
) -> Signature | None:
    """Return the signature; with an account, only that account's own."""
    return await store.shelf.by_public_id(tx, public_id, account_id)


async def by_text(tx: Tx, account_id: AccountId, text: str) -> Signature | None:
    """Return the account's signature of that text, in whatever state."""
    return await store.of_text(tx, account_id, text)


async def review_queue(
    tx: Tx, now: datetime, *, after: Signature | None = None, limit: int = 50
) -> list[QueueItem[Signature]]:
    """Return what waits or is in review, longest waiting first, with its age."""
    return await store.shelf.queue(tx, now, after=after, limit=limit)


async def counts(tx: Tx, account_id: AccountId | None = None) -> dict[ReviewState, int]:
    """Return how many signatures are in each state; every state is a key."""
    return await store.shelf.counts(tx, account_id)


async def decisions(tx: Tx, signature_id: SignatureId) -> tuple[Decision, ...]:
    """Return every decision about a signature, newest first."""
    return await history.decisions(tx, signature_id)


async def under_review(tx: Tx, one: Signature) -> dict[str, str]:
    """Return what a reviewer decides about, as `rules.under_review` does."""
    return rules.under_review(one, await store.evidence_of(tx, one.id))


async def evidence(tx: Tx, signature_id: SignatureId, *, replaced: bool = False) -> list[Evidence]:
    """Return the current files of a signature, or all it ever had, without their contents."""
    return await store.evidence_of(tx, signature_id, replaced=replaced)


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
    found = store.shelf.alive().where(
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
