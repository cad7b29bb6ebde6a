"""News for everybody: one row where it happens, then slice by slice, nobody twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domains.notifications.conftest import SEALER, open_account
from umcloud.domains.accounts import service as accounts
from umcloud.domains.notifications import jobs, queries, service
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

FACTS = {"versions": 3, "list_id": "abc", "source": "test"}


async def _announced(tx: Tx, act: Act, *, email: bool = True) -> None:
    facts = {**FACTS, "valid_from": act.now}
    await service.notify_everybody(tx, act, event_name="price.published", facts=facts, email=email)


async def _told(tx: Tx) -> list[AccountId]:
    rows = await tx.sql("SELECT account_id FROM notification WHERE event_name = 'price.published'")
    return sorted(AccountId(row.account_id) for row in rows)


async def test_it_comes_slice_by_slice_to_everybody_once(tx: Tx, act: Act) -> None:
    people = [
        (await open_account(tx, act, f"{number}@example.com")).account.id for number in range(5)
    ]
    await _announced(tx, act)
    assert await _told(tx) == []
    later = replace(act, now=act.now + timedelta(minutes=1))
    newcomer = (await open_account(tx, later, "late@example.com")).account.id
    counts = [await jobs.tell_everybody(tx, later, sealer=SEALER, limit=2) for _ in range(4)]
    assert counts == [2, 2, 1, 0]
    assert await _told(tx) == sorted(people)
    assert newcomer not in await _told(tx)
    mails = await tx.sql(
        "SELECT recipient FROM email_outbox WHERE subject LIKE '%价格%' ORDER BY recipient"
    )
    assert [row.recipient for row in mails] == [f"{number}@example.com" for number in range(5)]
    done = await queries.announced(tx, "price.published", "list_id", "abc")
    assert done is not None
    assert (done.told, done.ended_at) == (5, later.now)
    assert await queries.announced(tx, "price.published", "list_id", "xyz") is None


async def test_closed_accounts_are_not_told_and_no_mail_is_sent_unasked(tx: Tx, act: Act) -> None:
    closed = (await open_account(tx, act, "gone@example.com")).account.id
    one = (await open_account(tx, act)).account.id
    await accounts.close(tx, act, account_id=closed, note="asked for it")
    before = (await tx.sql("SELECT count(*) FROM email_outbox")).scalar_one()
    await _announced(tx, act, email=False)
    assert await jobs.tell_everybody(tx, act, sealer=SEALER) == 1
    assert await _told(tx) == [one]
    assert (await tx.sql("SELECT count(*) FROM email_outbox")).scalar_one() == before


async def test_two_workers_never_tell_one_account_twice(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        for number in range(3):
            await open_account(tx, act, f"{number}@example.com")
        await _announced(tx, act)
    async with database.transaction() as first, database.transaction() as second:
        assert await jobs.tell_everybody(first, act, sealer=SEALER, limit=2) == 2
        assert await jobs.tell_everybody(second, act, sealer=SEALER, limit=2) == 0
    async with database.transaction() as tx:
        assert await jobs.tell_everybody(tx, act, sealer=SEALER, limit=2) == 1
        assert len(await _told(tx)) == len(set(await _told(tx))) == 3


async def test_news_without_a_sentence_is_not_queued(tx: Tx, act: Act) -> None:
    with pytest.raises(LookupError):
        await service.notify_everybody(tx, act, event_name="no.such_event", facts={}, email=False)
