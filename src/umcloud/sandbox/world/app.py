"""The world's pages, composed."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from umcloud.doors.kit.app import desk
from umcloud.doors.kit.context import RequestContext, Shell
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.navigation import NavEntry
from umcloud.infra.db import Tx
from umcloud.kernel.act import Door
from umcloud.sandbox.world import carrier, clock, mailbox, payments, phones
from umcloud.sandbox.world.collaborators import Outside

NAVIGATION = (
    NavEntry("/", "sandbox.nav.phones", "device-mobile-message"),
    NavEntry("/carrier", "sandbox.nav.carrier", "antenna-bars-5"),
    NavEntry("/mailbox", "sandbox.nav.mailbox", "mail"),
    NavEntry("/payments", "sandbox.nav.payments", "credit-card"),
    NavEntry("/clock", "sandbox.nav.clock", "clock"),
)


def world(place: Outside, *, secret: bytes, strict_texts: bool = False) -> Starlette:
    """Return the application; `gateway.running()` is the caller's to enter."""

    async def load_shell(tx: Tx, context: RequestContext) -> Shell:
        del tx
        return Shell(sandbox_now=context.act.now, sandbox_href="/clock")

    here = Path(__file__).parent
    pages = desk(
        name="world",
        door=Door.SANDBOX,
        title="sandbox.name",
        accent="sandbox",
        transactions=place.database,
        now=place.clock,
        secret=secret,
        routes=(),
        open_routes=[
            *phones.ROUTES,
            *carrier.ROUTES,
            *mailbox.ROUTES,
            *payments.ROUTES,
            *clock.ROUTES,
            # The kit would lead strangers to a sign-in page, and there is none here.
            Route("/{rest:path}", _nothing, methods=["GET", "POST"]),
        ],
        navigation=NAVIGATION,
        templates=here / "templates",
        static=here / "static",
        load_shell=load_shell,
        strict_texts=strict_texts,
    )
    pages.state.outside = place
    return Starlette(routes=[Mount("/gateway", place.gateway.app()), Mount("/", pages)])


async def _nothing(request: Request) -> Response:
    del request
    raise NothingHere
