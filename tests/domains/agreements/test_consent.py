"""Consent: what is demanded, what is kept, and how tampering shows."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.domains.agreements.conftest import EMPHASISED, Page
from tests.domains.agreements.test_publish import successor
from umcloud.domains.agreements import invariants, queries, rules, service
from umcloud.domains.agreements.errors import (
    AgreementNotFound,
    AuthorityNotConfirmed,
    ClausesNotAcknowledged,
    ConsentNeeded,
    NotTheVersionInForce,
    PageTimeImpossible,
    UnknownClauses,
)
from umcloud.domains.agreements.events import AgreementAccepted
from umcloud.infra.db import Database, Tx
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.kernel.act import Act
from umcloud.kernel.refusals import Refusal


@pytest.mark.clause("P.1")
@pytest.mark.clause("E.1")
async def test_a_consent_keeps_who_what_when_and_from_where(page: Page) -> None:
    heard: list[AgreementAccepted] = []

    async def hear(_tx: Tx, _act: Act, event: AgreementAccepted) -> None:
        heard.append(event)

    page.tx.bus.on(AgreementAccepted, hear)
    who = await page.customer()
    consent = await page.agree(who, acknowledged=EMPHASISED | {"C1"})
    facts = consent.facts
    assert (facts.account_id, facts.member_id) == (who.account, who.member)
    assert (facts.version, facts.locale, facts.sha256) == ("1.0", "zh_CN", page.binding.sha256)
    assert facts.emphasised == ("C11", "C12", "C13", "E")
    assert facts.acknowledged == ("C1", "C11", "C12", "C13", "E")
    assert (facts.seconds_on_page, facts.authority_confirmed) == (95, True)
    assert (facts.ip, facts.user_agent) == (page.act.ip, page.act.user_agent)
    assert (facts.door, facts.at) == ("portal", page.act.now)
    assert await queries.consents(page.tx, who.account) == [consent]
    assert [event.chain_hash for event in heard] == [rules.show_hash(consent.chain_hash)]


@pytest.mark.clause("P.1")
@pytest.mark.parametrize("unread", sorted(EMPHASISED))
async def test_without_each_bold_clause_there_is_no_consent(page: Page, unread: str) -> None:
    who = await page.customer()
    with pytest.raises(ClausesNotAcknowledged) as refused:
        await page.agree(who, acknowledged=EMPHASISED - {unread})
    assert refused.value.facts == {"missing": (unread,)}
    assert await queries.consents(page.tx, who.account) == []


@pytest.mark.clause("E.1")
async def test_without_authority_there_is_no_consent(page: Page) -> None:
    with pytest.raises(AuthorityNotConfirmed):
        await page.agree(await page.customer(), authority=False)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"acknowledged": EMPHASISED | {"C14"}}, UnknownClauses),
        ({"seconds_on_page": -1}, PageTimeImpossible),
        ({"version_id": UUID(int=7)}, AgreementNotFound),
    ],
)
async def test_what_cannot_have_been_on_the_page_is_refused(
    page: Page, changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        await page.agree(await page.customer(), **changes)


@pytest.mark.clause("P.2")
async def test_a_new_version_asks_again_and_the_old_one_can_no_longer_be_accepted(
    page: Page,
) -> None:
    tx, now, who = page.tx, page.act.now, await page.customer()
    assert await service.needs_consent(tx, who.account, now) == page.binding
    assert rules.unaccepted([], frozenset()) == ()
    with pytest.raises(ConsentNeeded):
        rules.check_covered(await queries.unaccepted(tx, who.account), now)
    english = await service.current(tx, locale="en", now=now)
    await page.agree(who, version_id=english.id)
    assert await service.needs_consent(tx, who.account, now) is None
    new = await service.publish(tx, page.act, new=successor(page.act, days=10))
    with pytest.raises(NotTheVersionInForce) as early:
        await page.agree(who, version_id=new.id)
    assert early.value.facts == {"version": "1.1", "in_force": "1.0"}
    later = replace(page.act, now=now + timedelta(days=10))
    assert await service.needs_consent(tx, who.account, later.now) == new
    with pytest.raises(NotTheVersionInForce):
        await page.agree(who, act=later)
    second = await page.agree(who, act=later, version_id=new.id)
    rules.check_covered(await queries.unaccepted(tx, who.account), later.now)
    assert second.chain_seq == 2


async def test_pressing_twice_gives_one_consent(page: Page) -> None:
    who = await page.customer()
    first = await page.agree(who)
    later = replace(page.act, now=page.act.now + timedelta(seconds=2))
    assert await page.agree(who, act=later) == first
    assert len(await queries.consents(page.tx, who.account)) == 1


async def test_colleagues_who_consent_at_once_make_one_unforked_chain(
    database: Database, visitor: Act
) -> None:
    async with database.transaction() as tx:
        await service.publish_shipped(tx, visitor)
        page = Page(tx, visitor, await service.current(tx, now=visitor.now))
        first = await page.customer()
        colleagues = [first, *[await page.customer(first.account) for _ in range(5)]]

    async def consent(index: int) -> None:
        async with database.transaction() as own:
            await replace(page, tx=own).agree(colleagues[index])

    await asyncio.gather(*(consent(index) for index in range(len(colleagues))))
    async with database.transaction() as tx:
        kept = await queries.consents(tx, first.account)
        assert [c.chain_seq for c in kept] == [1, 2, 3, 4, 5, 6]
        assert rules.verify_chain(first.account, kept) is None
        assert await invariants.violations(tx, visitor.now) == []


@pytest.mark.clause("P.1")
async def test_evidence_can_be_checked_without_this_software(page: Page) -> None:
    who = await page.customer()
    for person in (who, await page.customer(who.account)):
        await page.agree(person)
    export = json.loads(json.dumps(await queries.evidence(page.tx, who.account)))
    assert export["chain"] == "whole"
    assert len(export["consents"]) == 2
    previous = bytes.fromhex(export["genesis"])
    for number, link in enumerate(export["consents"], start=1):
        facts = json.dumps(link["facts"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256(previous + number.to_bytes(8, "big") + facts.encode()).digest()
        assert previous.hex() == link["chain_hash"]
        text = export["texts"][link["facts"]["version_id"]]["text"]
        assert hashlib.sha256(text.encode()).hexdigest() == link["facts"]["sha256"]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_refusal_names_in_words_what_is_missing(locale: str) -> None:
    said = Texts(locale).refusal(ClausesNotAcknowledged(missing=("C11", "C13")))
    assert "C11" in said
    assert "C13" in said
