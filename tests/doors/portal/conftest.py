"""A portal on a fresh database, with the agreement and the prices published."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from tests.domains.payments.channel import PaperChannel
from umcloud.domains.accounts.model import Channel, CodeMessage, InvitationMessage
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.audit import service as audit
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.notifications.errors import PhoneCodesClosed
from umcloud.doors.portal.app import portal
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act

HOST = "http://desk.example"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
EMAIL = "lin@example.com"
PASSWORD = "correct-horse-42"
ORGANISATION = "杭州示例科技有限公司"
CLAUSES = ["C11", "C12", "C13", "E"]


@dataclass
class Pocket:
    """Keeps the codes and the invitations that were sent."""

    codes: list[str] = field(default_factory=list)
    invitations: list[InvitationMessage] = field(default_factory=list)
    phones: bool = True

    def require_open(self, channel: Channel) -> None:
        if channel is Channel.PHONE and not self.phones:
            raise PhoneCodesClosed

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        del tx, act
        self.codes.append(message.code)

    async def invite(self, tx: Tx, act: Act, message: InvitationMessage) -> None:
        del tx, act
        self.invitations.append(message)


@dataclass
class World:
    """The portal and what stands around it."""

    app: Starlette
    database: Database
    pocket: Pocket
    channel: PaperChannel
    sealer: Sealer
    act: Act

    async def account_id(self) -> UUID:
        async with self.database.transaction() as tx:
            return UUID(str((await tx.sql("SELECT id FROM account")).one().id))


@pytest.fixture
async def world(database: Database, act: Act) -> AsyncIterator[World]:
    database.bus.on_everything(audit.record)
    async with database.transaction() as tx:
        await agreements.publish_shipped(tx, act)
        await catalogue.publish_shipped(tx, act)
    sealer = Sealer("a secret for tests only")
    pocket, channel = Pocket(), PaperChannel()
    pump = Pump(database, lambda: NOON)
    await pump.start()
    app = portal(
        database=database,
        now=lambda: NOON,
        secret=b"a secret for tests only",
        vault=Vault(sealer, memory_kib=8, rounds=1),
        sealer=sealer,
        pump=pump,
        channel=channel,
        sender=pocket,
        closing=asyncio.Event(),
        sandbox=True,
        links={"portal": HOST, "api": "http://api.example", "pay": "https://paper.example/pay"},
        secure_cookies=False,
        strict_texts=True,
    )
    yield World(app, database, pocket, channel, sealer, act)
    await pump.stop()


class Customer:
    """A browser in front of the portal."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def see(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-1500:])
        return answer.text

    async def post(
        self,
        path: str,
        data: Mapping[str, str | list[str]],
        *,
        page: str | httpx.Response | None = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> httpx.Response:
        shown = page.text if isinstance(page, httpx.Response) else await self.see(page or path)
        hidden = {
            name: found.group(1)
            for name in ("csrf", "idempotency_key", "version_id", "revision")
            if (found := re.search(rf'name="{name}" value="([^"]+)"', shown))
        }
        return await self.client.post(path, data={**hidden, **data}, files=files)


async def sign_up(world: World, customer: Customer, contact: str = EMAIL) -> httpx.Response:
    """Register as a careful customer does."""
    details = await customer.post("/sign-up", {"contact": contact})
    assert details.status_code == 200, details.text
    return await customer.post(
        "/sign-up/details",
        {
            "contact": contact,
            "code": world.pocket.codes[-1],
            "organisation": ORGANISATION,
            "password": PASSWORD,
            "acknowledged": CLAUSES,
            "authority": "yes",
        },
        page=details,
    )


@pytest.fixture
async def customer(world: World) -> AsyncIterator[Customer]:
    transport = httpx.ASGITransport(world.app)
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
        yield Customer(client)


@pytest.fixture
async def member(world: World, customer: Customer) -> Customer:
    answer = await sign_up(world, customer)
    assert answer.status_code == 303, answer.text
    return customer
