"""What can be done with templates. The caller has checked who may; ids lead to own ones only."""

from __future__ import annotations

from dataclasses import replace

from umcloud.domains.resources.review import history
from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.templates import events, rules, store
from umcloud.domains.resources.templates.errors import SignatureFirst, TemplateUnknown
from umcloud.domains.resources.templates.model import Template, TemplateClass, TemplateDraft
from umcloud.domains.resources.templates.rules import REVIEW
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
    await store.shelf.add(tx, created)
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
    revision: int | None = None,
) -> Template:
    """Change what is given. Another text is queued again, a name alone is not (R-TPL-14).

    Of a refused one, other notes for the reviewer are queued again too. `revision` is the one that
    the customer edited; without it the edit goes on top of whatever there is. Refusals: as
    `create`, `TemplateUnknown`, `NotEditable`, `MovedOn`.
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
    labelled = replace(before, name=draft.name, remark=draft.remark, instruction=draft.instruction)
    if not rules.needs_review(before, draft):
        rules.check_rename(before)
        REVIEW.check_seen(before, revision)
        renamed = replace(labelled, revision=before.revision + 1)
        await store.shelf.save(tx, renamed)
        await tx.announce(act, events.TemplateRenamed(*_told(renamed)))
        return renamed
    queued = REVIEW.queued_again(labelled, act.now)
    REVIEW.check_seen(before, revision)
    changed = replace(
        queued,
        variable_count=rules.check_content(draft),
        content=draft.content,
        unsubscribe=draft.unsubscribe,
    )
    await store.shelf.save(tx, changed)
    await tx.announce(act, events.TemplateSubmitted(*_told(changed), revision=changed.revision))
    return changed


async def take(tx: Tx, act: Act, *, template_id: TemplateId) -> Template:
    """Take a waiting template into review. Refusals: `TemplateUnknown`, `NotWaiting`."""
    taken = REVIEW.taken(await _held(tx, template_id), act)
    await store.shelf.save(tx, taken)
    await tx.announce(act, events.TemplateTaken(*_told(taken)))
    return taken


async def approve(tx: Tx, act: Act, *, template_id: TemplateId, revision: int) -> Template:
    """Approve what the reviewer saw.

    Refusals: `TemplateUnknown`, `NotInReview`, `ChangedMeanwhile`.
    """
    approved = REVIEW.approved(await _held(tx, template_id), act, revision)
    await _keep(tx, approved)
    await tx.announce(act, events.TemplateApproved(*_told(approved)))
    return approved


async def refuse(
    tx: Tx, act: Act, *, template_id: TemplateId, revision: int, reason: str
) -> Template:
    """Refuse what the reviewer saw, with a reason that the customer reads.

    Refusals: `ReasonMissing`, `TemplateUnknown`, `NotInReview`, `ChangedMeanwhile`.
    """
    refused = REVIEW.refused(await _held(tx, template_id), act, revision, reason)
    await _keep(tx, refused)
    await tx.announce(act, events.TemplateRefused(*_told(refused), reason=refused.reason))
    return refused


async def disable(tx: Tx, act: Act, *, template_id: TemplateId, reason: str) -> Template:
    """Withdraw an approved template (R-REV-05).

    Refusals: `ReasonMissing`, `TemplateUnknown`, `NotApproved`.
    """
    disabled = REVIEW.disabled(await _held(tx, template_id), act, reason)
    await _keep(tx, disabled)
    await tx.announce(act, events.TemplateDisabled(*_told(disabled), reason=disabled.reason))
    return disabled


async def restore(tx: Tx, act: Act, *, template_id: TemplateId) -> Template:
    """Let a disabled template be used again. Refusals: `TemplateUnknown`, `NotDisabled`."""
    restored = REVIEW.restored(await _held(tx, template_id), act)
    await _keep(tx, restored)
    await tx.announce(act, events.TemplateRestored(*_told(restored)))
    return restored


async def stop(
    tx: Tx, act: Act, *, account_id: AccountId, template_id: TemplateId, reason: str
) -> Template:
    """Put the customer's own approved template out of use, until `resume`.

    Refusals: `ReasonMissing`, `TemplateUnknown`, `NotApproved`.
    """
    stopped = REVIEW.stopped(await _own(tx, account_id, template_id), act, reason)
    await _keep(tx, stopped)
    await tx.announce(act, events.TemplateStopped(*_told(stopped), reason=stopped.reason))
    return stopped


async def resume(tx: Tx, act: Act, *, account_id: AccountId, template_id: TemplateId) -> Template:
    """Use a stopped template again. Refusals: `TemplateUnknown`, `NotStopped`."""
    resumed = REVIEW.resumed(await _own(tx, account_id, template_id), act)
    await _keep(tx, resumed)
    await tx.announce(act, events.TemplateResumed(*_told(resumed)))
    return resumed


async def delete(tx: Tx, act: Act, *, account_id: AccountId, template_id: TemplateId) -> None:
    """Delete for good (R-TPL-15). Refusals: `TemplateUnknown`, `UnderReview`."""
    doomed = await _own(tx, account_id, template_id)
    REVIEW.check_delete(doomed)
    await store.shelf.save_deleted(tx, doomed, act.now)
    await tx.announce(act, events.TemplateDeleted(*_told(doomed)))


async def _keep(tx: Tx, decided: Template) -> None:
    await store.shelf.save(tx, decided)
    await history.record(tx, "template", decided, rules.under_review(decided))


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
        if not await store.shelf.ever_named(tx, public_id):
            return template_id, public_id
