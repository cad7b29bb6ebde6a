"""Handsets that receive messages live, and answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import LongText, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, posted, read_form
from umcloud.doors.kit.live import Part, sse_response
from umcloud.doors.kit.render import part_text, redirect, redirect_with_flash, render
from umcloud.sandbox.carrier import FATES, HandsetMessage
from umcloud.sandbox.world.collaborators import Outside, outside

SHOWN_HANDSETS = 12
SHOWN_MESSAGES = 20
REDRAW_SECONDS = 0.25
EXAMPLE = "13800138000"
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_MAINLAND = re.compile(r"(?:86)?(1[3-9][0-9]{9})")

REPLY = FormSpec(
    "reply",
    (
        Text(name="to", label="sandbox.reply.to", pattern=r"[0-9A-Za-z+]{1,21}"),
        LongText(name="text", label="sandbox.reply.text", max_length=500, rows=2, counted=True),
    ),
    submit="sandbox.reply.send",
)
ADD = FormSpec(
    "add",
    (
        Text(
            name="number",
            label="sandbox.phones.number",
            help="sandbox.phones.add.help",
            pattern=_NUMBER.pattern,
            input_type="tel",
        ),
    ),
    submit="sandbox.phones.add",
)


@dataclass(frozen=True, slots=True)
class Screen:
    """A handset as it is drawn."""

    number: str
    airplane_mode: bool
    memory_full: bool
    waiting: int
    messages: list[HandsetMessage]

    @property
    def shown(self) -> str:
        """Return the number as its owner says it: without 86 in the mainland."""
        mainland = _MAINLAND.fullmatch(self.number)
        return mainland[1] if mainland else f"+{self.number}"


def screens(place: Outside, only: str | None = None) -> list[Screen]:
    """Return the handsets, the one used last first, with their newest messages last."""
    views = [view for view in place.carrier.handsets() if only in (None, view.number)]
    return [
        Screen(
            view.number,
            view.airplane_mode,
            view.memory_full,
            view.waiting,
            place.carrier.messages(view.number)[-SHOWN_MESSAGES:],
        )
        for view in views[:SHOWN_HANDSETS]
    ]


async def home(request: Request) -> Response:
    """Show the row of handsets and the table of fates."""
    return await _home(request, blank_form(request, ADD))


async def _home(request: Request, form: Form) -> Response:
    place = outside(request)
    english = context_of(request).texts.locale == "en"
    return await render(
        request,
        "world/phones.html",
        screens=screens(place),
        fates=[(fate.ending, fate.en if english else fate.zh) for fate in FATES],
        example=EXAMPLE,
        portal_url=place.portal_url,
        form=form,
        all=len(place.carrier.handsets()),
    )


async def add(request: Request) -> Response:
    """Put a handset of one's own into the row, before anything was sent to it."""
    form = await read_form(request, ADD)
    if not form.ok:
        return await _home(request, form)
    number = as_carriers_say(form.text("number"))
    outside(request).carrier.switch(number)
    return redirect(request, f"/phones/{number}")


def as_carriers_say(number: str) -> str:
    """Return the number as carriers know it: digits, with the country's code."""
    digits = number.removeprefix("+")
    mainland = _MAINLAND.fullmatch(digits)
    return f"86{mainland[1]}" if mainland else digits


async def events(request: Request) -> Response:
    """Redraw the row when something happens."""

    def drawn() -> str:
        return part_text(request, "world/_row.html", screens=screens(outside(request)))

    return _live(request, "row", drawn)


async def one_events(request: Request) -> Response:
    """Redraw one handset when something happens."""
    number = _number(request)

    def drawn() -> str:
        return part_text(request, "world/_screen.html", screen=_screen(request, number))

    return _live(request, "screen", drawn)


def _live(request: Request, name: str, drawn: Callable[[], str]) -> Response:
    place = outside(request)

    async def parts() -> AsyncIterator[Part]:
        with place.carrier.subscribe() as news:
            before = ""
            while True:
                html = drawn()
                if html != before:
                    yield Part(name, html)
                before = html
                await news.next()
                # News in between are drawn together: a thousand a second are one picture.
                await asyncio.sleep(REDRAW_SECONDS)

    return sse_response(request, parts(), closing=place.closing)


def _number(request: Request) -> str:
    number = str(request.path_params["number"])
    if not _NUMBER.fullmatch(number):
        raise NothingHere
    return as_carriers_say(number)


def _screen(request: Request, number: str) -> Screen:
    found = screens(outside(request), number)
    unused = Screen(number, airplane_mode=False, memory_full=False, waiting=0, messages=[])
    return found[0] if found else unused


async def one(request: Request) -> Response:
    """Show one handset, its switches, and the box to answer with."""
    screen = _screen(request, _number(request))
    last = next((each.other for each in reversed(screen.messages)), "")
    return await _one(request, screen, blank_form(request, REPLY, to=last))


async def _one(request: Request, screen: Screen, form: Form) -> Response:
    return await render(request, "world/phone.html", screen=screen, form=form)


async def reply(request: Request) -> Response:
    """Write from the handset to the number that wrote to it (MO)."""
    number = _number(request)
    form = await read_form(request, REPLY)
    if form.ok:
        try:
            outside(request).carrier.reply(number, form.text("to"), form.text("text"))
        except (UnicodeEncodeError, ValueError):
            form.fail("text", "sandbox.reply.off_air")
        else:
            return redirect(request, f"/phones/{number}")
    return await _one(request, _screen(request, number), form)


async def switch(request: Request) -> Response:
    """Turn one of the handset's switches."""
    number = _number(request)
    sent = posted(request)
    turned = sent.get("on") == "1"
    if sent.get("switch") == "airplane":
        outside(request).carrier.switch(number, airplane_mode=turned)
    elif sent.get("switch") == "memory":
        outside(request).carrier.switch(number, memory_full=turned)
    else:
        raise NothingHere
    back = "/" if sent.get("back") == "row" else f"/phones/{number}"
    key = f"sandbox.switched.{sent.get('switch')}.{'on' if turned else 'off'}"
    return redirect_with_flash(request, back, key, number=_screen(request, number).shown)


async def handset(request: Request) -> Response:
    """Answer with one handset as JSON."""
    screen = _screen(request, _number(request))
    return JSONResponse(
        {
            "number": screen.number,
            "airplane_mode": screen.airplane_mode,
            "memory_full": screen.memory_full,
            "messages": [
                {
                    "id": each.id,
                    "other": each.other,
                    "text": each.text,
                    "parts": each.parts,
                    "at": each.at.isoformat(),
                    "incoming": each.incoming,
                }
                for each in outside(request).carrier.messages(screen.number)
            ],
        }
    )


ROUTES = [
    Route("/", home),
    Route("/phones", add, methods=["POST"]),
    Route("/phones/events", events),
    Route("/phones/{number}", one),
    Route("/phones/{number}/events", one_events),
    Route("/phones/{number}/reply", reply, methods=["POST"]),
    Route("/phones/{number}/switch", switch, methods=["POST"]),
    Route("/api/handsets/{number}", handset),
]
