"""Two act on one application at once: the first wins, the other is told what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from tests.domains.resources.test_templates import approve_signature
from umcloud.domains.resources.review import history
from umcloud.domains.resources.review.model import Reviewed, ReviewState
from umcloud.domains.resources.signatures import errors as signature_errors
from umcloud.domains.resources.signatures import service as signatures
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.domains.resources.templates import errors as template_errors
from umcloud.domains.resources.templates import service as templates
from umcloud.domains.resources.templates.model import TemplateClass, TemplateDraft
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act, Actor, ActorKind
from umcloud.kernel.ids import AccountId
from umcloud.kernel.refusals import Refusal

ACCOUNT = AccountId(UUID(int=1))
SIGNATURE = SignatureDraft(
    "优铭云", SignatureType.COMPANY, SignaturePurpose.OWN, CertificateType.LICENCE
)
TEMPLATE = TemplateDraft(TemplateClass.OTP, "登录", "您的验证码是{1}。")
Deed = Callable[[Tx], Awaitable[Reviewed]]


@dataclass(frozen=True)
class Application:
    """Something in review, and what a reviewer and the customer can do to it at once."""

    errors: ModuleType
    service: ModuleType
    named: dict[str, Any]
    edited: dict[str, Any]
    act: Act
    seen: Reviewed

    def approve(self, by: int = 1) -> Deed:
        return lambda tx: self.service.approve(
            tx, self._staff(by), revision=self.seen.revision, **self.named
        )

    def refuse(self, by: int = 2) -> Deed:
        return lambda tx: self.service.refuse(
            tx, self._staff(by), revision=self.seen.revision, reason="看不清", **self.named
        )

    def edit(self) -> Deed:
        return lambda tx: self.service.update(
            tx,
            self.act,
            account_id=ACCOUNT,
            revision=self.seen.revision,
            **self.named,
            **self.edited,
        )

    def _staff(self, number: int) -> Act:
        return replace(self.act, actor=Actor(ActorKind.STAFF, UUID(int=number)))


@pytest.fixture(params=["signature", "template"])
async def application(request: pytest.FixtureRequest, database: Database, act: Act) -> Application:
    async with database.transaction() as tx:
        if request.param == "signature":
            made = await signatures.create(tx, act, account_id=ACCOUNT, draft=SIGNATURE)
            return Application(
                signature_errors,
                signatures,
                {"signature_id": made.id},
                {"draft": replace(SIGNATURE, text="优铭云短信")},
                act,
                await signatures.take(tx, act, signature_id=made.id),
            )
        await approve_signature(tx, act)
        wanted = await templates.create(tx, act, account_id=ACCOUNT, draft=TEMPLATE)
        return Application(
            template_errors,
            templates,
            {"template_id": wanted.id},
            {"content": "您的动态码是{1}。"},
            act,
            await templates.take(tx, act, template_id=wanted.id),
        )


async def done(database: Database, deed: Deed) -> Reviewed:
    async with database.transaction() as tx:
        return await deed(tx)


async def after(database: Database, first: Deed, second: Deed) -> tuple[Reviewed, Any]:
    """Start the second deed while the first is not committed yet; return what came of both."""
    async with database.transaction() as tx:
        won = await first(tx)
        late = asyncio.create_task(done(database, second))
        await until_it_waits(tx, late)
    [lost] = await asyncio.gather(late, return_exceptions=True)
    return won, lost


async def until_it_waits(tx: Tx, task: asyncio.Task[Reviewed]) -> None:
    clock = asyncio.get_running_loop()
    deadline = clock.time() + 10
    while clock.time() < deadline and not task.done():
        # Of the views that tell, this one is not frozen for the transaction that asks.
        found = await tx.sql("SELECT count(*) AS n FROM pg_locks WHERE NOT granted")
        if found.one().n:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the second deed did not wait for the first")


async def verdicts(database: Database, one: Application) -> list[ReviewState]:
    async with database.transaction() as tx:
        return [each.verdict for each in await history.decisions(tx, one.seen.id)]


async def test_of_two_decisions_at_once_one_counts(
    database: Database, application: Application
) -> None:
    both = application.approve(), application.refuse()
    results = await asyncio.gather(*(done(database, deed) for deed in both), return_exceptions=True)
    [won] = [result for result in results if isinstance(result, Reviewed)]
    [lost] = [result for result in results if isinstance(result, Refusal)]
    assert type(lost) is application.errors.NotInReview
    assert lost.facts == {"state": won.state}
    assert await verdicts(database, application) == [won.state]


async def test_the_slower_reviewer_is_told_what_was_decided(
    database: Database, application: Application
) -> None:
    won, lost = await after(database, application.refuse(), application.approve())
    assert (won.state, won.reason) == (ReviewState.REJECTED, "看不清")
    assert type(lost) is application.errors.NotInReview
    assert await verdicts(database, application) == [ReviewState.REJECTED]


async def test_an_edit_before_the_decision_undoes_it(
    database: Database, application: Application
) -> None:
    won, lost = await after(database, application.edit(), application.approve())
    assert won.state is ReviewState.WAITING
    assert type(lost) is application.errors.NotInReview
    assert await verdicts(database, application) == []


@pytest.mark.parametrize(
    ("decide", "refusal"),
    [(Application.approve, "NotEditable"), (Application.refuse, "MovedOn")],
)
async def test_a_decision_before_the_edit_is_read_first(
    database: Database,
    application: Application,
    decide: Callable[[Application], Deed],
    refusal: str,
) -> None:
    won, lost = await after(database, decide(application), application.edit())
    assert type(lost) is getattr(application.errors, refusal)
    assert await verdicts(database, application) == [won.state]


async def test_of_an_edit_and_a_decision_at_once_exactly_one_wins(
    database: Database, application: Application
) -> None:
    both = application.edit(), application.refuse()
    results = await asyncio.gather(*(done(database, deed) for deed in both), return_exceptions=True)
    [won] = [result for result in results if isinstance(result, Reviewed)]
    [lost] = [result for result in results if isinstance(result, Refusal)]
    decided = won.state is ReviewState.REJECTED
    expected = application.errors.MovedOn if decided else application.errors.NotInReview
    assert type(lost) is expected
    assert await verdicts(database, application) == ([won.state] if decided else [])


async def test_two_colleagues_do_not_edit_over_each_other(
    database: Database, application: Application
) -> None:
    won, lost = await after(database, application.edit(), application.edit())
    assert won.state is ReviewState.WAITING
    assert type(lost) is application.errors.MovedOn
