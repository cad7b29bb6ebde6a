"""Use cases of real-name verification: draft, attach, submit; view, approve, refuse."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from umcloud.domains.identity import errors, events, rules, store
from umcloud.domains.identity.model import (
    Application,
    ApplicationId,
    ApplicationState,
    Document,
    DocumentId,
    DocumentKind,
    Subject,
    SubjectId,
)
from umcloud.infra.db import Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act, ActorKind
from umcloud.kernel.ids import AccountId, StaffId, uuid7

_PURPOSE = "identity.document"


async def draft(
    tx: Tx, act: Act, *, account_id: AccountId, name: str, uscc: str, legal_person: str
) -> Application:
    """Write down who the account says it is (C3.2); again changes the draft.

    After a refusal a new application begins, with the documents of the refused one. Refuses
    identity.uscc_malformed, .name_malformed, .under_review, .already_proved.
    """
    organisation = rules.read_organisation(name, uscc, legal_person)
    last = await store.take_turn(tx, account_id)
    rules.may_draft(last)
    if last is not None and last.state is ApplicationState.DRAFT:
        application = replace(last, organisation=organisation)
    else:
        application = Application(
            id=ApplicationId(uuid7(act.now)),
            account_id=account_id,
            organisation=organisation,
            state=ApplicationState.DRAFT,
            created_at=act.now,
        )
    await store.save(tx, application)
    if last is not None and last.id != application.id:
        await store.move_documents(tx, last.id, application.id)
    await tx.announce(
        act,
        events.IdentityDrafted(account_id, application.id, organisation.name, organisation.uscc),
    )
    return application


async def attach(
    tx: Tx, act: Act, *, account_id: AccountId, kind: DocumentKind, content: bytes, sealer: Sealer
) -> Document:
    """Add a document, sealed, to the account's draft; a second one of its kind replaces the first.

    Refuses identity.document_too_large (4 MiB), .document_unreadable (JPEG, PNG or PDF),
    .application_not_found, .under_review, .already_proved.
    """
    media_type = rules.media_type_of(content)
    last = await store.take_turn(tx, account_id)
    rules.may_draft(last)
    if last is None or last.state is not ApplicationState.DRAFT:
        raise errors.ApplicationNotFound
    document = Document(
        id=DocumentId(uuid7(act.now)),
        application_id=last.id,
        kind=kind,
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        uploaded_at=act.now,
    )
    await store.put_document(tx, document, sealer.seal(content, purpose=_PURPOSE))
    await tx.announce(
        act,
        events.IdentityDocumentAttached(
            account_id, last.id, document.id, kind, document.size, document.sha256.hex()
        ),
    )
    return document


async def submit(tx: Tx, act: Act, *, account_id: AccountId) -> Application:
    """Hand the draft to the reviewers; refuses with what is missing."""
    last = await store.take_turn(tx, account_id)
    attached = await store.documents(tx, last.id) if last else []
    complete = rules.may_submit(last, {document.kind for document in attached})
    submitted = replace(complete, state=ApplicationState.SUBMITTED, submitted_at=act.now)
    await store.save(tx, submitted)
    name = submitted.organisation.name
    await tx.announce(act, events.IdentitySubmitted(account_id, submitted.id, name))
    return submitted


async def view_document(
    tx: Tx,
    act: Act,
    *,
    document_id: DocumentId,
    sealer: Sealer,
    account_id: AccountId | None = None,
) -> tuple[Document, bytes]:
    """Return a document and its content; the view is announced, and so written down (C13.2).

    A customer's door passes its `account_id`: somebody else's document is not found.
    """
    found = await store.sealed_document(tx, document_id)
    if found is None or account_id not in {None, found[1]}:
        raise errors.DocumentNotFound
    document, owner, sealed = found
    content = sealer.unseal(sealed, purpose=_PURPOSE)
    await tx.announce(act, events.IdentityDocumentViewed(owner, document_id))
    return document, content


async def approve(tx: Tx, act: Act, *, application_id: ApplicationId) -> Application:
    """Find the organisation proved: the account belongs to that legal subject from now on (C6.1).

    Refuses identity.application_not_found, .already_decided, .subject_name_differs.
    """
    application = await _for_decision(tx, application_id)
    subject = await _subject(tx, act, application)
    await store.bind(tx, application.account_id, subject, act.now)
    approved = _decided(application, act, ApplicationState.APPROVED, None)
    await store.save(tx, approved)
    name = application.organisation.name
    await tx.announce(
        act,
        events.IdentityApproved(application.account_id, application.id, subject.id, name),
    )
    return approved


async def refuse(tx: Tx, act: Act, *, application_id: ApplicationId, reason: str) -> Application:
    """Find it not proved; the reason is told to the customer, who may mend and submit again."""
    told = rules.read_reason(reason)
    application = await _for_decision(tx, application_id)
    refused = _decided(application, act, ApplicationState.REFUSED, told)
    await store.save(tx, refused)
    name = application.organisation.name
    await tx.announce(
        act, events.IdentityRefused(application.account_id, application.id, name, told)
    )
    return refused


async def _for_decision(tx: Tx, application_id: ApplicationId) -> Application:
    application = await store.lock(tx, application_id)
    if application is None:
        raise errors.ApplicationNotFound
    rules.may_decide(application)
    return application


def _decided(
    application: Application, act: Act, state: ApplicationState, reason: str | None
) -> Application:
    by_staff = act.actor.kind is ActorKind.STAFF and act.actor.id is not None
    return replace(
        application,
        state=state,
        decided_at=act.now,
        decided_by=StaffId(act.actor.id) if by_staff and act.actor.id else None,
        reason=reason,
    )


async def _subject(tx: Tx, act: Act, application: Application) -> Subject:
    wanted = application.organisation
    fresh = Subject(SubjectId(uuid7(act.now)), wanted, act.now)
    known = await store.add_subject(tx, fresh)
    if known.organisation.name != wanted.name:
        raise errors.SubjectNameDiffers(known_name=known.organisation.name)
    return known
