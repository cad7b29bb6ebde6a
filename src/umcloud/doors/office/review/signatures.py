"""The queue of signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from uuid import UUID

from umcloud.domains.identity import queries as identity
from umcloud.domains.resources.review.model import Changed, Decision, ReviewState
from umcloud.domains.resources.review.rules import changes
from umcloud.domains.resources.signatures import queries, service
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    Evidence,
    EvidenceKind,
    Signature,
    SignaturePurpose,
    SignatureType,
)
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Badge, Code, Key, Link, Tone, named
from umcloud.doors.office.review.changes import TONES, Rewrite, Since, rewritten, steps
from umcloud.doors.office.review.queue import Case, Hint, Paper, Waiting, account_link
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act
from umcloud.kernel.ids import SignatureId, show

_SIMILAR_MOST = 5
_TEXTS = {"text": "office.case.text", "description": "office.case.description"}
_CHOICES: dict[str, tuple[str, type[Enum]]] = {
    "type": ("office.case.type", SignatureType),
    "purpose": ("office.case.purpose", SignaturePurpose),
    "certificate_type": ("office.case.certificate", CertificateType),
}


class SignaturesQueue:
    """Signatures: taken first, then decided about the revision that was seen."""

    name: str = "signatures"
    prefix: str = "sig"
    reasons: int = 5

    async def waiting(self, tx: Tx, now: datetime, limit: int) -> list[Waiting]:
        """Return undecided signatures, longest waiting first."""
        found = [one.item for one in await queries.review_queue(tx, now, limit=limit)]
        return [Waiting(one.id, f"【{one.text}】", one.submitted_at, one.taken_by) for one in found]

    async def length(self, tx: Tx) -> int:
        """Return how many are undecided."""
        numbers = await queries.counts(tx)
        return numbers[ReviewState.WAITING] + numbers[ReviewState.IN_REVIEW]

    async def case(self, tx: Tx, texts: Texts, item: UUID) -> Case | None:
        """Return the signature beside who the customer is proved to be."""
        one = await queries.by_id(tx, SignatureId(item))
        if one is None:
            return None
        subject = await identity.subject(tx, one.account_id)
        proved = subject.organisation.name if subject else None
        facts = (
            Fact(Key("office.case.organisation"), proved),
            Fact(Key("office.case.account"), await account_link(tx, one.account_id)),
            Fact(Key("office.case.type"), named(one.type)),
            Fact(Key("office.case.purpose"), named(one.purpose)),
            Fact(Key("office.case.certificate"), named(one.certificate_type)),
            Fact(Key("office.case.description"), one.description or None),
            Fact(Key("office.case.public_id"), Code(one.public_id)),
            Fact(Key("office.case.submitted"), one.submitted_at),
        )
        papers = await queries.evidence(tx, one.id)
        decisions = await queries.decisions(tx, one.id)
        return Case(
            id=one.id,
            title=f"[{one.text}]" if one.international else f"【{one.text}】",
            state=Badge(named(one.state), TONES[one.state]),
            account_id=one.account_id,
            facts=facts,
            hints=await _hints(tx, texts, one, proved),
            papers=tuple(_paper(texts, paper) for paper in papers),
            revision=one.revision,
            taken_by=one.taken_by,
            may_take=one.state is ReviewState.WAITING,
            may_decide=one.state is ReviewState.IN_REVIEW,
            may_disable=one.state is ReviewState.APPROVED or one.stopped,
            may_restore=one.is_disabled,
            reason=one.reason,
            since=await _since(tx, texts, one, decisions),
            steps=await steps(tx, one, decisions),
        )

    async def take(self, tx: Tx, act: Act, item: UUID) -> None:
        """Take it into review."""
        await service.take(tx, act, signature_id=SignatureId(item))

    async def approve(self, tx: Tx, act: Act, item: UUID, revision: int) -> None:
        """Let the customer send with it."""
        await service.approve(tx, act, signature_id=SignatureId(item), revision=revision)

    async def refuse(self, tx: Tx, act: Act, item: UUID, revision: int, reason: str) -> None:
        """Refuse it, with a reason for the customer."""
        await service.refuse(
            tx, act, signature_id=SignatureId(item), revision=revision, reason=reason
        )

    async def disable(self, tx: Tx, act: Act, item: UUID, reason: str) -> None:
        """Let nothing be sent with it from now on."""
        await service.disable(tx, act, signature_id=SignatureId(item), reason=reason)

    async def restore(self, tx: Tx, act: Act, item: UUID) -> None:
        """Let it be used again."""
        await service.restore(tx, act, signature_id=SignatureId(item))


async def _hints(tx: Tx, texts: Texts, one: Signature, proved: str | None) -> tuple[Hint, ...]:
    hints = []
    if proved is None:
        hints.append(Hint(Tone.BAD, texts.ui("office.hint.unproved")))
    elif one.text in proved:
        hints.append(Hint(Tone.GOOD, texts.ui("office.hint.text_in_name")))
    else:
        hints.append(Hint(Tone.ATTENTION, texts.ui("office.hint.text_not_in_name")))
    if one.purpose is SignaturePurpose.OTHERS:
        hints.append(Hint(Tone.ATTENTION, texts.ui("office.hint.others")))
    alike = await queries.search(tx, containing=one.text, limit=_SIMILAR_MOST)
    others = [other for other in alike.items if other.account_id != one.account_id]
    if others:
        words = ", ".join(f"【{other.text}】{texts.say(other.state)}" for other in others)
        hints.append(Hint(Tone.INFO, texts.ui("office.hint.alike", others=words)))
    return tuple(hints)


async def _since(
    tx: Tx, texts: Texts, one: Signature, decisions: Sequence[Decision]
) -> Since | None:
    if not decisions or one.decided_at is not None:
        return None
    files = {str(file.id): file for file in await queries.evidence(tx, one.id, replaced=True)}
    changed = changes(decisions[0].seen, await queries.under_review(tx, one))
    return Since(decisions[0], tuple(_rewrite(texts, each, files) for each in changed))


def _rewrite(texts: Texts, changed: Changed, files: Mapping[str, Evidence]) -> Rewrite:
    if changed.field in _TEXTS:
        return rewritten(Key(_TEXTS[changed.field]), changed.before, changed.after)
    if changed.field in _CHOICES:
        label, kind = _CHOICES[changed.field]
        return Rewrite(Key(label), texts.say(kind[changed.before]), texts.say(kind[changed.after]))
    before, after = (
        Link(files[name].file_name, _paper_path(files[name])) if name else None
        for name in (changed.before, changed.after)
    )
    return Rewrite(texts.say(EvidenceKind(changed.field)), before, after)


def _paper_path(evidence: Evidence) -> str:
    return f"/reviews/evidence/{show('doc', evidence.id)}"


def _paper(texts: Texts, evidence: Evidence) -> Paper:
    return Paper(
        title=named(evidence.kind),
        path=_paper_path(evidence),
        is_image=evidence.media_type.startswith("image/"),
        about=f"{evidence.file_name} · {texts.size(evidence.size)}",
    )
