"""Every part of the kit in every state, with long texts: for tests and for eyes. Not for customers.

`python -m umcloud.doors.kit.gallery` serves it on a free port of this machine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.doors.kit import gallery_content as content
from umcloud.doors.kit.app import desk, end_session, next_path, only_for, start_session
from umcloud.doors.kit.context import RequestContext, Shell, SignedIn, Transactions, context_of
from umcloud.doors.kit.forms import blank_form, read_form, require_word
from umcloud.doors.kit.live import Part, csv_response, sse_response
from umcloud.doors.kit.navigation import NavEntry
from umcloud.doors.kit.render import redirect, redirect_with_flash, render
from umcloud.doors.kit.table import csv_heading, csv_row, fill_table, read_query
from umcloud.infra.clock import Clock, Now
from umcloud.infra.db import Tx
from umcloud.kernel.act import ActorKind, Door
from umcloud.kernel.ids import AccountId
from umcloud.kernel.money import Money

TOKEN = "gallery"  # noqa: S105 - opens nothing but this gallery
SOMEBODY = UUID(int=7)
DAY_SECONDS = 86_400
SECRET = b"the gallery keeps no secrets"


class NoDatabase:
    """Opens transactions on nothing: the gallery reads no tables."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Give a transaction that nobody may use."""
        yield cast("Tx", None)


async def load_session(tx: Tx, token: str) -> SignedIn | None:
    """Know one person by one token."""
    del tx
    if token != TOKEN:
        return None
    return SignedIn(
        session_id=SOMEBODY,
        kind=ActorKind.MEMBER,
        person_id=SOMEBODY,
        name="欧阳明月",
        roles=frozenset({"OWNER"}),
        account_id=AccountId(SOMEBODY),
    )


async def load_shell(tx: Tx, context: RequestContext) -> Shell:
    """Fill every slot of the top bar."""
    del tx
    return Shell(
        account_name="上海云讯信息技术股份有限公司（华东区客户服务中心）",
        account_href="/account",
        balance=Money.yuan("12345.678"),
        balance_href="/costs",
        unread=3,
        unread_href="/inbox",
        sandbox_now=context.act.now,
        sandbox_href="/clock",
        person_links=(("/account", "gallery.nav.account"),),
        counts={"/tables": 12},
    )


async def sign_in(request: Request) -> Response:
    """Show the sign-in card."""
    return await render(request, "gallery/sign_in.html", form=blank_form(request, content.SIGN_IN))


async def signed_in(request: Request) -> Response:
    """Let anybody in who types anything."""
    form = await read_form(request, content.SIGN_IN)
    if not form.ok:
        return await render(request, "gallery/sign_in.html", form=form)
    response = redirect(request, next_path(request))
    start_session(request, response, TOKEN, DAY_SECONDS)
    return response


async def sign_out(request: Request) -> Response:
    """Forget the person."""
    response = redirect_with_flash(request, "/sign-in", "gallery.signed_out")
    end_session(request, response)
    return response


async def home(request: Request) -> Response:
    """Show figures, checklist, charts."""
    now = context_of(request).act.now
    return await render(request, "gallery/home.html", now=now, **content.home_facts())


async def parts(request: Request) -> Response:
    """Show badges, notices, stories, reasons, code, drawers, confirmations."""
    now = context_of(request).act.now
    return await render(request, "gallery/parts.html", **content.parts_facts(now))


async def forms(request: Request) -> Response:
    """Show a form with every kind of field."""
    return await render(request, "gallery/forms.html", form=blank_form(request, content.EVERYTHING))


async def forms_sent(request: Request) -> Response:
    """Show the same form with what was typed, or refuse, or thank."""
    form = await read_form(request, content.EVERYTHING)
    if form.ok:
        with form.keeping_refusals({"gallery.taken": "title"}):
            content.pretend(form.text("title"))
            return redirect_with_flash(
                request, "/forms", "gallery.sent", amount=form.money("amount")
            )
    return await render(request, "gallery/forms.html", form=form)


async def tables(request: Request) -> Response:
    """Show a page of a long list."""
    query = read_query(request, content.RECORDS)
    rows = content.search(query, context_of(request).act.now)
    table = fill_table(request, content.RECORDS, query, rows, lambda row: (row.number,), total=95)
    return await render(request, "gallery/tables.html", table=table)


async def empty_table(request: Request) -> Response:
    """Show a list that has nothing yet."""
    query = read_query(request, content.RECORDS)
    table = fill_table(request, content.RECORDS, query, [], lambda row: (row.number,))
    return await render(request, "gallery/tables.html", table=table)


async def table_csv(request: Request) -> Response:
    """Stream the whole list."""
    context = context_of(request)

    async def rows() -> AsyncIterator[list[str]]:
        for record in content.records(context.act.now):
            yield csv_row(context.texts, content.RECORDS, record)

    return csv_response("记录.csv", csv_heading(context.texts, content.RECORDS), rows())


async def live(request: Request) -> Response:
    """Count to three."""

    async def count() -> AsyncIterator[Part]:
        for number in (1, 2, 3):
            yield Part("count", f"<b>{number}</b>", last=number == 3)

    return sse_response(request, count())


async def confirmed(request: Request) -> Response:
    """Delete nothing, after the name was typed."""
    require_word(request, "云讯科技")
    return redirect_with_flash(request, "/parts", "gallery.deleted")


@only_for("FINANCE")
async def forbidden(request: Request) -> Response:
    """Be out of reach."""
    return await render(request, "gallery/home.html")


async def broken(request: Request) -> Response:
    """Fail, as no page should."""
    raise ZeroDivisionError(str(request.url))


ROUTES = [
    Route("/", home),
    Route("/parts", parts),
    Route("/parts/delete", confirmed, methods=["POST"]),
    Route("/forms", forms),
    Route("/forms", forms_sent, methods=["POST"]),
    Route("/tables", tables),
    Route("/tables/empty", empty_table),
    Route("/tables.csv", table_csv),
    Route("/live", live),
    Route("/forbidden", forbidden),
    Route("/broken", broken),
    Route("/sign-out", sign_out, methods=["POST"]),
]
OPEN_ROUTES = [Route("/sign-in", sign_in), Route("/sign-in", signed_in, methods=["POST"])]
NAVIGATION = [
    NavEntry("/", "gallery.nav.home", "home"),
    NavEntry(
        "/tables",
        "gallery.nav.tables",
        "list",
        children=(NavEntry("/tables/empty", "gallery.nav.empty"),),
    ),
    NavEntry("/forms", "gallery.nav.forms", "forms"),
    NavEntry("/parts", "gallery.nav.parts", "template"),
    NavEntry("/account", "gallery.nav.account", "building"),
    NavEntry("/costs", "gallery.nav.costs", "wallet"),
]


def gallery(
    now: Now, *, accent: str = "portal", transactions: Transactions | None = None
) -> Starlette:
    """Return the gallery in the colours of one desk."""
    options: dict[str, Any] = {"templates": Path(__file__).parent / "templates"}
    return desk(
        name="gallery",
        door=Door.SANDBOX,
        title="gallery.name",
        accent=accent,
        transactions=transactions or NoDatabase(),
        now=now,
        secret=SECRET,
        routes=ROUTES,
        open_routes=OPEN_ROUTES,
        navigation=NAVIGATION,
        load_session=load_session,
        load_shell=load_shell,
        **options,
    )


def fixed(moment: datetime) -> Now:
    """Return a clock that stands still, for pictures that can be compared."""
    return lambda: moment


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(gallery(Clock(movable=False)), host="127.0.0.1", port=0)
