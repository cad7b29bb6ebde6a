from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TypedDict

import pytest

from tests.domains.notifications.conftest import SEALER, open_account
from umcloud.domains.accounts.model import FreezeReason, Registered
from umcloud.domains.notifications import errors, queries, service
from umcloud.domains.notifications.model import MailState, Notification, NotificationId
from umcloud.infra.db import Tx
from umcloud.infra.i18n import MissingTextError, Texts
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MemberId


class Reader(TypedDict):
    account_id: AccountId
    member_id: MemberId


def reader(where: Registered, who: Registered) -> Reader:
    return Reader(account_id=where.account.id, member_id=who.owner.id)


async def frozen(
    tx: Tx, act: Act, mine: Registered, *, email: bool = False, member: MemberId | None = None
) -> Notification:
    return await service.notify(
        tx,
        act,
        account_id=mine.account.id,
        member_id=member,
        event_name="account.frozen",
        facts={"reason": FreezeReason.ARREARS, "note": ""},
        email=email,
        sealer=SEALER,
    )


async def test_an_inbox_is_read_in_the_readers_language(tx: Tx, act: Act) -> None:
    mine = await open_account(tx, act)
    me = reader(mine, mine)
    told = await frozen(tx, act, mine)
    assert await queries.unread(tx, **me) == 1
    (shown,) = await queries.inbox(tx, **me)
    assert shown == told
    assert "欠费" in queries.words(Texts("zh_CN"), shown).body
    assert "unpaid fees" in queries.words(Texts("en"), shown).body
    for _ in range(2):
        await service.mark_read(tx, act, **me, notification_id=shown.id)
    assert await queries.unread(tx, **me) == 0
    (read,) = await queries.inbox(tx, **me)
    assert read.read_at == act.now


async def test_an_inbox_is_its_members_alone(tx: Tx, act: Act) -> None:
    mine = await open_account(tx, act)
    other = await open_account(tx, act, "other@example.com")
    private = await frozen(tx, act, mine, member=mine.owner.id)
    colleague = reader(mine, other)
    stranger = reader(other, other)
    for whoever in (colleague, stranger):
        assert await queries.inbox(tx, **whoever) == []
        with pytest.raises(errors.NotificationNotFound):
            await service.mark_read(tx, act, **whoever, notification_id=private.id)
        assert await service.mark_all_read(tx, act, **whoever) == 0
    me = reader(mine, mine)
    assert await service.mark_all_read(tx, act, **me) == 1


async def test_pages_go_back_in_time(tx: Tx, act: Act) -> None:
    mine = await open_account(tx, act)
    me = reader(mine, mine)
    told = [
        await frozen(tx, replace(act, now=act.now + timedelta(minutes=turn)), mine)
        for turn in range(5)
    ]
    first = await queries.inbox(tx, **me, limit=3)
    rest = await queries.inbox(tx, **me, before=NotificationId(first[-1].id))
    assert [shown.id for shown in first + rest] == [shown.id for shown in reversed(told)]


async def test_mail_goes_to_the_owners_and_rests_sealed(tx: Tx, act: Act) -> None:
    mine = await open_account(tx, act)
    await frozen(tx, act, mine, email=True)
    rows = (await tx.sql("SELECT recipient, subject, sealed_text FROM email_outbox")).all()
    assert [(row.recipient, row.subject) for row in rows] == [
        ("lin@example.com", "【优铭云】账户已冻结")
    ]
    assert "欠费".encode() not in rows[0].sealed_text
    counts = await queries.mail_counts(tx)
    assert counts == {MailState.QUEUED: 1, MailState.SENT: 0, MailState.DEAD: 0}


async def test_an_event_without_words_is_a_programmers_error(tx: Tx, act: Act) -> None:
    mine = await open_account(tx, act)
    with pytest.raises(MissingTextError):
        await service.notify(
            tx,
            act,
            account_id=mine.account.id,
            event_name="nothing.of_that_name",
            facts={},
            email=False,
            sealer=SEALER,
        )
