"""What follows from what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact, FreezeReason
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.agreements.shipped import shipped_texts
from umcloud.domains.catalogue.events import PriceVersionPublished
from umcloud.domains.messaging import facts
from umcloud.domains.notifications import jobs as news
from umcloud.domains.resources.signatures.events import SignatureEvent
from umcloud.domains.resources.templates.events import TemplateEvent
from umcloud.infra.bus import Bus
from umcloud.infra.db import Tx
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId
from umcloud.main.wiring import CHANGES_A_SENDER, TOLD, TOLD_TO_ALL, wire

SEALER = Sealer("a secret of the tests")
ACCOUNT = AccountId(UUID(int=7))


@pytest.fixture
def wired(tx: Tx) -> Tx:
    return Tx(tx.connection, wire(Bus(), sealer=SEALER))


async def version(tx: Tx, who: AccountId) -> int:
    rows = await tx.sql("SELECT version FROM sender WHERE account_id = :id", id=who)
    return int(rows.scalar_one())


async def test_a_freeze_is_recorded_told_and_changes_the_sender(wired: Tx, act: Act) -> None:
    opened = await accounts.open_account(
        wired,
        act,
        contact=Contact(Channel.EMAIL, "lin@example.com"),
        password="correct-horse-42",
        name="林一",
        organisation="杭州示例科技",
        vault=Vault(SEALER, memory_kib=8, rounds=1),
    )
    who = opened.account.id
    await accounts.freeze(wired, act, account_id=who, reason=FreezeReason.ARREARS)
    assert await version(wired, who) == 1
    told = await wired.sql("SELECT event_name FROM notification WHERE account_id = :id", id=who)
    assert {row.event_name for row in told} == {"account.registered", "account.frozen"}
    mails = await wired.sql("SELECT count(*) FROM email_outbox WHERE account_id = :id", id=who)
    assert mails.scalar_one() == 1
    seen = await wired.sql("SELECT name FROM audit_record WHERE account_id = :id", id=who)
    assert {row.name for row in seen} >= {"account.registered", "account.frozen"}


async def test_prices_concern_every_sender(wired: Tx, act: Act, now: datetime) -> None:
    await facts.changed(wired, ACCOUNT)
    await wired.announce(act, PriceVersionPublished(UUID(int=1), 3, now, "test"))
    assert await version(wired, ACCOUNT) == 2
    names = await wired.sql("SELECT name FROM audit_record WHERE name = 'price.published'")
    assert names.first() is not None


async def test_new_prices_are_told_to_every_customer(wired: Tx, act: Act, now: datetime) -> None:
    for locale, email in (("zh_CN", "lin@example.com"), ("en", "ann@example.com")):
        await accounts.open_account(
            wired,
            replace(act, locale=locale),
            contact=Contact(Channel.EMAIL, email),
            password="correct-horse-42",
            name="林一",
            organisation="杭州示例科技",
            vault=Vault(SEALER, memory_kib=8, rounds=1),
        )
    await wired.announce(act, PriceVersionPublished(UUID(int=1), 3, now, "test"))
    assert await news.tell_everybody(wired, act, sealer=SEALER) == 2
    told = await wired.sql(
        "SELECT count(DISTINCT account_id) FROM notification WHERE event_name = 'price.published'"
    )
    assert told.scalar_one() == 2
    mails = await wired.sql("SELECT recipient, subject FROM email_outbox ORDER BY recipient")
    subjects = {row.recipient: row.subject for row in mails}
    assert list(subjects) == ["ann@example.com", "lin@example.com"]
    assert "New prices" in subjects["ann@example.com"]
    assert "新价格" in subjects["lin@example.com"]


@pytest.mark.clause("P.2")
async def test_a_published_agreement_concerns_every_sender(wired: Tx, act: Act) -> None:
    await facts.changed(wired, ACCOUNT)
    await agreements.publish(wired, act, new=shipped_texts()[0])
    assert await version(wired, ACCOUNT) == 2


def test_no_change_of_words_is_overlooked() -> None:
    every = {*SignatureEvent.__subclasses__(), *TemplateEvent.__subclasses__()}
    assert {event.name for event in every} <= {event.name for event in CHANGES_A_SENDER}


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_told_has_a_sentence(locale: str) -> None:
    texts = Texts(locale)
    assert [
        told.name for told in (*TOLD, *TOLD_TO_ALL) if not texts.knows("events", told.name)
    ] == []


def test_what_changes_a_sender_names_it() -> None:
    names = {*CHANGES_A_SENDER, *TOLD}
    assert all("account_id" in event.__dataclass_fields__ for event in names)
