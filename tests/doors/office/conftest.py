"""An office over a real database, with customers who wait for its decisions."""

from __future__ import annotations

import asyncio
import re
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from bench.customers import customer as make_customer
from starlette.applications import Starlette

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, CodeMessage, Contact, StaffRole
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.identity import service as identity
from umcloud.domains.identity.model import DocumentKind
from umcloud.domains.messaging import facts
from umcloud.domains.messaging import service as messaging
from umcloud.domains.messaging.model import Recipient, SendGroup, SendRequest
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.resources.signatures import service as signatures
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    EvidenceFile,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.domains.resources.templates import service as templates
from umcloud.domains.resources.templates.model import TemplateClass, TemplateDraft
from umcloud.doors.office.app import office
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MessageId, SignatureId, TemplateId, lane_of
from umcloud.main import wiring

SEALER = Sealer("a secret of the tests, long enough")
VAULT = Vault(SEALER, memory_kib=8, rounds=1)
PASSWORD = "correct-horse-42-battery"
NUMBER = "13800138000"
USCC = "91110000600037341L"
ROLES = {
    "admin": StaffRole.ADMIN,
    "reviewer": StaffRole.REVIEWER,
    "second": StaffRole.REVIEWER,
    "support": StaffRole.SUPPORT,
    "network": StaffRole.NETWORK,
    "finance": StaffRole.FINANCE,
    "auditor": StaffRole.AUDITOR,
}


def picture(width: int = 480, height: int = 320) -> bytes:
    """Return a grey PNG: something to see where a licence would be."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    rows = b"".join(b"\0" + bytes(220 - y % 40 for _ in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@dataclass
class Pocket:
    """Keeps the codes that were sent."""

    messages: list[CodeMessage] = field(default_factory=list)

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        del tx, act
        self.messages.append(message)


@dataclass
class World:
    """What waits in the office, and what has happened."""

    database: Database
    sender: AccountId
    """A customer who sends; one message is on its way."""
    message: MessageId
    newcomer: AccountId
    """A customer whose application waits."""
    application: UUID
    document: UUID
    signatures: list[SignatureId]
    template: TemplateId


@pytest.fixture
def later(now: datetime) -> datetime:
    """Return the office's moment: three hours after everything was handed in."""
    return now + timedelta(hours=3)


@pytest.fixture
async def world(database: Database, act: Act, now: datetime) -> World:
    """Return a cloud with staff, a sending customer and a customer who waits."""
    wiring.wire(database.bus, sealer=SEALER)
    async with database.transaction() as tx:
        await catalogue.publish_shipped(tx, act)
        await agreements.publish_shipped(tx, act)
        line = messaging.NewLine(1, "华东一号", "127.0.0.1", 2775, "test", b"sealed", "10690001")
        await messaging.put_line(tx, act, line)
        for name, role in ROLES.items():
            await accounts.create_staff(
                tx,
                act,
                email=f"{name}@umcloud.example",
                name=name,
                roles=frozenset({role}),
                password=PASSWORD,
                vault=VAULT,
            )
        made = await make_customer(tx, act, VAULT, 1, 1_000_000)
        sender = AccountId(UUID(made.account))
        await facts.changed(tx, sender)
    world = await _newcomer(database, act, sender)
    world.message = await _sent(database, now, sender, made.template)
    return world


async def _newcomer(database: Database, act: Act, sender: AccountId) -> World:
    async with database.transaction() as tx:
        opened = await accounts.open_account(
            tx,
            act,
            contact=Contact(Channel.EMAIL, "lin@example.com"),
            password=PASSWORD,
            name="林一",
            organisation="杭州示例科技",
            vault=VAULT,
        )
        mine = opened.account.id
        await identity.draft(
            tx, act, account_id=mine, name="杭州示例科技", uscc=USCC, legal_person="林一"
        )
        paper = await identity.attach(
            tx,
            act,
            account_id=mine,
            kind=DocumentKind.LICENCE,
            content=picture(),
            sealer=SEALER,
        )
        application = await identity.submit(tx, act, account_id=mine)
        waiting = []
        for number, text in enumerate(("云讯科技", "云讯商城")):
            draft = SignatureDraft(
                text, SignatureType.TRADEMARK, SignaturePurpose.OWN, CertificateType.TRADEMARK
            )
            file = EvidenceFile(picture(), "trademark.png")
            after = replace(act, now=act.now + timedelta(seconds=number))
            made = await signatures.create(
                tx, after, account_id=sender, draft=draft, certificate=file
            )
            waiting.append(made.id)
        words = TemplateDraft(
            TemplateClass.NOTICE, "中奖通知", "您的订单{1}已发货。", instruction="订单号"
        )
        template = await templates.create(tx, act, account_id=sender, draft=words)
    return World(
        database,
        sender,
        MessageId(UUID(int=0)),
        mine,
        application.id,
        paper.id,
        waiting,
        template.id,
    )


async def _sent(database: Database, now: datetime, sender: AccountId, template: str) -> MessageId:
    pump = Pump(database, lambda: now)
    await pump.start()
    try:
        group = SendGroup(template, None, [Recipient(NUMBER, ("4711",))])
        request = SendRequest(sender, lane_of(sender), [group], atomic=True)
        answer = await pump.submit(request)
    finally:
        await pump.stop()
    return answer.message_id(0)


@pytest.fixture
def pocket() -> Pocket:
    return Pocket()


@pytest.fixture
def app(world: World, later: datetime, pocket: Pocket) -> Starlette:
    return office(
        database=world.database,
        now=lambda: later,
        secret=b"a secret of the tests, long enough",
        vault=VAULT,
        sealer=SEALER,
        sender=pocket,
        closing=asyncio.Event(),
        sandbox=True,
        secure_cookies=False,
    )


class Visit:
    """A browser of one person of the staff."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx.Response:
        """Return the page, redirects followed."""
        return await self.client.get(path, follow_redirects=True)

    async def post(
        self, path: str, data: Mapping[str, str | list[str]] | None = None, *, page: str
    ) -> httpx.Response:
        """Post a form found on a page; the answer is the page it leads to."""
        shown = await self.get(page)
        proof = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        assert proof, "no form on that page"
        sent = {"csrf": proof.group(1), **(data or {})}
        return await self.client.post(path, data=sent, follow_redirects=True)


SignIn = Callable[..., Awaitable[Visit]]


@pytest.fixture
async def sign_in(app: Starlette) -> AsyncIterator[SignIn]:
    """Return a way to come in as somebody of the staff."""
    clients = []

    async def come(name: str, password: str = PASSWORD) -> Visit:
        transport = httpx.ASGITransport(app)
        client = httpx.AsyncClient(transport=transport, base_url="http://office.example")
        clients.append(client)
        visit = Visit(client)
        address = f"{name}@umcloud.example"
        answer = await visit.post(
            "/sign-in", {"email": address, "password": password}, page="/sign-in?lang=en"
        )
        assert answer.status_code == 200, answer.text
        return visit

    yield come
    for client in clients:
        await client.aclose()
