from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import errors, events, queries, service
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    EvidenceFile,
    EvidenceKind,
    Signature,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act, Actor, ActorKind
from umcloud.kernel.ids import AccountId
from umcloud.kernel.refusals import Refusal

ACCOUNT = AccountId(UUID(int=1))
OTHER = AccountId(UUID(int=2))
PNG = EvidenceFile(b"\x89PNG\r\n\x1a\n first", "licence.png")
PDF = EvidenceFile(b"%PDF-1.7 second", "licence.pdf")
DRAFT = SignatureDraft(
    "优铭云", SignatureType.COMPANY, SignaturePurpose.OWN, CertificateType.LICENCE
)


@pytest.fixture
def heard(tx: Tx) -> list[Event]:
    told: list[Event] = []

    async def listen(_tx: Tx, _act: Act, event: Event) -> None:
        told.append(event)

    tx.bus.on_everything(listen)
    return told


@pytest.fixture
def reviewer(act: Act) -> Act:
    return replace(act, actor=Actor(ActorKind.STAFF, UUID(int=99)))


async def approved(tx: Tx, act: Act, text: str = "优铭云") -> Signature:
    one = await service.create(tx, act, account_id=ACCOUNT, draft=replace(DRAFT, text=text))
    one = await service.take(tx, act, signature_id=one.id)
    return await service.approve(tx, act, signature_id=one.id, revision=one.revision)


async def test_from_application_to_use(tx: Tx, act: Act, reviewer: Act, heard: list[Event]) -> None:
    made = await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT, certificate=PNG)
    assert made.public_id.startswith("SIG20260302")
    assert len(made.public_id) == 17
    assert made.state is ReviewState.WAITING
    taken = await service.take(tx, reviewer, signature_id=made.id)
    assert taken.state is ReviewState.IN_REVIEW
    done = await service.approve(tx, reviewer, signature_id=made.id, revision=taken.revision)
    assert done.state is ReviewState.APPROVED
    assert done.is_default
    assert done.reviewer_id == UUID(int=99)
    assert await queries.by_public_id(tx, made.public_id) == done
    facts, default = await queries.approved(tx, ACCOUNT)
    assert default is not None
    assert facts == {"优铭云": default}
    assert default.bracketed == "【优铭云】"
    assert await queries.has_approved(tx, ACCOUNT)
    assert not await queries.has_approved(tx, OTHER)
    assert [type(event) for event in heard] == [
        events.SignatureSubmitted,
        events.SignatureTaken,
        events.SignatureApproved,
    ]


async def test_a_refused_one_is_corrected_and_queued_again(tx: Tx, act: Act, reviewer: Act) -> None:
    made = await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT, certificate=PNG)
    taken = await service.take(tx, reviewer, signature_id=made.id)
    refused = await service.refuse(
        tx, reviewer, signature_id=made.id, revision=taken.revision, reason="证件不清晰"
    )
    assert (refused.state, refused.reason) == (ReviewState.REJECTED, "证件不清晰")
    later = replace(act, now=act.now + timedelta(hours=1))
    edited = await service.update(
        tx,
        later,
        account_id=ACCOUNT,
        signature_id=made.id,
        draft=replace(refused.draft, text="优铭云计算"),
        certificate=PDF,
    )
    assert (edited.state, edited.reason) == (ReviewState.WAITING, "")
    assert edited.submitted_at == later.now
    (file,) = await queries.evidence(tx, made.id)
    assert (file.kind, file.media_type) == (EvidenceKind.CERTIFICATE, "application/pdf")
    found = await queries.evidence_file(tx, file.id)
    assert found == (file, PDF)


async def test_an_edit_undoes_a_review_under_way(tx: Tx, act: Act, reviewer: Act) -> None:
    made = await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT)
    seen = await service.take(tx, reviewer, signature_id=made.id)
    await service.update(
        tx, act, account_id=ACCOUNT, signature_id=made.id, draft=replace(DRAFT, text="优铭云2")
    )
    with pytest.raises(errors.NotInReview):
        await service.approve(tx, reviewer, signature_id=made.id, revision=seen.revision)
    await service.take(tx, reviewer, signature_id=made.id)
    with pytest.raises(errors.ChangedMeanwhile):
        await service.approve(tx, reviewer, signature_id=made.id, revision=seen.revision)


