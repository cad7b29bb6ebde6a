"""SQL of notifications: rows in, models out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from umcloud.domains.notifications.model import (
    Announcement,
    AnnouncementId,
    MailId,
    MailState,
    Notification,
    NotificationId,
    QueuedMail,
)
from umcloud.domains.notifications.tables import announcement, email_outbox, notification
from umcloud.infra.db import Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.ids import AccountId, MemberId

_PURPOSE = "notifications.mail"


def notification_of(row: Row[Any]) -> Notification:
    """Return a row of `notification` as the model has it."""
    return Notification(
        id=NotificationId(row.id),
        account_id=AccountId(row.account_id),
        member_id=MemberId(row.member_id) if row.member_id else None,
        event_name=row.event_name,
        facts=row.facts,
        created_at=row.created_at,
        read_at=row.read_at,
    )


async def add_all(tx: Tx, new: Sequence[Notification]) -> None:
    """Write notifications; their facts are packed."""
    if new:
        rows = [
            {
                "id": one.id,
                "account_id": one.account_id,
                "member_id": one.member_id,
                "event_name": one.event_name,
                "facts": dict(one.facts),
                "created_at": one.created_at,
            }
            for one in new
        ]
        await tx.execute(insert(notification), rows)


async def enqueue_all(tx: Tx, mails: Sequence[QueuedMail], sealer: Sealer) -> None:
    """Queue mails, due at once."""
    if mails:
        rows = [
            {
                "id": mail.id,
                "account_id": mail.account_id,
                "recipient": mail.recipient,
                "subject": mail.subject[:200],
                "sealed_text": sealer.seal(mail.text.encode(), purpose=_PURPOSE),
                "state": MailState.QUEUED.value,
                "attempts": 0,
                "due_at": mail.created_at,
                "created_at": mail.created_at,
            }
            for mail in mails
        ]
        await tx.execute(insert(email_outbox), rows)


async def take_due(tx: Tx, now: datetime, sealer: Sealer) -> QueuedMail | None:
    """Return one mail that is due and that no other worker holds; held until the end."""
    row = await tx.one_or_none(
        select(email_outbox)
        .where(email_outbox.c.state == MailState.QUEUED.value, email_outbox.c.due_at <= now)
        .order_by(email_outbox.c.due_at, email_outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    return QueuedMail(
        id=MailId(row.id),
        account_id=AccountId(row.account_id) if row.account_id else None,
        recipient=row.recipient,
        subject=row.subject,
        text=sealer.unseal(row.sealed_text, purpose=_PURPOSE).decode(),
        attempts=row.attempts,
        created_at=row.created_at,
    )


async def mark_sent(tx: Tx, mail: QueuedMail, now: datetime) -> None:
    """Write that the mail is out; its text is erased."""
    await tx.execute(
        update(email_outbox)
        .where(email_outbox.c.id == mail.id)
        .values(
            state=MailState.SENT.value,
            attempts=mail.attempts + 1,
            sent_at=now,
            sealed_text=None,
            last_error=None,
        )
    )


async def mark_failed(tx: Tx, mail: QueuedMail, why: str, again_at: datetime | None) -> None:
    """Write a failed try: due again at a moment, or given up and its text erased."""
    values: dict[str, Any] = {"attempts": mail.attempts + 1, "last_error": why[:200]}
    if again_at is None:
        values |= {"state": MailState.DEAD.value, "sealed_text": None}
    else:
        values |= {"due_at": again_at}
    await tx.execute(update(email_outbox).where(email_outbox.c.id == mail.id).values(**values))


async def mark_read(
    tx: Tx,
    now: datetime,
    *,
    account_id: AccountId,
    member_id: MemberId,
    notification_id: NotificationId | None = None,
) -> int:
    """Write that a member has read one, or all, of their notifications; return how many."""
    statement = update(notification).where(
        notification.c.account_id == account_id,
        notification.c.member_id.is_(None) | (notification.c.member_id == member_id),
        notification.c.read_at.is_(None),
    )
    if notification_id is not None:
        statement = statement.where(notification.c.id == notification_id)
    return (await tx.execute(statement.values(read_at=now))).rowcount


def announcement_of(row: Row[Any]) -> Announcement:
    """Return a row of `announcement` as the model has it."""
    after = row.after_account_id
    return Announcement(
        id=AnnouncementId(row.id),
        event_name=row.event_name,
        facts=row.facts,
        email=row.email,
        created_at=row.created_at,
        after_account_id=AccountId(after) if after else None,
        told=row.told,
        ended_at=row.ended_at,
    )


async def add_announcement(tx: Tx, new: Announcement) -> None:
    """Queue news for everybody; its facts are packed."""
    await tx.execute(
        insert(announcement).values(
            id=new.id,
            event_name=new.event_name,
            facts=dict(new.facts),
            email=new.email,
            created_at=new.created_at,
            told=new.told,
        )
    )


async def take_announcement(tx: Tx) -> Announcement | None:
    """Return the oldest news that not everybody has, held until the end; None where all have."""
    row = await tx.one_or_none(
        select(announcement)
        .where(announcement.c.ended_at.is_(None))
        .order_by(announcement.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return announcement_of(row) if row else None


async def save_progress(tx: Tx, moved: Announcement) -> None:
    """Write how far the news has come."""
    await tx.execute(
        update(announcement)
        .where(announcement.c.id == moved.id)
        .values(after_account_id=moved.after_account_id, told=moved.told, ended_at=moved.ended_at)
    )
