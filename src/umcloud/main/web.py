"""The process of the HTTP doors: builds what they share, and shows each request its door."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack

import httpx
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from umcloud.domains.accounts.vault import Vault
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.notifications.codes import CodePost
from umcloud.doors.api.app import api
from umcloud.doors.dialects.uapi.app import uapi
from umcloud.doors.kit.quick import quick_protocol
from umcloud.doors.office.app import office
from umcloud.doors.payments.notify import notify_route
from umcloud.doors.portal.app import portal
from umcloud.infra.bus import Bus
from umcloud.infra.db import Database
from umcloud.infra.processes import calm_collector
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import LOOPBACK, Settings, settings
from umcloud.main import payment
from umcloud.main.clockwork import clockwork
from umcloud.main.serving import closing_event, run, serve
from umcloud.main.wiring import wire
from umcloud.providers.payment.closed import NoChannel

SANDBOX_PHONES = "phone.sandbox.example"
"""Codes to phones go to the mailbox, as <number> at this domain."""


class Doors:
    """Leads each request to its door by the beginning of its path; the portal has the rest."""

    def __init__(self, database: Database, doors: dict[str, ASGIApp], otherwise: ASGIApp) -> None:
        self._database = database
        self._doors = doors
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unchanged; `/healthz` is answered here."""
        path: str = scope["path"]
        first = path[: path.find("/", 1)] if path.count("/") > 1 else path
        door = self._doors.get(first)
        if door is not None:
            await door(scope, receive, send)
        elif first == "/healthz":
            await self._health(scope, receive, send)
        else:
            await self._otherwise(scope, receive, send)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._database.transaction() as tx:
                await tx.sql("SELECT 1")
        except (SQLAlchemyError, OSError):
            answer = JSONResponse({"status": "no database"}, status_code=503)
        else:
            answer = JSONResponse({"status": "ok"})
        await answer(scope, receive, send)


def mounted(app: ASGIApp, root: str) -> ASGIApp:
    """Return the application as it stands under a path; `root` itself leads to `root/`."""

    async def under_root(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == root:
            await RedirectResponse(f"{root}/")(scope, receive, send)
        else:
            await app({**scope, "root_path": scope.get("root_path", "") + root}, receive, send)

    return under_root


def _world_url(chosen: Settings) -> str:
    return f"http://{LOOPBACK}:{chosen.world_port}"


def _links(chosen: Settings) -> dict[str, str]:
    links = {"portal": chosen.public_url, "api": chosen.public_url}
    if chosen.sandbox:
        world = _world_url(chosen)
        links |= {
            "pay": f"{world}/gateway/pay",
            "phones": f"{world}/",
            "mailbox": f"{world}/mailbox",
            "clock": f"{world}/clock",
        }
    return links


async def main(chosen: Settings) -> None:
    """Run until SIGTERM; what was accepted by then is written before the end."""
    closing = closing_event()
    sealer = Sealer(chosen.secret)
    vault = Vault(sealer)
    async with AsyncExitStack() as stack:
        bus = wire(Bus(), sealer=sealer)
        database = Database(chosen.database_url, bus=bus, application="umcloud web")
        stack.push_async_callback(database.close)
        clock = await stack.enter_async_context(clockwork(database, movable=chosen.sandbox))
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        pump = Pump(database, clock)
        await pump.start()
        stack.push_async_callback(pump.stop)
        channel = payment.channel(chosen, http, return_path="/costs/recharge") or NoChannel()
        secure_cookies = chosen.public_url.startswith("https://")
        sender = CodePost(
            sealer,
            phone_domain=SANDBOX_PHONES if chosen.sandbox else None,
            staff_url=f"{chosen.public_url.rstrip('/')}/office/join",
        )
        rear = office(
            database=database,
            now=clock,
            secret=sealer.fingerprint("office", purpose="desk"),
            vault=vault,
            sealer=sealer,
            sender=sender,
            closing=closing,
            sandbox=chosen.sandbox,
            secure_cookies=secure_cookies,
        )
        front = portal(
            database=database,
            now=clock,
            secret=sealer.fingerprint("portal", purpose="desk"),
            vault=vault,
            sealer=sealer,
            pump=pump,
            channel=channel,
            sender=sender,
            closing=closing,
            sandbox=chosen.sandbox,
            links=_links(chosen),
            secure_cookies=secure_cookies,
        )
        programs = api(database=database, now=clock, vault=vault, pump=pump)
        doors: dict[str, ASGIApp] = {
            "/v1": programs,
            "/uapi": uapi(database=database, now=clock, vault=vault, pump=pump),
            "/office": mounted(rear, "/office"),
            "/payments": Starlette(
                routes=[notify_route(database, {channel.name: channel}, now=clock)]
            ),
        }
        app = Doors(database, doors, front)
        calm_collector()
        quick = quick_protocol(programs, b"/v1/messages")
        await serve(app, host=chosen.host, port=chosen.port, closing=closing, http=quick)


if __name__ == "__main__":
    sys.exit(run(main(settings())))
