"""What can be done with templates. The caller has checked who may; ids lead to own ones only."""

from __future__ import annotations

from dataclasses import replace

from umcloud.domains.resources.review import ReviewState
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.templates import events, rules, store
from umcloud.domains.resources.templates.errors import SignatureFirst, TemplateUnknown
from umcloud.domains.resources.templates.model import Template, TemplateClass, TemplateDraft
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, TemplateId, uuid7


async def create(tx: Tx, act: Act, *, account_id: AccountId, draft: TemplateDraft) -> Template:
    """Put a new template into the review queue.

    Refusals: everything `rules.check_draft` refuses, and `SignatureFirst` (R-TPL-13).
    """
    settled = replace(draft, unsubscribe=rules.settled_unsubscribe(draft))
    variables = rules.check_draft(settled)
    if not await signatures.has_approved(tx, account_id):
        raise SignatureFirst
    template_id, public_id = await _fresh_ids(tx, act, draft.cls)
    created = Template(
        id=template_id,
        public_id=public_id,
        account_id=account_id,
        cls=settled.cls,
        name=settled.name,
        content=settled.content,
        remark=settled.remark,
        instruction=settled.instruction,
        unsubscribe=settled.unsubscribe,
        international=settled.international,
        variable_count=variables,
        state=ReviewState.WAITING,
        reason="",
        revision=1,
        created_at=act.now,
        submitted_at=act.now,
        reviewer_id=None,
        taken_at=None,
        decided_at=None,
    )
    await store.add(tx, created)
    await tx.announce(act, events.TemplateSubmitted(*_told(created), revision=1))
    return created


async def update(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    template_id: TemplateId,
    content: str | None = None,
    name: str | None = None,
    remark: str | None = None,
    instruction: str | None = None,
    unsubscribe: str | None = None,
) -> Template:
    """Change what is given. Another text is queued again, a name alone is not (R-TPL-14).

    Refusals: as `create`, `TemplateUnknown`, `NotEditable`.
    """
    before = await _own(tx, account_id, template_id)
    draft = TemplateDraft(
        cls=before.cls,
        name=before.name if name is None else name,
        content=before.content if content is None else content,
        remark=before.remark if remark is None else remark,
        instruction=before.instruction if instruction is None else instruction,
        unsubscribe=before.unsubscribe if unsubscribe is None else unsubscribe,
        international=before.international,
    )
    draft = replace(draft, unsubscribe=rules.settled_unsubscribe(draft))
    rules.check_labels(draft.name, draft.remark, draft.instruction)
    labelled = replace(
        before,
        name=draft.name,
        remark=draft.remark,
        instruction=draft.instruction,
        revision=before.revision + 1,
    )
    if (draft.content, draft.unsubscribe) == (before.content, before.unsubscribe):
        rules.check_rename(before)
        await store.save(tx, labelled)
        await tx.announce(act, events.TemplateRenamed(*_told(labelled)))
        return labelled
    rules.check_edit(before)
    changed = replace(
        labelled,
        variable_count=rules.check_content(draft),
        content=draft.content,
        unsubscribe=draft.unsubscribe,
        state=ReviewState.WAITING,
        reason="",
        submitted_at=act.now,
        reviewer_id=None,
        taken_at=None,
        decided_at=None,
    )
    await store.save(tx, changed)
    await tx.announce(act, events.TemplateSubmitted(*_told(changed), revision=changed.revision))
    return changed


async def take(tx: Tx, act: Act, *, template_id: TemplateId) -> Template:
    """Take a waiting template into review. Refusals: `TemplateUnknown`, `NotWaiting`."""
    before = await _held(tx, template_id)
    rules.check_take(before)
    taken = replace(
        before,
        state=ReviewState.IN_REVIEW,
        revision=before.revision + 1,
        reviewer_id=act.actor.id,
        taken_at=act.now,
    )
    await store.save(tx, taken)
    await tx.announce(act, events.TemplateTaken(*_told(taken)))
    return taken


async def approve(tx: Tx, act: Act, *, template_id: TemplateId, revision: int) -> Template:
    """Approve what the reviewer saw.

    Refusals: `TemplateUnknown`, `NotInReview`, `ChangedMeanwhile`.
    """
    before = await _held(tx, template_id)
    rules.check_decision(before, revision)
    approved = replace(_decided(before, act), state=ReviewState.APPROVED)
    await store.save(tx, approved)
    await tx.announce(act, events.TemplateApproved(*_told(approved)))
    return approved


async def refuse(
    tx: Tx, act: Act, *, template_id: TemplateId, revision: int, reason: str
) -> Template:
    """Refuse what the reviewer saw, with a reason that the customer reads.

    Refusals: `ReasonMissing`, `TemplateUnknown`, `NotInReview`, `ChangedMeanwhile`.
    """
    why = rules.reason_of(reason)
    before = await _held(tx, template_id)
    rules.check_decision(before, revision)
    refused = replace(_decided(before, act), state=ReviewState.REJECTED, reason=why)
    await store.save(tx, refused)
    await tx.announce(act, events.TemplateRefused(*_told(refused), reason=why))
    return refused


async def disable(tx: Tx, act: Act, *, template_id: TemplateId, reason: str) -> Template:
    """Withdraw an approved template (R-REV-05).

    Refusals: `ReasonMissing`, `TemplateUnknown`, `NotApproved`.
    """
    why = rules.reason_of(reason)
    before = await _held(tx, template_id)
    rules.check_approved(before)
    disabled = replace(_decided(before, act), state=ReviewState.DISABLED, reason=why)
    await store.save(tx, disabled)
    await tx.announce(act, events.TemplateDisabled(*_told(disabled), reason=why))
    return disabled


async def delete(tx: Tx, act: Act, *, account_id: AccountId, template_id: TemplateId) -> None:
    """Delete for good (R-TPL-15). Refusals: `TemplateUnknown`, `UnderReview`."""
    doomed = await _own(tx, account_id, template_id)
    rules.check_delete(doomed)
    await store.mark_deleted(tx, template_id, act.now)
    await tx.announce(act, events.TemplateDeleted(*_told(doomed)))


def _decided(before: Template, act: Act) -> Template:
    return replace(
        before, revision=before.revision + 1, reviewer_id=act.actor.id, decided_at=act.now
    )


def _told(one: Template) -> tuple[AccountId, TemplateId, str, str, TemplateClass]:
    return one.account_id, one.id, one.public_id, one.name, one.cls


async def _held(tx: Tx, template_id: TemplateId) -> Template:
    held = await store.hold(tx, template_id)
    if held is None:
        raise TemplateUnknown
    return held


async def _own(tx: Tx, account_id: AccountId, template_id: TemplateId) -> Template:
    held = await _held(tx, template_id)
    if held.account_id != account_id:
        raise TemplateUnknown
    return held


async def _fresh_ids(tx: Tx, act: Act, cls: TemplateClass) -> tuple[TemplateId, str]:
    # Six hex characters a day can collide; the id is drawn again then.
    while True:
        template_id = TemplateId(uuid7(act.now))
        public_id = rules.public_id_of(template_id, cls, act.now)
        if not await store.public_id_exists(tx, public_id):
            return template_id, public_id
