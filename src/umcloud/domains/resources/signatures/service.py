"""What can be done with signatures. The caller has checked who may; ids lead to own ones only."""

from __future__ import annotations

from dataclasses import replace

from umcloud.domains.resources.review import history
from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import events, rules, store
from umcloud.domains.resources.signatures.errors import SignatureUnknown, TextTaken
from umcloud.domains.resources.signatures.model import (
    EvidenceFile,
    EvidenceKind,
    Signature,
    SignatureDraft,
)
from umcloud.domains.resources.signatures.rules import REVIEW
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, SignatureId, uuid7


async def create(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    draft: SignatureDraft,
    certificate: EvidenceFile | None = None,
    authority: EvidenceFile | None = None,
) -> Signature:
    """Put a new signature into the review queue.

    Refusals: everything `rules.check_draft` and `rules.media_type_of` refuse, and `TextTaken`.
    """
    rules.check_draft(
        draft, has_certificate=certificate is not None, has_authority=authority is not None
    )
    await store.lock_account(tx, account_id)
    await _require_free_text(tx, account_id, draft.text)
    signature_id, public_id = await _fresh_ids(tx, act)
    created = Signature(
        id=signature_id,
        public_id=public_id,
        account_id=account_id,
        text=draft.text,
        type=draft.type,
        purpose=draft.purpose,
        certificate_type=draft.certificate_type,
        description=draft.description,
        international=draft.international,
        state=ReviewState.WAITING,
        reason="",
        is_default=False,
        revision=1,
        created_at=act.now,
        submitted_at=act.now,
        reviewer_id=None,
        taken_at=None,
        decided_at=None,
    )
    await store.shelf.add(tx, created)
    await _put_files(tx, act, created, certificate, authority)
    await tx.announce(act, events.SignatureSubmitted(*_told(created), revision=1))
    return created


async def update(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    signature_id: SignatureId,
    draft: SignatureDraft,
    certificate: EvidenceFile | None = None,
    authority: EvidenceFile | None = None,
    revision: int | None = None,
) -> Signature:
    """Change a waiting, taken or rejected signature and queue it again (R-SIG-13).

    Files not given stay as they were. `revision` is the one that the customer edited; without it
    the edit goes on top of whatever there is. Refusals: as `create`, `SignatureUnknown`,
    `NotEditable`, `MovedOn`.
    """
    before = await _own(tx, account_id, signature_id)
    queued = REVIEW.queued_again(before, act.now)
    REVIEW.check_seen(before, revision)
    kinds = {file.kind for file in await store.evidence_of(tx, signature_id)}
    rules.check_draft(
        draft,
        has_certificate=certificate is not None or EvidenceKind.CERTIFICATE in kinds,
        has_authority=authority is not None or EvidenceKind.AUTHORITY in kinds,
    )
    if draft.text != before.text:
        await _require_free_text(tx, account_id, draft.text)
    changed = replace(
        queued,
        text=draft.text,
        type=draft.type,
        purpose=draft.purpose,
        certificate_type=draft.certificate_type,
        description=draft.description,
        international=draft.international,
    )
    await store.shelf.save(tx, changed)
    await _put_files(tx, act, changed, certificate, authority)
    await tx.announce(act, events.SignatureSubmitted(*_told(changed), revision=changed.revision))
    return changed


async def take(tx: Tx, act: Act, *, signature_id: SignatureId) -> Signature:
    """Take a waiting signature into review. Refusals: `SignatureUnknown`, `NotWaiting`."""
    taken = REVIEW.taken(await _held(tx, signature_id), act)
    await store.shelf.save(tx, taken)
    await tx.announce(act, events.SignatureTaken(*_told(taken)))
    return taken


async def approve(tx: Tx, act: Act, *, signature_id: SignatureId, revision: int) -> Signature:
    """Approve what the reviewer saw; an account's first one becomes its default (R-SIG-17).

    Refusals: `SignatureUnknown`, `NotInReview`, `ChangedMeanwhile`.
    """
    approved = REVIEW.approved(await _held(tx, signature_id), act, revision)
    approved = await _default_if_none(tx, approved)
    await _keep(tx, approved)
    event = events.SignatureApproved(*_told(approved), is_default=approved.is_default)
    await tx.announce(act, event)
    return approved


async def refuse(
    tx: Tx, act: Act, *, signature_id: SignatureId, revision: int, reason: str
) -> Signature:
    """Refuse what the reviewer saw, with a reason that the customer reads (R-SIG-15).

    Refusals: `ReasonMissing`, `SignatureUnknown`, `NotInReview`, `ChangedMeanwhile`.
    """
    refused = REVIEW.refused(await _held(tx, signature_id), act, revision, reason)
    await _keep(tx, refused)
    await tx.announce(act, events.SignatureRefused(*_told(refused), reason=refused.reason))
    return refused


