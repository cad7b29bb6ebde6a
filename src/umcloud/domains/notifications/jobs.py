"""The mail job. Each mail has a transaction of its own, so one bad mail holds up no other."""

from __future__ import annotations

import logging
from datetime import datetime

from umcloud.domains.notifications import rules, store
from umcloud.domains.notifications.events import MailGivenUp
from umcloud.domains.notifications.model import MailState, QueuedMail, SendReport
from umcloud.domains.notifications.ports import MailSender, MailUndeliveredError
from umcloud.infra.db import Database, Tx
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
