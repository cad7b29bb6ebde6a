"""A gateway and a platform that reach each other without sockets."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp

from umcloud.domains.payments.model import Bill
from umcloud.kernel.money import Money
from umcloud.providers.payment.keys import SandboxKeys, sandbox_keys
from umcloud.providers.payment.sandbox_pay import SandboxPay
from umcloud.sandbox.gateway.app import Gateway

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@cache
def keys() -> SandboxKeys:
    """Return key pairs; making them takes a while, so once a session."""
    with tempfile.TemporaryDirectory() as folder:
        return sandbox_keys(Path(folder))


@dataclass
class Hands:
    """A clock with hands to turn."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """Both companies; `browser` reaches the gateway."""

    gateway: Gateway
    channel: SandboxPay
    browser: httpx.AsyncClient
    clock: Hands
    platform: httpx.AsyncClient = field(init=False)

    def bill(self, number: str = "pay_1", yuan: str = "100") -> Bill:
        """Return a bill of now."""
        now = self.clock.now
        return Bill(number, Money.yuan(yuan), "充值 & more", now, now + timedelta(hours=2))

    async def press(self, url: str, decision: str, payer: str = "bank@example.com") -> int:
        """Open the pay page, press a button and wait for the notices; return the status."""
        page = await self.browser.get(url)
        assert page.status_code == 200
        answer = await self.browser.post(url, data={"decision": decision, "payer": payer})
        await self.gateway.notices.settled()
        return answer.status_code


@asynccontextmanager
async def world(
    home: Path, platform: ASGIApp, *, retries: Sequence[float] = (0, 0, 0)
) -> AsyncIterator[World]:
    """Connect a gateway that keeps its trades in `home` with the platform's application."""
    clock = Hands()
    outside = Starlette()
    transport = httpx.ASGITransport(platform)
    async with (
        httpx.AsyncClient(transport=transport) as to_platform,
        httpx.AsyncClient(transport=httpx.ASGITransport(outside)) as to_gateway,
    ):
        gateway = Gateway(
            home,
            key=keys().gateway,
            merchant_key=keys().platform_public,
            http=to_platform,
            now=clock,
            retries=retries,
            late_seconds=0.01,
        )
        outside.mount("/gateway", gateway.app())
        channel = SandboxPay(
            gateway_url="http://outside/gateway",
            notify_url="http://platform/payments/notify/sandbox",
            return_url="http://platform/portal/recharge?from=gateway",
            key=keys().platform,
            gateway_key=keys().gateway_public,
            http=to_gateway,
        )
        async with gateway.running():
            yield World(gateway, channel, to_gateway, clock)
