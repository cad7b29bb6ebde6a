"""A runner that only remembers what its link told it, and the carrier it is bound to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from umcloud.lines.smpp.link import SmppLink
from umcloud.lines.smpp.words import Inbound, Outgoing, Receipt
from umcloud.sandbox.carrier import Carrier, CarrierConfig, Knobs

QUICK = Knobs(latency_ms=0, receipt_delay_ms=0)
PASSWORD = "secret08"
MOMENT = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)


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

    def submitted(self, ref: object, carrier_id: bytes) -> None:
        self.order.append("submitted")
        self.sent[ref] = carrier_id

    def rejected(self, ref: object, status: int) -> None:
        self.refused[ref] = status

    def throttled(self, ref: object, status: int) -> None:
        self.busy.append((ref, status))

    def unknown(self, ref: object) -> None:
        self.order.append("unknown")
        self.doubtful.append(ref)

    def receipts(self, batch: list[Receipt]) -> None:
        self.order.append("receipts")
        self.batches += 1
        self.told += batch

    def inbound(self, message: Inbound) -> None:
        self.heard.append(message)

    def lost(self, reason: str) -> None:
        self.order.append("lost")
        self.reasons.append(reason)


def part(ref: object, destination: str = "8613800138888", text: str = "hi") -> Outgoing:
    return Outgoing(ref, destination.encode(), b"10690000", text.encode(), 0, udhi=False)


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
