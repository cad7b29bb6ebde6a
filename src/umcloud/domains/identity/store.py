"""SQL of real-name verification: rows in, models out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from umcloud.domains.identity.model import (
    Application,
    ApplicationId,
    ApplicationState,
    Document,
    DocumentId,
    DocumentKind,
    MediaType,
    Organisation,
    Subject,
    SubjectId,
)
from umcloud.domains.identity.tables import (
    account_subject,
    identity_application,
    identity_document,
    legal_subject,
)
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, StaffId

_DOCUMENT = [column for column in identity_document.c if column.name != "sealed"]


def application_of(row: Row[Any]) -> Application:
    """Return a row of `identity_application` as the model has it."""
    return Application(
        id=ApplicationId(row.id),
        account_id=AccountId(row.account_id),
        organisation=Organisation(row.name, row.uscc, row.legal_person),
        state=ApplicationState(row.state),
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        decided_by=StaffId(row.decided_by) if row.decided_by else None,
        reason=row.reason,
    )


def document_of(row: Row[Any]) -> Document:
    """Return a row of `identity_document` as the model has it, without its content."""
    return Document(
        id=DocumentId(row.id),
        application_id=ApplicationId(row.application_id),
        kind=DocumentKind(row.kind),
        media_type=MediaType(row.media_type),
        size=row.size,
        sha256=row.sha256,
        uploaded_at=row.uploaded_at,
    )


def subject_of(row: Row[Any]) -> Subject:
    """Return a row of `legal_subject` as the model has it."""
    organisation = Organisation(row.name, row.number, row.legal_person)
    return Subject(SubjectId(row.id), organisation, row.created_at)


async def take_turn(tx: Tx, account_id: AccountId) -> Application | None:
    """Return the account's last application; nobody else changes its applications meanwhile."""
    await tx.sql(
        "SELECT pg_advisory_xact_lock(hashtextextended(:key, 6))", key=f"identity {account_id}"
    )
    return await last(tx, account_id)


async def last(tx: Tx, account_id: AccountId) -> Application | None:
    """Return the account's living application, or the newest refused one."""
    row = await tx.one_or_none(
        select(identity_application)
        .where(identity_application.c.account_id == account_id)
        .order_by(
            identity_application.c.state == ApplicationState.REFUSED.value,
            identity_application.c.id.desc(),
        )
        .limit(1)
    )
    return application_of(row) if row else None


async def lock(tx: Tx, application_id: ApplicationId) -> Application | None:
    """Return the application, held until the transaction ends."""
    row = await tx.one_or_none(
        select(identity_application)
        .where(identity_application.c.id == application_id)
        .with_for_update()
    )
    return application_of(row) if row else None


async def save(tx: Tx, application: Application) -> None:
    """Write the application, new or changed."""
    changing = {
        "name": application.organisation.name,
        "uscc": application.organisation.uscc,
        "legal_person": application.organisation.legal_person,
        "state": application.state.value,
        "submitted_at": application.submitted_at,
        "decided_at": application.decided_at,
        "decided_by": application.decided_by,
        "reason": application.reason,
    }
    await tx.execute(
        insert(identity_application)
        .values(
            id=application.id,
            account_id=application.account_id,
            created_at=application.created_at,
            **changing,
        )
        .on_conflict_do_update(index_elements=["id"], set_=changing)
    )


async def documents(tx: Tx, application_id: ApplicationId) -> list[Document]:
    """Return the application's documents, without their contents."""
    rows = await tx.all(
        select(*_DOCUMENT)
        .where(identity_document.c.application_id == application_id)
        .order_by(identity_document.c.kind.desc())
    )
    return [document_of(row) for row in rows]


async def put_document(tx: Tx, document: Document, sealed: bytes) -> None:
    """Write a document in place of an earlier one of its kind."""
    await tx.execute(
        delete(identity_document).where(
            identity_document.c.application_id == document.application_id,
            identity_document.c.kind == document.kind.value,
        )
    )
    await tx.execute(
        insert(identity_document).values(
            id=document.id,
            application_id=document.application_id,
            kind=document.kind.value,
            media_type=document.media_type.value,
            size=document.size,
            sha256=document.sha256,
            sealed=sealed,
            uploaded_at=document.uploaded_at,
        )
    )


async def move_documents(tx: Tx, source: ApplicationId, target: ApplicationId) -> None:
    """Take the documents of a refused application over into its successor."""
    await tx.execute(
        update(identity_document)
        .where(identity_document.c.application_id == source)
        .values(application_id=target)
    )


async def sealed_document(
    tx: Tx, document_id: DocumentId
) -> tuple[Document, AccountId, bytes] | None:
    """Return a document, whose it is, and its sealed content."""
    row = await tx.one_or_none(
        select(identity_document, identity_application.c.account_id)
        .join(identity_application)
        .where(identity_document.c.id == document_id)
    )
    return (document_of(row), AccountId(row.account_id), row.sealed) if row else None


async def subject_by_number(tx: Tx, number: str) -> Subject | None:
    """Return the legal subject with that code."""
    row = await tx.one_or_none(select(legal_subject).where(legal_subject.c.number == number))
    return subject_of(row) if row else None


async def add_subject(tx: Tx, subject: Subject) -> Subject:
    """Write a new subject, or return the one that somebody wrote meanwhile."""
    await tx.execute(
        insert(legal_subject)
        .values(
            id=subject.id,
            kind="ORGANISATION",
            number=subject.organisation.uscc,
            name=subject.organisation.name,
            legal_person=subject.organisation.legal_person,
            created_at=subject.created_at,
        )
        .on_conflict_do_nothing(index_elements=["kind", "number"])
    )
    found = await subject_by_number(tx, subject.organisation.uscc)
    return found or subject


async def bind(tx: Tx, account_id: AccountId, subject: Subject, since: datetime) -> None:
    """Write whose account it is."""
    await tx.execute(
        insert(account_subject).values(account_id=account_id, subject_id=subject.id, since=since)
    )
