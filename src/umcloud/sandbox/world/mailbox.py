"""Every mail that the cloud sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.live import Part, sse_response
from umcloud.doors.kit.render import part_text, render
from umcloud.sandbox.mailbox.store import ReceivedMail
from umcloud.sandbox.world.collaborators import outside

SHOWN = 50
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_LINK = re.compile(r"https?://[^\s<>\"]+")


def code_in(mail: ReceivedMail) -> str | None:
    """Return the six-digit code that the mail brings, if it does."""
    found = _CODE.search(mail.text)
    return found.group() if found else None


def _rows(request: Request) -> list[tuple[ReceivedMail, str | None]]:
    to = request.query_params.get("to") or None
    return [(mail, code_in(mail)) for mail in outside(request).mailbox.messages(to)[:SHOWN]]


async def inbox(request: Request) -> Response:
    """Show the newest mails."""
    to = request.query_params.get("to", "")[:200]
    return await render(request, "world/mailbox.html", rows=_rows(request), to=to)


async def events(request: Request) -> Response:
    """Redraw the list when a mail arrives."""
    place = outside(request)

    async def parts() -> AsyncIterator[Part]:
        with place.mailbox.subscribe() as mails:
            yield Part("mails", part_text(request, "world/_mails.html", rows=_rows(request)))
            async for _ in mails:
                await asyncio.sleep(0.1)
                yield Part("mails", part_text(request, "world/_mails.html", rows=_rows(request)))

    return sse_response(request, parts(), closing=place.closing)


async def one(request: Request) -> Response:
    """Show one mail."""
    mail = outside(request).mailbox.message(request.path_params["number"])
    if mail is None:
        raise NothingHere
    pieces: list[tuple[str, bool]] = []
    end = 0
    for link in _LINK.finditer(mail.text):
        pieces += [(mail.text[end : link.start()], False), (link.group(), True)]
        end = link.end()
    pieces.append((mail.text[end:], False))
    return await render(request, "world/mail.html", mail=mail, code=code_in(mail), pieces=pieces)


async def mails(request: Request) -> Response:
    """Answer with the mails to an address as JSON, newest first."""
    found = outside(request).mailbox.messages(request.query_params.get("to") or None)
    return JSONResponse([{**asdict(mail), "at": mail.at.isoformat()} for mail in found])


ROUTES = [
    Route("/mailbox", inbox),
    Route("/mailbox/events", events),
    Route("/mailbox/{number:int}", one),
    Route("/api/mails", mails),
]
