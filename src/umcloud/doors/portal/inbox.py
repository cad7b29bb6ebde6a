"""What the account's people were told."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.notifications import queries
from umcloud.domains.notifications import service as notifications
from umcloud.domains.notifications.model import Notification, NotificationId
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.table import Column, Empty, TableSpec, fill_table, read_query
from umcloud.doors.kit.values import Badge, Key, Lines, Tone
from umcloud.doors.portal.shown import cursor_id
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import MemberId

INBOX = TableSpec(
    name="inbox",
    columns=(
        Column("at", "portal.at"),
        Column("words", "portal.inbox.what", wide=True),
        Column("state", "portal.state"),
    ),
    empty=Empty("portal.inbox.none", "portal.inbox.none.text", "bell"),
)


class _Shown:
    """A notification in the reader's words."""

    def __init__(self, one: Notification, texts: Texts) -> None:
        words = queries.words(texts, one)
        self.id = one.id
        self.at = one.created_at
        self.words = Lines(words.title, words.body if words.body != words.title else "")
        unread = one.read_at is None
        self.state = Badge(
            Key("portal.inbox.unread" if unread else "portal.inbox.read"),
            Tone.INFO if unread else Tone.IDLE,
        )


async def inbox(request: Request) -> Response:
    """List them, newest first."""
    context, query = context_of(request), read_query(request, INBOX)
    before = cursor_id(query)
    async with context.transaction() as tx:
        found = await queries.inbox(
            tx,
            account_id=context.account_id,
            member_id=MemberId(context.person.person_id),
            before=NotificationId(before) if before else None,
            limit=query.limit + 1,
        )
    rows = [_Shown(one, context.texts) for one in found]
    table = fill_table(request, INBOX, query, rows, lambda row: (row.id,))
    return await render(request, "portal/inbox.html", table=table)


async def read_all(request: Request) -> Response:
    """Mark everything as read."""
    context = context_of(request)
    async with context.transaction() as tx:
        await notifications.mark_all_read(
            tx,
            context.act,
            account_id=context.account_id,
            member_id=MemberId(context.person.person_id),
        )
    return redirect_with_flash(request, "/inbox", "portal.inbox.all_read")


ROUTES = [Route("/inbox", inbox), Route("/inbox/read", read_all, methods=["POST"])]
