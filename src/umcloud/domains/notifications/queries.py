"""Read models of notifications: a member's inbox, and the state of the mails."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, select

from umcloud.domains.notifications import rules, store
from umcloud.domains.notifications.model import (
    Announcement,
    MailState,
    Notification,
    NotificationId,
)
from umcloud.domains.notifications.rules import Words
from umcloud.domains.notifications.tables import announcement, email_outbox, notification
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import AccountId, MemberId


def _inbox(account_id: AccountId, member_id: MemberId) -> ColumnElement[bool]:
    return and_(
        notification.c.account_id == account_id,
        notification.c.member_id.is_(None) | (notification.c.member_id == member_id),
    )


async def inbox(
    tx: Tx,
    *,
    account_id: AccountId,
    member_id: MemberId,
    before: NotificationId | None = None,
    limit: int = 20,
) -> list[Notification]:
    """Return what the member may read, newest first, older than `before`."""
    query = select(notification).where(_inbox(account_id, member_id))
    if before is not None:
        query = query.where(notification.c.id < before)
    rows = await tx.all(query.order_by(notification.c.id.desc()).limit(limit))
    return [store.notification_of(row) for row in rows]


async def one(
    tx: Tx, *, account_id: AccountId, member_id: MemberId, notification_id: NotificationId
) -> Notification | None:
    """Return one notification of the member's inbox, or None."""
    query = select(notification).where(
        _inbox(account_id, member_id), notification.c.id == notification_id
    )
    row = await tx.one_or_none(query)
    return store.notification_of(row) if row else None


async def unread(tx: Tx, *, account_id: AccountId, member_id: MemberId) -> int:
    """Return how many the member has not read."""
    query = select(func.count().label("n")).where(
        _inbox(account_id, member_id), notification.c.read_at.is_(None)
    )
    return int((await tx.execute(query)).one().n)


def words(texts: Texts, shown: Notification) -> Words:
    """Return title and body in the reader's language."""
    return rules.words(texts, shown.event_name, shown.facts)


async def mail_counts(tx: Tx) -> dict[MailState, int]:
    """Return how many mails are in each state; for the office."""
    query = select(email_outbox.c.state, func.count().label("n")).group_by(email_outbox.c.state)
    counts = {row.state: row.n for row in await tx.all(query)}
    return {state: counts.get(state.value, 0) for state in MailState}


async def announced(tx: Tx, event_name: str, fact: str, value: str) -> Announcement | None:
    """Return the latest news of that event that has this fact, with how far it has come."""
    row = await tx.one_or_none(
        select(announcement)
        .where(
            announcement.c.event_name == event_name,
            announcement.c.facts[fact].astext == value,
        )
        .order_by(announcement.c.id.desc())
        .limit(1)
    )
    return store.announcement_of(row) if row else None
