"""The queue of real-name applications."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from umcloud.domains.identity import queries, service
from umcloud.domains.identity.model import (
    ApplicationId,
    ApplicationState,
    Document,
    MediaType,
    QueueItem,
)
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Badge, Code, Key, Tone, named
from umcloud.doors.office.review.queue import Case, Hint, Paper, Waiting, account_link
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act
from umcloud.kernel.ids import show

TONES = {
    ApplicationState.DRAFT: Tone.IDLE,
    ApplicationState.SUBMITTED: Tone.WAITING,
    ApplicationState.APPROVED: Tone.GOOD,
    ApplicationState.REFUSED: Tone.BAD,
}


class AccountsQueue:
    """Organisations that want to be known by name; they are decided without being taken."""

    name: str = "accounts"
    prefix: str = "rev"
    reasons: int = 5

    async def waiting(self, tx: Tx, now: datetime, limit: int) -> list[Waiting]:
        """Return submitted applications, longest waiting first."""
        found = [item.application for item in await queries.queue(tx, limit=limit)]
        return [Waiting(one.id, one.organisation.name, one.submitted_at or now) for one in found]

    async def length(self, tx: Tx) -> int:
        """Return how many applications wait."""
        return await queries.queue_length(tx)

    async def case(self, tx: Tx, texts: Texts, item: UUID) -> Case | None:
        """Return the application with its documents and what else is known."""
        found = await queries.queue_item(tx, ApplicationId(item))
        if found is None or found.application.state is ApplicationState.DRAFT:
            return None
        one = found.application
        facts = (
            Fact(Key("office.case.organisation"), one.organisation.name),
            Fact(Key("office.case.uscc"), Code(one.organisation.uscc)),
            Fact(Key("office.case.legal_person"), one.organisation.legal_person),
            Fact(Key("office.case.account"), await account_link(tx, one.account_id)),
            Fact(Key("office.case.submitted"), one.submitted_at),
        )
        return Case(
            id=one.id,
            title=one.organisation.name,
            state=Badge(named(one.state), TONES[one.state]),
            account_id=one.account_id,
            facts=facts,
            hints=_hints(texts, found),
            papers=tuple(_paper(texts, document) for document in found.documents),
            may_decide=one.state is ApplicationState.SUBMITTED,
            reason=one.reason or "",
        )

    async def take(self, tx: Tx, act: Act, item: UUID) -> None:
        """Do nothing: an application is decided in one step."""

    async def approve(self, tx: Tx, act: Act, item: UUID, revision: int) -> None:
        """Find the organisation proved."""
        del revision
        await service.approve(tx, act, application_id=ApplicationId(item))

    async def refuse(self, tx: Tx, act: Act, item: UUID, revision: int, reason: str) -> None:
        """Find it not proved, with a reason for the customer."""
        del revision
        await service.refuse(tx, act, application_id=ApplicationId(item), reason=reason)


def _hints(texts: Texts, item: QueueItem) -> tuple[Hint, ...]:
    hints = [Hint(Tone.GOOD, texts.ui("office.hint.uscc_valid"))]
    if item.other_accounts:
        words = texts.ui("office.hint.other_accounts", n=item.other_accounts)
        hints.append(Hint(Tone.INFO, words))
    if item.refused_before:
        words = texts.ui("office.hint.refused_before", n=item.refused_before)
        hints.append(Hint(Tone.ATTENTION, words))
    if item.account_name and item.account_name != item.application.organisation.name:
        words = texts.ui("office.hint.name_differs", name=item.account_name)
        hints.append(Hint(Tone.ATTENTION, words))
    return tuple(hints)


def _paper(texts: Texts, document: Document) -> Paper:
    return Paper(
        title=named(document.kind),
        path=f"/reviews/documents/{show('doc', document.id)}",
        is_image=document.media_type is not MediaType.PDF,
        about=f"{document.media_type.value} · {texts.size(document.size)}",
    )
