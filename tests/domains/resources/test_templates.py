from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from umcloud.domains.resources.approved import approved_for
from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import service as signatures
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.domains.resources.templates import errors, events, queries, service
from umcloud.domains.resources.templates.model import Template, TemplateClass, TemplateDraft
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, TemplateId
from umcloud.kernel.refusals import Refusal

ACCOUNT = AccountId(UUID(int=1))
OTHER = AccountId(UUID(int=2))
OTP = TemplateDraft(TemplateClass.OTP, "登录", "您的验证码是{1}，{2}分钟内有效。")
MARKETING = TemplateDraft(TemplateClass.MARKETING, "春季", "春季新品", unsubscribe="拒收请回复R")


async def approve_signature(tx: Tx, act: Act, account_id: AccountId = ACCOUNT) -> None:
    draft = SignatureDraft(
        "优铭云", SignatureType.COMPANY, SignaturePurpose.OWN, CertificateType.LICENCE
    )
    one = await signatures.create(tx, act, account_id=account_id, draft=draft)
    one = await signatures.take(tx, act, signature_id=one.id)
    await signatures.approve(tx, act, signature_id=one.id, revision=one.revision)


async def approved(tx: Tx, act: Act, draft: TemplateDraft = OTP) -> Template:
    one = await service.create(tx, act, account_id=ACCOUNT, draft=draft)
    one = await service.take(tx, act, template_id=one.id)
    return await service.approve(tx, act, template_id=one.id, revision=one.revision)


async def test_a_signature_comes_first(tx: Tx, act: Act) -> None:
    with pytest.raises(errors.SignatureFirst):
        await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    await approve_signature(tx, act, OTHER)
    with pytest.raises(errors.SignatureFirst):
        await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    await approve_signature(tx, act)
    assert (await service.create(tx, act, account_id=ACCOUNT, draft=OTP)).variable_count == 2


async def test_from_application_to_use(tx: Tx, act: Act) -> None:
    told: list[Event] = []

    async def listen(_tx: Tx, _act: Act, event: Event) -> None:
        told.append(event)

    await approve_signature(tx, act)
    tx.bus.on_everything(listen)
    otp = await approved(tx, act)
    marketing = await approved(tx, act, MARKETING)
    await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    assert otp.public_id.startswith("UTA260302")
    assert await queries.by_public_id(tx, otp.public_id, ACCOUNT) == otp
    assert await queries.by_public_id(tx, otp.public_id, OTHER) is None
    usable = await approved_for(tx, ACCOUNT)
    assert set(usable.templates) == {otp.public_id, marketing.public_id}
    assert usable.templates[marketing.public_id].content == "春季新品拒收请回复R"
    assert usable.templates[otp.public_id].variable_count == 2
    assert usable.default_signature == usable.signatures["优铭云"]
    nothing = await approved_for(tx, OTHER)
    assert (nothing.signatures, nothing.templates, nothing.default_signature) == ({}, {}, None)
    assert [type(event) for event in told[:3]] == [
        events.TemplateSubmitted,
        events.TemplateTaken,
        events.TemplateApproved,
    ]


