"""The jobs: mails, each in a transaction of its own, and news for everybody, slice by slice."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import Addressee
from umcloud.domains.notifications import rules, store
from umcloud.domains.notifications.events import MailGivenUp
from umcloud.domains.notifications.model import (
    Announcement,
    MailId,
    MailState,
    Notification,
    NotificationId,
    QueuedMail,
    SendReport,
)
from umcloud.domains.notifications.ports import MailSender, MailUndeliveredError
from umcloud.infra.db import Database, Tx
from umcloud.infra.i18n import Texts
from umcloud.infra.mail import Mail
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import uuid7

log = logging.getLogger(__name__)


async def send_due(
    database: Database, sender: MailSender, now: datetime, limit: int = 50, *, sealer: Sealer
) -> SendReport:
    """Send up to `limit` due mails; workers at once take different ones (SKIP LOCKED).

    A mail whose worker dies after the server took it, and before the commit, is sent again with
    the same Message-ID: never lost, seldom twice.
    """
    counts = dict.fromkeys(MailState, 0)
    for _ in range(limit):
        async with database.transaction() as tx:
            mail = await store.take_due(tx, now, sealer)
            if mail is None:
                break
            counts[await _send(tx, sender, mail, now)] += 1
    return SendReport(
        sent=counts[MailState.SENT],
        postponed=counts[MailState.QUEUED],
        given_up=counts[MailState.DEAD],
    )


async def tell_everybody(tx: Tx, act: Act, *, sealer: Sealer, limit: int = 500) -> int:
    """Bring the oldest news to up to `limit` more accounts; return to how many it came.

    In their inbox, and by mail where it says so and they have an owner with an address. A slice is
    one transaction, so nobody is told twice, and workers at once take different news.
    """
    news = await store.take_announcement(tx)
    if news is None:
        return 0
    people = await accounts.addressees(
        tx, after=news.after_account_id, until=news.created_at, limit=limit
    )
    told = [
        Notification(
            NotificationId(uuid7(act.now)),
            one.account_id,
            None,
            news.event_name,
            news.facts,
            act.now,
            None,
        )
        for one in people
    ]
    await store.add_all(tx, told)
    if news.email:
        mails = [mail for one in people for mail in _mails(act, news, one)]
        await store.enqueue_all(tx, mails, sealer)
    await store.save_progress(
        tx,
        replace(
            news,
            after_account_id=people[-1].account_id if people else news.after_account_id,
            told=news.told + len(people),
            ended_at=act.now if len(people) < limit else None,
        ),
    )
    return len(people)


def _mails(act: Act, news: Announcement, one: Addressee) -> list[QueuedMail]:
    if not one.emails:
        return []
    texts = Texts(one.locale)
    said = rules.words(texts, news.event_name, news.facts)
    subject = texts.ui("mail.subject", title=said.title)
    text = texts.ui("mail.frame", body=said.body)
    return [
        QueuedMail(MailId(uuid7(act.now)), one.account_id, address, subject, text, 0, act.now)
        for address in one.emails
    ]


async def _send(tx: Tx, sender: MailSender, mail: QueuedMail, now: datetime) -> MailState:
    try:
        await sender.send(Mail(mail.id, mail.recipient, mail.subject, mail.text, mail.created_at))
    except MailUndeliveredError as error:
        attempts = mail.attempts + 1
        again_at = None if error.permanent else rules.next_try(attempts, now)
        await store.mark_failed(tx, mail, error.why, again_at)
        log.warning("mail %s: try %d failed: %s", mail.id, attempts, error.why)
        if again_at is not None:
            return MailState.QUEUED
        act = Act(SYSTEM, now, Door.WORKER, uuid7(now))
        await tx.announce(act, MailGivenUp(mail.account_id, mail.id, attempts))
        return MailState.DEAD
    await store.mark_sent(tx, mail, now)
    return MailState.SENT
