"""The clock that everybody in the sandbox goes by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.forms import posted
from umcloud.doors.kit.live import Part, sse_response
from umcloud.doors.kit.render import part_text, redirect_with_flash, render
from umcloud.kernel.moments import SHANGHAI
from umcloud.sandbox.world.collaborators import Outside, outside

STEPS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "days": timedelta(days=3),
    "month": timedelta(days=31),
}


def _face(place: Outside) -> dict[str, Any]:
    moment = place.clock()
    ahead = int(place.clock.offset.total_seconds())
    return {
        "moment": moment,
        "day": f"{moment.astimezone(SHANGHAI):%Y-%m-%d}",
        "time": f"{moment.astimezone(SHANGHAI):%H:%M:%S}",
        "utc": f"{moment:%Y-%m-%d %H:%M:%S}",
        "days": ahead // 86_400,
        "hours": ahead % 86_400 // 3_600,
        "minutes": ahead % 3_600 // 60,
    }


async def page(request: Request) -> Response:
    """Show the time and the ways to move on."""
    place = outside(request)
    return await render(request, "world/clock.html", steps=STEPS, **_face(place))


async def events(request: Request) -> Response:
    """Redraw the face every second."""
    place = outside(request)

    async def parts() -> AsyncIterator[Part]:
        while True:
            yield Part("face", part_text(request, "world/_face.html", **_face(place)))
            await asyncio.sleep(1.0)

    return sse_response(request, parts(), closing=place.closing)


async def advance(request: Request) -> Response:
    """Move everybody's clock forward."""
    step = STEPS.get(str(posted(request).get("step", "")))
    if step is None:
        raise NothingHere
    place = outside(request)
    async with place.database.transaction() as tx:
        await place.clock.advance(tx, step)
    return redirect_with_flash(request, "/clock", "sandbox.clock.moved", moment=place.clock())


ROUTES = [
    Route("/clock", page),
    Route("/clock/events", events),
    Route("/clock/advance", advance, methods=["POST"]),
]
