"""The carrier lines: state, window, what goes over them now; enable, drain, disable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.inbound import queries as inbound
from umcloud.domains.inbound.model import InboundMessage
from umcloud.domains.messaging import explain, service, throughput
from umcloud.domains.messaging.explain import LineView
from umcloud.domains.messaging.service import LineState
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.live import Part, sse_response
from umcloud.doors.kit.render import part_text, redirect_with_flash, render
from umcloud.doors.kit.story import Chart, Series
from umcloud.doors.kit.values import Badge, Body, Key, Lines, Phone, Tone
from umcloud.doors.office.standing import office_of, only_staff
from umcloud.infra.i18n import Texts

LOOK_SECONDS = 2.0
CHART_AGE = timedelta(minutes=1)
STATE_TONES = {"enabled": Tone.GOOD, "draining": Tone.ATTENTION, "disabled": Tone.IDLE}
HEADING = [
    Key("office.lines.name"),
    Key("office.lines.state"),
    Key("office.lines.link"),
    Key("office.lines.submitted"),
    Key("office.lines.reported"),
    Key("office.lines.in_flight"),
    Key("office.lines.waiting"),
    Key("office.lines.speed"),
    Key("office.lines.carries"),
    Key("office.lines.trouble"),
]
NOTHING = "—"
STRAYS = 20
"""Messages of handsets that answer to nothing we sent: so many are shown."""
STRAY_HEADING = [
    Key("office.lines.stray.at"),
    Key("office.lines.stray.line"),
    Key("office.lines.stray.source"),
    Key("office.lines.stray.destination"),
    Key("office.lines.stray.text"),
]
CHOICES = {
    "enabled": (LineState.DRAINING, LineState.DISABLED),
    "draining": (LineState.ENABLED, LineState.DISABLED),
    "disabled": (LineState.ENABLED,),
}


def link_badge(line: LineView) -> Badge | str:
    """Return whether the line is connected; of a disabled one there is nothing to say."""
    if line.state == "disabled":
        return NOTHING
    if line.pulse is None or not line.is_heard:
        return Badge(Key("office.lines.link.unheard"), Tone.BAD)
    if line.pulse.is_bound:
        return Badge(Key("office.lines.link.up"), Tone.GOOD)
    return Badge(Key("office.lines.link.down"), Tone.BAD)


def _trouble(texts: Texts, line: LineView) -> object:
    if line.pulse is None or line.pulse.trouble is None:
        return NOTHING
    trouble = line.pulse.trouble
    words = texts.ui(f"office.lines.trouble.{trouble.kind}")
    return Lines(f"{words} {trouble.detail}".strip(), trouble.at)


def _alive(line: LineView, name: str) -> object:
    """Return a figure of the pulse; a dash where nobody knows it now."""
    return getattr(line.pulse, name) if line.is_heard else NOTHING


def line_rows(texts: Texts, lines: Sequence[LineView]) -> list[list[object]]:
    """Return the lines as rows of a small table."""
    return [
        [
            Lines(f"{line.number} · {line.name}", f"{line.host}:{line.port}"),
            Badge(Key(f"office.lines.state.{line.state}"), STATE_TONES[line.state]),
            link_badge(line),
            _alive(line, "submitted_per_second"),
            _alive(line, "receipts_per_second"),
            texts.ui("office.lines.of_window", n=_alive(line, "in_flight"), window=line.window),
            _alive(line, "waiting"),
            line.per_second or Key("office.lines.unbounded"),
            texts.ui(f"office.lines.carries.{line.carries}"),
            _trouble(texts, line),
        ]
        for line in lines
    ]


async def _now(request: Request) -> dict[str, Any]:
    """Return the lines as they are this moment; reads no log, for it is asked all the time."""
    context = context_of(request)
    async with context.transaction() as tx:
        lines = await explain.lines(tx, context.desk.now())
    return {"heading": HEADING, "rows": line_rows(context.texts, lines), "lines": lines}


async def _minutes(request: Request) -> Chart:
    context = context_of(request)
    async with context.transaction() as tx:
        minutes = await throughput.minutes(tx, context.desk.now())
    return Chart(
        Key("office.lines.chart"),
        tuple(context.texts.hour(one.begins) for one in minutes),
        (
            Series(Key("office.lines.taken"), tuple(one.submitted for one in minutes), Tone.GOOD),
            Series(Key("office.lines.refused"), tuple(one.rejected for one in minutes), Tone.BAD),
            Series(
                Key("office.lines.unanswered"),
                tuple(one.unknown for one in minutes),
                Tone.ATTENTION,
            ),
        ),
        "stacked",
    )


@only_staff(StaffRole.NETWORK, StaffRole.SUPPORT)
async def lines_page(request: Request) -> Response:
    """Show every line, live."""
    roles = context_of(request).person.roles
    may_change = bool(roles & {StaffRole.NETWORK.value, StaffRole.ADMIN.value})
    async with context_of(request).transaction() as tx:
        strays = await inbound.nobodys(tx, STRAYS)
    return await render(
        request,
        "office/lines.html",
        may_change=may_change,
        stray_heading=STRAY_HEADING,
        strays=[_stray(one) for one in strays],
        choices=CHOICES,
        chart=await _minutes(request),
        **await _now(request),
    )


def _stray(one: InboundMessage) -> list[object]:
    """Return what a handset wrote to nobody we know as a row; number and text are masked."""
    return [
        one.at,
        one.line,
        Phone(one.source),
        f"{one.destination}{one.extend_code}",
        Body(one.text, masked=True),
    ]


@only_staff(StaffRole.NETWORK, StaffRole.SUPPORT)
async def live(request: Request) -> Response:
    """Send the table again whenever it changes, and the chart once a minute."""

    async def parts() -> AsyncIterator[Part]:
        shown, drawn = "", context_of(request).desk.now()
        while True:
            html = part_text(request, "office/_lines.html", **await _now(request))
            if html != shown:
                shown = html
                yield Part("lines", html)
            if context_of(request).desk.now() - drawn >= CHART_AGE:
                drawn = context_of(request).desk.now()
                chart = await _minutes(request)
                yield Part("minutes", part_text(request, "office/_minutes.html", chart=chart))
            await asyncio.sleep(LOOK_SECONDS)

    return sse_response(request, parts(), closing=office_of(request).closing)


@only_staff(StaffRole.NETWORK)
async def change(request: Request) -> Response:
    """Enable, drain or disable a line."""
    context = context_of(request)
    try:
        state = LineState(request.path_params["state"])
    except ValueError as error:
        raise NothingHere from error
    number = request.path_params["number"]
    async with context.transaction() as tx:
        await service.set_line_state(tx, context.act, number=number, state=state)
    return redirect_with_flash(
        request, "/lines", f"office.lines.changed.{state.value}", number=number
    )


ROUTES = [
    Route("/lines", lines_page),
    Route("/lines/live", live),
    Route("/lines/{number:int}/{state}", change, methods=["POST"]),
]