async def disable(tx: Tx, act: Act, *, signature_id: SignatureId, reason: str) -> Signature:
    """Withdraw an approved signature (R-REV-05); no other becomes the default by itself.

    Refusals: `ReasonMissing`, `SignatureUnknown`, `NotApproved`.
    """
    disabled = REVIEW.disabled(await _held(tx, signature_id), act, reason)
    disabled = replace(disabled, is_default=False)
    await _keep(tx, disabled)
    await tx.announce(act, events.SignatureDisabled(*_told(disabled), reason=disabled.reason))
    return disabled


async def restore(tx: Tx, act: Act, *, signature_id: SignatureId) -> Signature:
    """Let a disabled signature be used again. Refusals: `SignatureUnknown`, `NotDisabled`."""
    restored = REVIEW.restored(await _held(tx, signature_id), act)
    restored = await _default_if_none(tx, restored)
    await _keep(tx, restored)
    await tx.announce(act, events.SignatureRestored(*_told(restored)))
    return restored


async def stop(
    tx: Tx, act: Act, *, account_id: AccountId, signature_id: SignatureId, reason: str
) -> Signature:
    """Put the customer's own approved signature out of use, until `resume`.

    Refusals: `ReasonMissing`, `SignatureUnknown`, `NotApproved`.
    """
    stopped = REVIEW.stopped(await _own(tx, account_id, signature_id), act, reason)
    stopped = replace(stopped, is_default=False)
    await _keep(tx, stopped)
    await tx.announce(act, events.SignatureStopped(*_told(stopped), reason=stopped.reason))
    return stopped


async def resume(
    tx: Tx, act: Act, *, account_id: AccountId, signature_id: SignatureId
) -> Signature:
    """Use a stopped signature again. Refusals: `SignatureUnknown`, `NotStopped`."""
    resumed = REVIEW.resumed(await _own(tx, account_id, signature_id), act)
    resumed = await _default_if_none(tx, resumed)
    await _keep(tx, resumed)
    await tx.announce(act, events.SignatureResumed(*_told(resumed)))
    return resumed


async def delete(tx: Tx, act: Act, *, account_id: AccountId, signature_id: SignatureId) -> None:
    """Delete for good (R-SIG-14). Refusals: `SignatureUnknown`, `UnderReview`."""
    doomed = await _own(tx, account_id, signature_id)
    REVIEW.check_delete(doomed)
    await store.shelf.save_deleted(tx, replace(doomed, is_default=False), act.now)
    await tx.announce(act, events.SignatureDeleted(*_told(doomed)))


async def make_default(
    tx: Tx, act: Act, *, account_id: AccountId, signature_id: SignatureId
) -> Signature:
    """Make an approved signature the one to use where a request names none.

    Refusals: `SignatureUnknown`, `NotApproved`.
    """
    before = await _own(tx, account_id, signature_id)
    REVIEW.check_approved(before)
    await store.clear_default(tx, account_id)
    chosen = replace(before, is_default=True)
    await store.shelf.save(tx, chosen)
    await tx.announce(act, events.DefaultSignatureChosen(*_told(chosen)))
    return chosen


async def _default_if_none(tx: Tx, usable: Signature) -> Signature:
    first = not await store.has_default(tx, usable.account_id)
    return replace(usable, is_default=first)


async def _keep(tx: Tx, decided: Signature) -> None:
    await store.shelf.save(tx, decided)
    files = await store.evidence_of(tx, decided.id)
    await history.record(tx, "signature", decided, rules.under_review(decided, files))


def _told(one: Signature) -> tuple[AccountId, SignatureId, str, str]:
    return one.account_id, one.id, one.public_id, one.text


async def _held(tx: Tx, signature_id: SignatureId) -> Signature:
    held = await store.hold(tx, signature_id)
    if held is None:
        raise SignatureUnknown
    return held


async def _own(tx: Tx, account_id: AccountId, signature_id: SignatureId) -> Signature:
    held = await _held(tx, signature_id)
    if held.account_id != account_id:
        raise SignatureUnknown
    return held


async def _require_free_text(tx: Tx, account_id: AccountId, text: str) -> None:
    other = await store.of_text(tx, account_id, text)
    if other is not None:
        raise TextTaken(public_id=other.public_id)


async def _fresh_ids(tx: Tx, act: Act) -> tuple[SignatureId, str]:
    # Six hex characters a day can collide; the id is drawn again then.
    while True:
        signature_id = SignatureId(uuid7(act.now))
        public_id = rules.public_id_of(signature_id, act.now)
        if not await store.shelf.ever_named(tx, public_id):
            return signature_id, public_id


async def _put_files(
    tx: Tx,
    act: Act,
    owner: Signature,
    certificate: EvidenceFile | None,
    authority: EvidenceFile | None,
) -> None:
    given: list[tuple[EvidenceKind, EvidenceFile | None]] = [
        (EvidenceKind.CERTIFICATE, certificate),
        (EvidenceKind.AUTHORITY, authority),
    ]
    for kind, file in given:
        if file is not None:
            media_type = rules.media_type_of(file.content)
            await store.put_evidence(tx, owner.id, kind, file, media_type=media_type, now=act.now)