async def test_what_states_forbid(tx: Tx, act: Act) -> None:
    one = await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT)
    with pytest.raises(errors.NotInReview):
        await service.approve(tx, act, signature_id=one.id, revision=1)
    with pytest.raises(errors.NotApproved):
        await service.make_default(tx, act, account_id=ACCOUNT, signature_id=one.id)
    one = await service.take(tx, act, signature_id=one.id)
    with pytest.raises(errors.NotWaiting):
        await service.take(tx, act, signature_id=one.id)
    with pytest.raises(errors.UnderReview):
        await service.delete(tx, act, account_id=ACCOUNT, signature_id=one.id)
    await service.approve(tx, act, signature_id=one.id, revision=one.revision)
    with pytest.raises(errors.NotEditable):
        await service.update(tx, act, account_id=ACCOUNT, signature_id=one.id, draft=DRAFT)
    one = await service.disable(tx, act, signature_id=one.id, reason="投诉")
    assert not one.is_default
    with pytest.raises(errors.NotApproved):
        await service.disable(tx, act, signature_id=one.id, reason="投诉")
    await service.delete(tx, act, account_id=ACCOUNT, signature_id=one.id)
    for gone in (one.id, UUID(int=7)):
        with pytest.raises(errors.SignatureUnknown):
            await service.take(tx, act, signature_id=gone)  # type: ignore[arg-type]  # both ids


async def test_a_default_that_was_stopped_is_the_default_again(tx: Tx, act: Act) -> None:
    one = await approved(tx, act)
    assert one.is_default
    one = await service.stop(tx, act, account_id=ACCOUNT, signature_id=one.id, reason="换了新的")
    assert not one.is_default
    one = await service.resume(tx, act, account_id=ACCOUNT, signature_id=one.id)
    assert one.is_default
    await service.disable(tx, act, signature_id=one.id, reason="投诉")
    other = await service.create(tx, act, account_id=ACCOUNT, draft=replace(DRAFT, text="优铭云3"))
    taken = await service.take(tx, act, signature_id=other.id)
    await service.approve(tx, act, signature_id=other.id, revision=taken.revision)
    assert not (await service.restore(tx, act, signature_id=one.id)).is_default


async def test_nobody_touches_a_foreign_signature(tx: Tx, act: Act) -> None:
    mine = await approved(tx, act)
    with pytest.raises(errors.SignatureUnknown):
        await service.delete(tx, act, account_id=OTHER, signature_id=mine.id)
    with pytest.raises(errors.SignatureUnknown):
        await service.make_default(tx, act, account_id=OTHER, signature_id=mine.id)
    with pytest.raises(errors.SignatureUnknown):
        await service.update(tx, act, account_id=OTHER, signature_id=mine.id, draft=DRAFT)
    assert await queries.by_public_id(tx, mine.public_id, OTHER) is None
    assert await queries.approved(tx, OTHER) == ({}, None)


async def test_a_text_is_taken_while_it_lives(tx: Tx, act: Act) -> None:
    one = await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT)
    with pytest.raises(errors.TextTaken) as refused:
        await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT)
    assert refused.value.facts == {"public_id": one.public_id}
    await service.create(tx, act, account_id=OTHER, draft=DRAFT)
    await service.delete(tx, act, account_id=ACCOUNT, signature_id=one.id)
    again = await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT)
    assert again.id != one.id


async def test_the_default_stays_until_it_goes(tx: Tx, act: Act) -> None:
    first = await approved(tx, act)
    second = await approved(tx, act, "优铭云短信")
    assert (first.is_default, second.is_default) == (True, False)
    chosen = await service.make_default(tx, act, account_id=ACCOUNT, signature_id=second.id)
    assert chosen.is_default
    _, default = await queries.approved(tx, ACCOUNT)
    assert default is not None
    assert default.id == second.id
    await service.delete(tx, act, account_id=ACCOUNT, signature_id=second.id)
    facts, default = await queries.approved(tx, ACCOUNT)
    assert default is None
    assert set(facts) == {"优铭云"}


