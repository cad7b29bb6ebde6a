"""The carrier's knobs, links and counters."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.doors.kit.fields import Check, Whole
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.live import Part, sse_response
from umcloud.doors.kit.render import part_text, redirect_with_flash, render
from umcloud.doors.kit.story import Stat
from umcloud.doors.kit.values import Key, Tone
from umcloud.sandbox.carrier import Knobs
from umcloud.sandbox.world.collaborators import Outside, outside
from umcloud.wire.smpp import codes

_SECONDS_MOST = 60_000
_RATES_OVER_SECONDS = 5.0
_LOOK_SECONDS = 0.5


def _percent(name: str) -> Whole:
    return Whole(name=name, label=f"sandbox.knob.{name}", most=100)


def _number(name: str, most: int) -> Whole:
    return Whole(name=name, label=f"sandbox.knob.{name}", most=most)


KNOBS = FormSpec(
    "knobs",
    (
        _number("latency_ms", _SECONDS_MOST),
        _number("latency_jitter_ms", _SECONDS_MOST),
        _number("receipt_delay_ms", _SECONDS_MOST),
        _number("receipt_jitter_ms", _SECONDS_MOST),
        _number("throttle_per_second", 1_000_000),
        _percent("system_error"),
        _percent("queue_full"),
        _percent("undelivered"),
        _percent("receipt_loss"),
        _percent("receipt_twice"),
        _percent("garbage"),
        Check(name="hang", label="sandbox.knob.hang", required=False),
        Check(name="refuse_binds", label="sandbox.knob.refuse_binds", required=False),
    ),
    submit="sandbox.knobs.turn",
)
_SHARES = ("undelivered", "receipt_loss", "receipt_twice", "garbage")
_DELAYS = ("latency_ms", "latency_jitter_ms", "receipt_delay_ms", "receipt_jitter_ms")
_ERRORS = {"system_error": codes.SYSTEM_ERROR, "queue_full": codes.MESSAGE_QUEUE_FULL}
COUNTS = {
    "arrived": Tone.IDLE,
    "accepted": Tone.IDLE,
    "refused": Tone.BAD,
    "throttled": Tone.ATTENTION,
    "delivered": Tone.IDLE,
    "owed": Tone.IDLE,
    "acknowledged": Tone.IDLE,
    "lost_receipts": Tone.ATTENTION,
    "replies": Tone.IDLE,
}


class Meter:
    """Counts a second, over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Mapping[str, int]]] = deque()

    def rates(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Take what has been counted so far; return how much a second, rounded."""
        here = time.monotonic()
        self._seen.append((here, dict(counts)))
        while here - self._seen[0][0] > _RATES_OVER_SECONDS:
            self._seen.popleft()
        begun, before = self._seen[0]
        passed = max(here - begun, _LOOK_SECONDS)
        return {name: round((n - before.get(name, 0)) / passed) for name, n in counts.items()}


def _traffic(place: Outside, rates: Mapping[str, int]) -> dict[str, Any]:
    counts = place.carrier.counts.facts()
    stats = [
        Stat(
            Key(f"sandbox.count.{name}"),
            counts[name],
            note=f"{rates.get(name, 0):,} / s",
            tone=tone if counts[name] else Tone.IDLE,
        )
        for name, tone in COUNTS.items()
    ]
    return {"stats": stats, "binds": place.carrier.binds()}


def _as_typed(knobs: Knobs) -> dict[str, object]:
    known: dict[str, object] = {name: round(getattr(knobs, name)) for name in _DELAYS}
    known |= {name: round(getattr(knobs, name) * 100) for name in _SHARES}
    known |= {name: round(knobs.errors.get(code, 0) * 100) for name, code in _ERRORS.items()}
    known["throttle_per_second"] = knobs.throttle_per_second
    return known | {"hang": knobs.hang, "refuse_binds": knobs.refuse_binds}


async def page(request: Request) -> Response:
    """Show what flows and the knobs as they stand."""
    known = _as_typed(outside(request).carrier.knobs)
    return await _page(request, blank_form(request, KNOBS, **known))


async def _page(request: Request, form: Form) -> Response:
    place = outside(request)
    changed = place.carrier.knobs != Knobs()
    return await render(
        request, "world/carrier.html", form=form, changed=changed, **_traffic(place, {})
    )


async def events(request: Request) -> Response:
    """Redraw links and counters twice a second, where they changed."""
    place = outside(request)

    async def parts() -> AsyncIterator[Part]:
        meter, before = Meter(), ""
        while True:
            rates = meter.rates(place.carrier.counts.facts())
            html = part_text(request, "world/_traffic.html", **_traffic(place, rates))
            if html != before:
                yield Part("traffic", html)
            before = html
            await asyncio.sleep(_LOOK_SECONDS)

    return sse_response(request, parts(), closing=place.closing)


async def turn(request: Request) -> Response:
    """Turn the knobs."""
    form = await read_form(request, KNOBS)
    if form.ok:
        chosen: dict[str, Any] = {name: float(form.whole(name)) for name in _DELAYS}
        chosen |= {name: form.whole(name) / 100 for name in _SHARES}
        mix = {code: form.whole(name) / 100 for name, code in _ERRORS.items()}
        chosen |= {
            "errors": {code: share for code, share in mix.items() if share},
            "throttle_per_second": form.whole("throttle_per_second"),
            "hang": form.is_ticked("hang"),
            "refuse_binds": form.is_ticked("refuse_binds"),
        }
        try:
            outside(request).carrier.turn(**chosen)
        except ValueError:
            form.fail("latency_jitter_ms", "sandbox.knobs.unfit")
        else:
            return redirect_with_flash(request, "/carrier", "sandbox.knobs.turned")
    return await _page(request, form)


async def calm(request: Request) -> Response:
    """Put every knob back to where it stood at the start."""
    still = Knobs()
    outside(request).carrier.turn(**{name: getattr(still, name) for name in Knobs.__slots__})
    return redirect_with_flash(request, "/carrier", "sandbox.knobs.calm")


async def cut(request: Request) -> Response:
    """Cut every link without a word."""
    outside(request).carrier.drop_links()
    return redirect_with_flash(request, "/carrier", "sandbox.links.cut", tone="attention")


ROUTES = [
    Route("/carrier", page),
    Route("/carrier/events", events),
    Route("/carrier/knobs", turn, methods=["POST"]),
    Route("/carrier/calm", calm, methods=["POST"]),
    Route("/carrier/cut", cut, methods=["POST"]),
]
