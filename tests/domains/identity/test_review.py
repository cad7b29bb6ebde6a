from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit import service as audit_service
from umcloud.domains.identity import errors, queries, rules, service
from umcloud.domains.identity.invariants import violations
from umcloud.domains.identity.model import (
    Application,
    ApplicationState,
    DocumentKind,
    Level,
)
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId
from umcloud.kernel.refusals import Refusal

SEALER = Sealer("a secret for tests only")
VAULT = Vault(SEALER, memory_kib=8, rounds=1)
USCC = "91110000600037341L"
LICENCE = b"%PDF-1.7 the licence of a company"


@pytest.fixture
def audited(tx: Tx) -> Tx:
    tx.bus.on_everything(audit_service.record)
    return tx


async def open_account(tx: Tx, act: Act, email: str = "lin@example.com") -> AccountId:
    made = await accounts.open_account(
        tx,
        act,
        contact=Contact(Channel.EMAIL, email),
        password="correct-horse-42",
        name="林一",
        organisation="杭州示例科技",
        vault=VAULT,
    )
    return made.account.id


async def draft(tx: Tx, act: Act, mine: AccountId, name: str = "杭州示例科技") -> Application:
    return await service.draft(tx, act, account_id=mine, name=name, uscc=USCC, legal_person="林一")


async def attach(tx: Tx, act: Act, mine: AccountId, content: bytes = LICENCE) -> None:
    await service.attach(
        tx, act, account_id=mine, kind=DocumentKind.LICENCE, content=content, sealer=SEALER
    )


async def submitted(tx: Tx, act: Act, mine: AccountId, name: str = "杭州示例科技") -> Application:
    await draft(tx, act, mine, name)
    await attach(tx, act, mine)
    return await service.submit(tx, act, account_id=mine)


@pytest.mark.clause("C3.3")
async def test_the_gate_opens_by_approval_only(audited: Tx, act: Act) -> None:
    mine = await open_account(audited, act)
    assert await queries.level(audited, mine) is Level.CONTACT
    application = await submitted(audited, act, mine)
    assert await queries.level(audited, mine) is Level.CONTACT
    await service.approve(audited, act, application_id=application.id)
    assert await queries.level(audited, mine) is Level.ORGANISATION
    subject = await queries.subject(audited, mine)
    assert subject is not None
    assert subject.organisation == application.organisation
    assert await violations(audited, act.now) == []
    names = {record.name for record in await audit.for_account(audited, mine)}
    assert {"identity.submitted", "identity.approved"} <= names


async def test_what_is_missing_is_named(audited: Tx, act: Act) -> None:
    mine = await open_account(audited, act)
    with pytest.raises(errors.ApplicationNotFound):
        await service.submit(audited, act, account_id=mine)
    with pytest.raises(errors.ApplicationNotFound):
        await attach(audited, act, mine)
    await draft(audited, act, mine)
    with pytest.raises(errors.DocumentsMissing) as refused:
        await service.submit(audited, act, account_id=mine)
    assert refused.value.facts == {"missing": (DocumentKind.LICENCE,)}


async def test_states_refuse_what_they_do_not_allow(audited: Tx, act: Act) -> None:
    mine = await open_account(audited, act)
    application = await draft(audited, act, mine)
    with pytest.raises(errors.ApplicationNotFound):
        await service.approve(audited, act, application_id=application.id)
    await attach(audited, act, mine)
    await service.submit(audited, act, account_id=mine)

    async def refused(expected: type[Refusal]) -> None:
        with pytest.raises(expected):
            await draft(audited, act, mine)
        with pytest.raises(expected):
            await attach(audited, act, mine)
        with pytest.raises(expected):
            await service.submit(audited, act, account_id=mine)

    await refused(errors.UnderReview)
    await service.approve(audited, act, application_id=application.id)
    await refused(errors.AlreadyProved)
    with pytest.raises(errors.AlreadyDecided):
        await service.refuse(audited, act, application_id=application.id, reason="late")


async def test_a_refused_one_is_mended_with_its_documents(audited: Tx, act: Act) -> None:
    mine = await open_account(audited, act)
    first = await submitted(audited, act, mine)
    with pytest.raises(errors.ReasonMissing):
        await service.refuse(audited, act, application_id=first.id, reason="  ")
    await service.refuse(audited, act, application_id=first.id, reason="执照模糊")
    seen = await queries.current(audited, mine)
    assert seen is not None
    assert (seen.state, seen.reason) == (ApplicationState.REFUSED, "执照模糊")
    later = replace(act, now=act.now + timedelta(hours=1))
    second = await draft(audited, later, mine)
    assert second.id != first.id
    await service.submit(audited, later, account_id=mine)
    (item,) = await queries.queue(audited)
    assert item.application.id == second.id
    assert item.refused_before == 1
    assert len(item.documents) == 1


