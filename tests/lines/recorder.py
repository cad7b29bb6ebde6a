"""A runner that only remembers what its link told it, and the carrier it is bound to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from umcloud.lines.smpp.link import SmppLink
from umcloud.lines.smpp.words import Answered, Inbound, Outgoing, Receipt
from umcloud.sandbox.carrier import Carrier, CarrierConfig, Knobs

QUICK = Knobs(latency_ms=0, receipt_delay_ms=0)
PASSWORD = "secret08"
MOMENT = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)


class Part(Outgoing):
    """A part with a name, under which the recorder remembers it."""

    __slots__ = ("name",)
    name: object


def name_of(part: Outgoing) -> object:
    assert isinstance(part, Part)
    return part.name


class Recorder:
    def __init__(self) -> None:
        self.sent: dict[object, bytes] = {}
        self.refused: dict[object, int] = {}
        self.busy: list[tuple[object, int]] = []
        self.doubtful: list[object] = []
        self.told: list[Receipt] = []
        self.batches = 0
        self.heard: list[Inbound] = []
        self.reasons: list[str] = []
        self.order: list[str] = []

    def submitted(self, batch: list[Answered]) -> None:
        for answer in batch:
            self.order.append("submitted")
            self.sent[name_of(answer.ref)] = answer.message_id

    def rejected(self, part: Outgoing, status: int) -> None:
        self.refused[name_of(part)] = status

    def throttled(self, part: Outgoing, status: int) -> None:
        self.busy.append((name_of(part), status))

    def unknown(self, part: Outgoing) -> None:
        self.order.append("unknown")
        self.doubtful.append(name_of(part))

    def receipts(self, batch: list[Receipt]) -> None:
        self.order.append("receipts")
        self.batches += 1
        self.told += batch

    def inbound(self, message: Inbound) -> None:
        self.heard.append(message)

    def lost(self, reason: str) -> None:
        self.order.append("lost")
        self.reasons.append(reason)


def part(
    name: object,
    destination: str = "8613800138888",
    text: str = "hi",
    *,
    source: bytes = b"10690000",
) -> Part:
    made = Part(destination.encode(), source, text.encode(), 0, 0)
    made.name = name
    return made


async def until(condition: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait until it holds; TimeoutError when it does not in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.002)


@asynccontextmanager
async def carrier_running(
    knobs: Knobs = QUICK, **settings: Any
) -> AsyncIterator[tuple[Carrier, int]]:
    config = CarrierConfig(clients={"umcloud": PASSWORD}, **settings)
    carrier = Carrier(config, now=lambda: MOMENT, knobs=knobs)
    port = await carrier.start()
    try:
        yield carrier, port
    finally:
        await carrier.stop()


@asynccontextmanager
async def linked(
    port: int, recorder: Recorder, *, password: str = PASSWORD, **settings: Any
) -> AsyncIterator[SmppLink]:
    settings.setdefault("response_timeout_seconds", 5)
    link = await SmppLink.connect(
        "127.0.0.1", port, system_id="umcloud", password=password, events=recorder, **settings
    )
    try:
        yield link
    finally:
        link.abort()
