"""The queue of templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from umcloud.domains.identity import queries as identity
from umcloud.domains.resources.review.model import Decision, ReviewState
from umcloud.domains.resources.review.rules import changes
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.templates import queries, service
from umcloud.domains.resources.templates.model import Template, TemplateClass
from umcloud.domains.resources.templates.rules import under_review
from umcloud.domains.resources.templates.words import find_words
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Badge, Code, Key, Tone, named
from umcloud.doors.office.review.changes import TONES, Since, rewritten, steps
from umcloud.doors.office.review.queue import Case, Hint, Waiting, account_link
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act
from umcloud.kernel.ids import TemplateId

_TEXTS = {
    "name": "office.case.name",
    "content": "office.case.content",
    "instruction": "office.case.instruction",
    "remark": "office.case.remark",
}


class TemplatesQueue:
    """Templates: taken first, then decided about the revision that was seen."""

    name: str = "templates"
    prefix: str = "tpl"
    reasons: int = 5

    async def waiting(self, tx: Tx, now: datetime, limit: int) -> list[Waiting]:
        """Return undecided templates, longest waiting first."""
        found = [one.item for one in await queries.review_queue(tx, now, limit=limit)]
        return [Waiting(one.id, one.name, one.submitted_at, one.taken_by) for one in found]

    async def length(self, tx: Tx) -> int:
        """Return how many are undecided."""
        numbers = await queries.counts(tx)
        return numbers[ReviewState.WAITING] + numbers[ReviewState.IN_REVIEW]

    async def case(self, tx: Tx, texts: Texts, item: UUID) -> Case | None:
        """Return the template beside who sends it, with the words that need a look."""
        one = await queries.by_id(tx, TemplateId(item))
        if one is None:
            return None
        subject = await identity.subject(tx, one.account_id)
        usable, default = await signatures.approved(tx, one.account_id)
        decisions = await queries.decisions(tx, one.id)
        facts = (
            Fact(Key("office.case.class"), named(one.cls)),
            Fact(Key("office.case.organisation"), subject.organisation.name if subject else None),
            Fact(Key("office.case.account"), await account_link(tx, one.account_id)),
            Fact(
                Key("office.case.signatures"),
                " ".join(facts.bracketed for facts in usable.values()) or None,
            ),
            Fact(Key("office.case.variables"), one.variable_count),
            Fact(Key("office.case.instruction"), one.instruction or None),
            Fact(Key("office.case.remark"), one.remark or None),
            Fact(Key("office.case.public_id"), Code(one.public_id)),
            Fact(Key("office.case.submitted"), one.submitted_at),
        )
        return Case(
            id=one.id,
            title=one.name,
            state=Badge(named(one.state), TONES[one.state]),
            account_id=one.account_id,
            facts=facts,
            hints=_hints(texts, one, proved=subject is not None),
            body=(default.bracketed if default else "") + one.sent_content,
            revision=one.revision,
            taken_by=one.taken_by,
            may_take=one.state is ReviewState.WAITING,
            may_decide=one.state is ReviewState.IN_REVIEW,
            may_disable=one.state is ReviewState.APPROVED or one.stopped,
            may_restore=one.is_disabled,
            reason=one.reason,
            since=_since(one, decisions),
            steps=await steps(tx, one, decisions),
        )

    async def take(self, tx: Tx, act: Act, item: UUID) -> None:
        """Take it into review."""
        await service.take(tx, act, template_id=TemplateId(item))

    async def approve(self, tx: Tx, act: Act, item: UUID, revision: int) -> None:
        """Let the customer send it."""
        await service.approve(tx, act, template_id=TemplateId(item), revision=revision)

    async def refuse(self, tx: Tx, act: Act, item: UUID, revision: int, reason: str) -> None:
        """Refuse it, with a reason for the customer."""
        await service.refuse(
            tx, act, template_id=TemplateId(item), revision=revision, reason=reason
        )

    async def disable(self, tx: Tx, act: Act, item: UUID, reason: str) -> None:
        """Let nothing be sent with it from now on."""
        await service.disable(tx, act, template_id=TemplateId(item), reason=reason)

    async def restore(self, tx: Tx, act: Act, item: UUID) -> None:
        """Let it be used again."""
        await service.restore(tx, act, template_id=TemplateId(item))


def _hints(texts: Texts, one: Template, *, proved: bool) -> tuple[Hint, ...]:
    hints = []
    if not proved:
        hints.append(Hint(Tone.BAD, texts.ui("office.hint.unproved")))
    words = find_words(one.sent_content, one.cls)
    if words:
        named = ", ".join(hit.word for hit in words)
        hints.append(Hint(Tone.ATTENTION, texts.ui("office.hint.words", words=named)))
    else:
        hints.append(Hint(Tone.GOOD, texts.ui("office.hint.no_words")))
    if one.cls is TemplateClass.MARKETING:
        hints.append(Hint(Tone.INFO, texts.ui("office.hint.marketing")))
    return tuple(hints)


def _since(one: Template, decisions: Sequence[Decision]) -> Since | None:
    if not decisions or one.decided_at is not None:
        return None
    changed = changes(decisions[0].seen, under_review(one))
    return Since(
        decisions[0],
        tuple(rewritten(Key(_TEXTS[each.field]), each.before, each.after) for each in changed),
    )
