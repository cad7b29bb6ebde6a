"""Publishing: what was published stays, and successors keep their notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from umcloud.domains.agreements import queries, rules, service, shipped
from umcloud.domains.agreements.errors import (
    AgreementNotFound,
    LanguagesDiffer,
    NoticeTooShort,
    PublishedTextIsFixed,
)
from umcloud.domains.agreements.events import AgreementPublished
from umcloud.domains.agreements.model import AgreementVersion, ShippedText
from umcloud.infra.bus import Event
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act


def successor(act: Act, *, days: int, locale: str = "zh_CN", label: str = "1.1") -> ShippedText:
    original = next(text for text in shipped.shipped_texts() if text.locale == locale)
    return replace(
        original,
        version=label,
        text=original.text.replace("1.0", label),
        effective_from=act.now + timedelta(days=days),
    )


async def test_publishing_the_shipped_texts_again_changes_nothing(tx: Tx, act: Act) -> None:
    heard: list[Event] = []

    async def hear(_tx: Tx, _act: Act, event: AgreementPublished) -> None:
        heard.append(event)

    tx.bus.on(AgreementPublished, hear)
    first = await service.publish_shipped(tx, act)
    later = replace(act, now=act.now + timedelta(days=400))
    assert await service.publish_shipped(tx, later) == first
    assert len(heard) == len(first) == len(shipped.shipped_texts())


async def test_before_anything_is_published_nothing_binds(tx: Tx, act: Act) -> None:
    with pytest.raises(AgreementNotFound):
        await service.current(tx, now=act.now)


async def test_the_current_text_comes_in_the_asked_language(
    tx: Tx, act: Act, binding: AgreementVersion
) -> None:
    english = await service.current(tx, locale="en", now=act.now)
    assert (binding.locale, english.locale) == ("zh_CN", "en")
    assert binding.version == english.version
    assert await service.current(tx, locale="fr", now=act.now) == binding


@pytest.mark.clause("P.2")
async def test_a_successor_binds_after_its_notice_and_the_old_text_stays_readable(
    tx: Tx, act: Act, binding: AgreementVersion
) -> None:
    with pytest.raises(NoticeTooShort):
        await service.publish(tx, act, new=successor(act, days=6))
    new = await service.publish(tx, act, new=successor(act, days=7))
    assert await service.current(tx, now=act.now + timedelta(days=6)) == binding
    assert await service.current(tx, now=act.now + timedelta(days=7)) == new
    # English is still missing in the new version: the prevailing language is shown.
    assert await service.current(tx, locale="en", now=new.effective_from) == new
    assert await queries.version(tx, binding.id) == binding
    assert [v.version for v in await queries.versions(tx)] == ["1.0", "1.0", "1.1"]


@pytest.mark.usefixtures("binding")
async def test_a_published_version_cannot_be_changed(tx: Tx, act: Act) -> None:
    changed = shipped.shipped_texts()[0]
    changed = replace(changed, text=changed.text.replace("20%", "10%"))
    with pytest.raises(PublishedTextIsFixed):
        await service.publish(tx, act, new=changed)


@pytest.mark.usefixtures("binding")
async def test_languages_of_one_version_must_agree(tx: Tx, act: Act) -> None:
    await service.publish(tx, act, new=successor(act, days=30))
    english = successor(act, days=30, locale="en")
    with pytest.raises(LanguagesDiffer):
        await service.publish(tx, act, new=replace(english, effective_from=act.now))
    plainer = english.text.replace("**(5) any consequence of force majeure;**", "(5) anything;")
    with pytest.raises(LanguagesDiffer):
        await service.publish(tx, act, new=replace(english, text=plainer))
    # The sister language may come late: the notice was given with the first.
    late = replace(act, now=act.now + timedelta(days=29))
    await service.publish(tx, late, new=english)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE agreement_version SET effective_from = effective_from + interval '1 day'",
        "DELETE FROM agreement_version",
    ],
)
@pytest.mark.usefixtures("binding")
async def test_the_database_refuses_to_change_what_was_published(tx: Tx, damage: str) -> None:
    with pytest.raises(DBAPIError, match="never changed"):
        await tx.sql(damage)


async def test_the_database_checks_the_hash_itself(
    tx: Tx, act: Act, binding: AgreementVersion
) -> None:
    with pytest.raises(IntegrityError, match="hash_of_text"):
        await tx.sql(
            "INSERT INTO agreement_version SELECT gen_random_uuid(), kind, '9', locale, sha256, "
            ":at, :at, text || 'x' FROM agreement_version WHERE id = :id",
            at=act.now + rules.NOTICE,
            id=binding.id,
        )