async def test_lists_page_filter_and_count(tx: Tx, act: Act) -> None:
    made = []
    for number in range(5):
        moment = replace(act, now=act.now + timedelta(minutes=number))
        one = replace(DRAFT, text=f"签名_{number}")
        made.append(await service.create(tx, moment, account_id=ACCOUNT, draft=one))
    await service.take(tx, act, signature_id=made[0].id)
    await service.create(tx, act, account_id=OTHER, draft=DRAFT)
    first = await queries.search(tx, account_id=ACCOUNT, limit=3)
    assert [one.text for one in first.items] == ["签名_4", "签名_3", "签名_2"]
    second = await queries.search(tx, account_id=ACCOUNT, before=first.next_before, limit=3)
    assert [one.text for one in second.items] == ["签名_1", "签名_0"]
    assert second.next_before is None
    underlined = await queries.search(tx, account_id=ACCOUNT, containing="_3")
    assert [one.text for one in underlined.items] == ["签名_3"]
    taken = await queries.search(tx, states=[ReviewState.IN_REVIEW])
    assert [one.text for one in taken.items] == ["签名_0"]
    assert (await queries.search(tx, types=[SignatureType.APP])).items == ()
    counted = await queries.counts(tx, ACCOUNT)
    assert counted[ReviewState.WAITING] == 4
    assert counted[ReviewState.IN_REVIEW] == 1
    assert counted[ReviewState.APPROVED] == 0
    now = act.now + timedelta(hours=1)
    queue = await queries.review_queue(tx, now, limit=2)
    assert {entry.item.text for entry in queue} == {"签名_0", "优铭云"}
    assert queue[0].age == timedelta(hours=1)
    rest = await queries.review_queue(tx, now, after=queue[-1].item)
    assert [entry.item.text for entry in rest] == ["签名_1", "签名_2", "签名_3", "签名_4"]


async def test_two_reviewers_at_once_one_decides(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        made = await service.create(tx, act, account_id=ACCOUNT, draft=DRAFT)
        seen = await service.take(tx, act, signature_id=made.id)

    async def approve() -> Signature:
        async with database.transaction() as tx:
            return await service.approve(tx, act, signature_id=made.id, revision=seen.revision)

    async def refuse() -> Signature:
        async with database.transaction() as tx:
            return await service.refuse(
                tx, act, signature_id=made.id, revision=seen.revision, reason="重复"
            )

    results = await asyncio.gather(approve(), refuse(), return_exceptions=True)
    won = [result for result in results if isinstance(result, Signature)]
    lost = [result for result in results if isinstance(result, Refusal)]
    assert len(won) == 1
    assert [type(result) for result in lost] == [errors.NotInReview]
    async with database.transaction() as tx:
        assert await queries.by_public_id(tx, made.public_id) == won[0]


async def test_side_by_side_one_text_and_one_default(database: Database, act: Act) -> None:
    async def create(text: str) -> Signature:
        async with database.transaction() as tx:
            one = replace(DRAFT, text=text)
            return await service.create(tx, act, account_id=ACCOUNT, draft=one)

    results = await asyncio.gather(*[create("优铭云") for _ in range(4)], return_exceptions=True)
    assert sum(isinstance(result, Signature) for result in results) == 1
    assert sum(isinstance(result, errors.TextTaken) for result in results) == 3

    async def approve_new(text: str) -> bool:
        made = await create(text)
        async with database.transaction() as tx:
            seen = await service.take(tx, act, signature_id=made.id)
        async with database.transaction() as tx:
            done = await service.approve(tx, act, signature_id=made.id, revision=seen.revision)
            return done.is_default

    assert sum(await asyncio.gather(*[approve_new(f"优铭云{n}") for n in range(4)])) == 1