async def test_a_name_keeps_the_state_and_a_content_resets_it(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    one = await approved(tx, act)
    renamed = await service.update(
        tx, act, account_id=ACCOUNT, template_id=one.id, name="注册", content=one.content
    )
    assert (renamed.state, renamed.name) == (ReviewState.APPROVED, "注册")
    with pytest.raises(errors.NotEditable):
        await service.update(tx, act, account_id=ACCOUNT, template_id=one.id, content="动态码{1}")
    two = await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    two = await service.take(tx, act, template_id=two.id)
    two = await service.refuse(
        tx, act, template_id=two.id, revision=two.revision, reason="用途不明"
    )
    later = replace(act, now=act.now + timedelta(hours=1))
    two = await service.update(
        tx, later, account_id=ACCOUNT, template_id=two.id, content="动态码{1}"
    )
    assert (two.state, two.reason, two.variable_count) == (ReviewState.WAITING, "", 1)
    assert two.submitted_at == later.now
    with pytest.raises(errors.CodeWordMissing):
        await service.update(tx, act, account_id=ACCOUNT, template_id=two.id, content="您好")
    disabled = await service.disable(tx, act, template_id=one.id, reason="投诉")
    assert disabled.reason == "投诉"
    with pytest.raises(errors.NotEditable):
        await service.update(tx, act, account_id=ACCOUNT, template_id=one.id, name="登录2")


async def test_what_states_and_strangers_may_not(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    one = await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    with pytest.raises(errors.TemplateUnknown):
        await service.delete(tx, act, account_id=OTHER, template_id=one.id)
    with pytest.raises(errors.TemplateUnknown):
        await service.update(tx, act, account_id=OTHER, template_id=one.id, name="他人")
    with pytest.raises(errors.NotInReview):
        await service.refuse(tx, act, template_id=one.id, revision=1, reason="原因")
    with pytest.raises(errors.NotApproved):
        await service.disable(tx, act, template_id=one.id, reason="原因")
    seen = await service.take(tx, act, template_id=one.id)
    with pytest.raises(errors.NotWaiting):
        await service.take(tx, act, template_id=one.id)
    with pytest.raises(errors.UnderReview):
        await service.delete(tx, act, account_id=ACCOUNT, template_id=one.id)
    with pytest.raises(errors.ReasonMissing):
        await service.refuse(tx, act, template_id=one.id, revision=seen.revision, reason=" ")
    await service.update(tx, act, account_id=ACCOUNT, template_id=one.id, name="改名")
    with pytest.raises(errors.ChangedMeanwhile):
        await service.approve(tx, act, template_id=one.id, revision=seen.revision)
    await service.approve(tx, act, template_id=one.id, revision=seen.revision + 1)
    await service.delete(tx, act, account_id=ACCOUNT, template_id=one.id)
    with pytest.raises(errors.TemplateUnknown):
        await service.take(tx, act, template_id=TemplateId(UUID(int=5)))
    assert await queries.by_id(tx, one.id) is None


async def test_lists_page_filter_and_count(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    for number in range(4):
        moment = replace(act, now=act.now + timedelta(minutes=number))
        draft = replace(OTP, name=f"模板_{number}")
        await service.create(tx, moment, account_id=ACCOUNT, draft=draft)
    other = await service.create(tx, act, account_id=ACCOUNT, draft=MARKETING)
    await service.take(tx, act, template_id=other.id)
    first = await queries.search(tx, account_id=ACCOUNT, limit=3)
    assert [one.name for one in first.items] == ["模板_3", "模板_2", "模板_1"]
    rest = await queries.search(tx, account_id=ACCOUNT, before=first.next_before)
    assert {one.name for one in rest.items} == {"模板_0", "春季"}
    assert rest.next_before is None
    marketing = await queries.search(tx, classes=[TemplateClass.MARKETING])
    assert marketing.items == (await queries.search(tx, states=[ReviewState.IN_REVIEW])).items
    assert [one.name for one in (await queries.search(tx, containing="_2")).items] == ["模板_2"]
    counted = await queries.counts(tx, ACCOUNT)
    assert (counted[ReviewState.WAITING], counted[ReviewState.IN_REVIEW]) == (4, 1)
    queue = await queries.review_queue(tx, act.now + timedelta(hours=2), limit=2)
    assert {entry.item.name for entry in queue} == {"模板_0", "春季"}
    assert queue[0].age == timedelta(hours=2)
    after = await queries.review_queue(tx, act.now, after=queue[-1].item)
    assert [entry.item.name for entry in after] == ["模板_1", "模板_2", "模板_3"]


async def test_two_reviewers_at_once_one_decides(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        await approve_signature(tx, act)
        made = await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
        seen = await service.take(tx, act, template_id=made.id)

    async def decide(*, yes: bool) -> Template:
        async with database.transaction() as tx:
            if yes:
                return await service.approve(tx, act, template_id=made.id, revision=seen.revision)
            return await service.refuse(
                tx, act, template_id=made.id, revision=seen.revision, reason="重复"
            )

    results = await asyncio.gather(decide(yes=True), decide(yes=False), return_exceptions=True)
    won = [result for result in results if isinstance(result, Template)]
    lost = [result for result in results if isinstance(result, Refusal)]
    assert len(won) == 1
    assert [type(result) for result in lost] == [errors.NotInReview]
    async with database.transaction() as tx:
        assert await queries.by_id(tx, made.id) == won[0]