@pytest.mark.clause("C13.2")
async def test_documents_rest_sealed_and_every_view_is_logged(audited: Tx, act: Act) -> None:
    mine = await open_account(audited, act)
    application = await draft(audited, act, mine)
    await attach(audited, act, mine, b"%PDF- the first one")
    await attach(audited, act, mine)
    (document,) = await queries.documents(audited, application.id)
    assert document.size == len(LICENCE)
    row = (await audited.sql("SELECT sealed FROM identity_document")).one()
    assert b"company" not in row.sealed
    viewed, content = await service.view_document(
        audited, act, document_id=document.id, sealer=SEALER
    )
    assert (viewed, content) == (document, LICENCE)
    stranger = await open_account(audited, act, "other@example.com")
    with pytest.raises(errors.DocumentNotFound):
        await service.view_document(
            audited, act, document_id=document.id, sealer=SEALER, account_id=stranger
        )
    views = await audit.latest(audited, name="identity.document_viewed")
    assert [record.facts["document_id"] for record in views] == [str(document.id)]


@pytest.mark.clause("C6.1")
async def test_one_subject_many_accounts_one_account_one_subject(audited: Tx, act: Act) -> None:
    first, second = [await open_account(audited, act, f"{who}@example.com") for who in "ab"]
    for mine in (first, second):
        application = await submitted(audited, act, mine)
        await service.approve(audited, act, application_id=application.id)
    one, other = await queries.subject(audited, first), await queries.subject(audited, second)
    assert one == other
    assert one is not None
    with pytest.raises(IntegrityError):
        async with audited.savepoint():
            await audited.sql(
                "INSERT INTO account_subject SELECT account_id, subject_id, since "
                "FROM account_subject LIMIT 1"
            )


async def test_a_code_under_another_name_is_not_approved(audited: Tx, act: Act) -> None:
    first, second = [await open_account(audited, act, f"{who}@example.com") for who in "ab"]
    known = await submitted(audited, act, first)
    await service.approve(audited, act, application_id=known.id)
    other = await submitted(audited, act, second, "别的公司")
    (item,) = await queries.queue(audited)
    assert item.other_accounts == 1
    with pytest.raises(errors.SubjectNameDiffers):
        await service.approve(audited, act, application_id=other.id)


async def test_the_queue_shows_the_oldest_first_with_its_age(audited: Tx, act: Act) -> None:
    for hours in (2, 0, 1):
        then = replace(act, now=act.now + timedelta(hours=hours))
        mine = await open_account(audited, then, f"h{hours}@example.com")
        await submitted(audited, then, mine)
    now = act.now + timedelta(hours=3)
    items = await queries.queue(audited, limit=2)
    ages = [rules.age(item.application, now) for item in items]
    assert ages == [timedelta(hours=3), timedelta(hours=2)]
    rest = await queries.queue(audited, after=items[-1].application)
    assert [rules.age(item.application, now) for item in rest] == [timedelta(hours=1)]
    assert await queries.queue_length(audited) == 3


async def test_two_reviewers_at_once_decide_once(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        mine = await open_account(tx, act)
        application = await submitted(tx, act, mine)

    async def decide(*, approve: bool) -> str:
        try:
            async with database.transaction() as tx:
                if approve:
                    await service.approve(tx, act, application_id=application.id)
                else:
                    await service.refuse(tx, act, application_id=application.id, reason="no")
        except errors.AlreadyDecided:
            return "late"
        return "decided"

    outcomes = await asyncio.gather(*(decide(approve=bool(turn % 2)) for turn in range(4)))
    assert sorted(outcomes) == ["decided", "late", "late", "late"]
    async with database.transaction() as tx:
        assert await violations(tx, act.now) == []


async def test_planted_faults_are_found(audited: Tx, act: Act) -> None:
    application = await submitted(audited, act, await open_account(audited, act))
    await service.approve(audited, act, application_id=application.id)
    await audited.sql("UPDATE identity_application SET uscc = '914403007152622436'")
    assert "nobody approved" in (await violations(audited, act.now))[0]
    await audited.sql("DELETE FROM account_subject")
    assert "no subject" in (await violations(audited, act.now))[0]
