"""Use cases of notifications. They speak, so they announce nothing: an announcement would be news.

`main/wiring.py` says which events call `notify`.
"""

from __future__ import annotations

from collections.abc import Mapping

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import Member, MemberState, Role
from umcloud.domains.notifications import errors, queries, rules, store
from umcloud.domains.notifications.model import (
    Announcement,
    AnnouncementId,
    MailId,
    Notification,
    NotificationId,
    QueuedMail,
)
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MemberId, uuid7


async def notify(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    event_name: str,
    facts: Mapping[str, object],
    email: bool,
    sealer: Sealer,
    member_id: MemberId | None = None,
    concerns: MemberId | None = None,
) -> Notification:
    """Tell an account's people, or one of them, that something happened.

    In their inbox; with `email` also by mail to that member, or to every active owner who has an
    address and to whom it `concerns`. `facts` fill the sentences `<event>` and `<event>.title`:
    text, whole numbers, Money, moments, days and enums. LookupError where there is no such
    sentence.
    """
    packed = rules.pack(facts)
    account = await accounts.account(tx, account_id)
    texts = Texts(account.locale if account else act.locale)
    told = rules.words(texts, event_name, packed)
    new = Notification(
        id=NotificationId(uuid7(act.now)),
        account_id=account_id,
        member_id=member_id,
        event_name=event_name,
        facts=packed,
        created_at=act.now,
        read_at=None,
    )
    await store.add_all(tx, [new])
    if email:
        text = texts.ui("mail.frame", body=told.body)
        for person in await _recipients(tx, account_id, member_id, concerns):
            await queue_mail(
                tx,
                act,
                account_id=account_id,
                recipient=person,
                subject=texts.ui("mail.subject", title=told.title),
                text=text,
                sealer=sealer,
            )
    return new


async def notify_everybody(
    tx: Tx, act: Act, *, event_name: str, facts: Mapping[str, object], email: bool
) -> AnnouncementId:
    """Queue news for every account that is not closed now; `jobs.tell_everybody` brings it.

    However many accounts there are, it is one row in this transaction. Each is told as `notify`
    tells one. LookupError where there is no such sentence.
    """
    packed = rules.pack(facts)
    rules.words(Texts(act.locale), event_name, packed)
    new = Announcement(
        id=AnnouncementId(uuid7(act.now)),
        event_name=event_name,
        facts=packed,
        email=email,
        created_at=act.now,
        after_account_id=None,
        told=0,
        ended_at=None,
    )
    await store.add_announcement(tx, new)
    return new.id


async def _recipients(
    tx: Tx, account_id: AccountId, member_id: MemberId | None, concerns: MemberId | None
) -> list[str]:
    people = await accounts.members(tx, account_id)

    def meant(person: Member) -> bool:
        if member_id is not None:
            return person.id == member_id
        owns = person.role is Role.OWNER and person.state is MemberState.ACTIVE
        return owns or person.id == concerns

    return [person.email for person in people if person.email and meant(person)]


async def queue_mail(
    tx: Tx,
    act: Act,
    *,
    recipient: str,
    subject: str,
    text: str,
    sealer: Sealer,
    account_id: AccountId | None = None,
) -> MailId:
    """Queue a mail in this transaction; the job sends it once that is committed."""
    mail_id = MailId(uuid7(act.now))
    mail = QueuedMail(mail_id, account_id, recipient, subject, text, 0, act.now)
    await store.enqueue_all(tx, [mail], sealer)
    return mail_id


async def mark_read(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    member_id: MemberId,
    notification_id: NotificationId,
) -> None:
    """Mark one as read; a second time is no error, somebody else's is not found."""
    known = await queries.one(
        tx, account_id=account_id, member_id=member_id, notification_id=notification_id
    )
    if known is None:
        raise errors.NotificationNotFound
    await store.mark_read(
        tx,
        act.now,
        account_id=account_id,
        member_id=member_id,
        notification_id=notification_id,
    )


async def mark_all_read(tx: Tx, act: Act, *, account_id: AccountId, member_id: MemberId) -> int:
    """Mark everything in a member's inbox as read; return how many were unread."""
    return await store.mark_read(tx, act.now, account_id=account_id, member_id=member_id)
