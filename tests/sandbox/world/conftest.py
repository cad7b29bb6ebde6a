"""The world's pages over a real carrier, mailbox and gateway."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.lines.recorder import carrier_running
from tests.sandbox.gateway.world import keys
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.sandbox.carrier import Carrier
from umcloud.sandbox.gateway.app import Gateway
from umcloud.sandbox.mailbox.store import Mailbox
from umcloud.sandbox.world.app import world
from umcloud.sandbox.world.collaborators import Outside


@dataclass
class Tried:
    """The pages as a browser reaches them, and what stands behind them."""

    browser: httpx.AsyncClient
    carrier: Carrier
    carrier_port: int
    mailbox: Mailbox
    clock: Clock
    gateway: Gateway

    async def post(self, page: str, path: str, **fields: str) -> httpx.Response:
        shown = await self.browser.get(page)
        found = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        assert found
        return await self.browser.post(path, data={"csrf": found[1], **fields})


@pytest.fixture
async def tried(database: Database, tmp_path: Path) -> AsyncIterator[Tried]:
    clock = Clock(movable=True)
    async with carrier_running() as (carrier, port), httpx.AsyncClient() as http:
        gateway = Gateway(
            tmp_path,
            key=keys().gateway,
            merchant_key=keys().platform_public,
            http=http,
            now=clock,
        )
        mailbox = Mailbox()
        place = Outside(
            database=database,
            clock=clock,
            carrier=carrier,
            mailbox=mailbox,
            gateway=gateway,
            closing=asyncio.Event(),
            portal_url="http://portal.example",
        )
        app = world(place, secret=b"a secret for tests only", strict_texts=True)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://world.example") as it:
            yield Tried(it, carrier, port, mailbox, clock, gateway)
