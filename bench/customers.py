"""Customers that may send, made by the real services: verified, approved, with money and a key."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from uuid import UUID

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact, Scope
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import rules as agreement_rules
from umcloud.domains.agreements import service as agreements
from umcloud.domains.callbacks import service as callbacks
from umcloud.domains.callbacks.model import Form
from umcloud.domains.identity import service as identity
from umcloud.domains.identity.model import DocumentKind
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.model import CNY, BucketKind, NewBucket, NewJournal, OperatorLine
from umcloud.domains.ledger.model import WalletLine as Line
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
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database, Tx
from umcloud.infra.outbound import Outbound
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import Settings
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import AccountId, uuid7
from umcloud.main import wiring

CONTENT = "您的订单{1}已发货，请注意查收。"
MICROS = 1_000_000
_DOCUMENT = b"%PDF-1.7 a licence for measurements"


@dataclass(frozen=True, slots=True)
class Customer:
    """What a sending program has to know."""

    account: str
    bearer: str
    public_key: str
    private_key: str
    signature: str
    template: str
    balance: int
    """Micros at the start."""

    def plain(self) -> dict[str, object]:
        """Return it for JSON."""
        return asdict(self)


def make_customers(
    chosen: Settings, url: str, count: int, yuan: int = 500_000, *, callback: str | None = None
) -> list[Customer]:
    """Return so many customers, each with that much money and, where given, a URL to be called."""
    return asyncio.run(_make(chosen, url, count, yuan, callback))


async def _make(
    chosen: Settings, url: str, count: int, yuan: int, callback: str | None
) -> list[Customer]:
    sealer = Sealer(chosen.secret)
    vault = Vault(sealer, memory_kib=8, rounds=1)
    clock = Clock(movable=True)
    database = Database(url, pool_size=2, application="umcloud bench")
    wiring.wire(database.bus, sealer=sealer)
    made = []
    try:
        async with database.transaction() as tx:
            await clock.refresh(tx)
        for number in range(count):
            async with database.transaction() as tx:
                moment = clock()
                act = Act(SYSTEM, moment, Door.CLI, uuid7(moment))
                one = await customer(tx, act, vault, number, yuan * MICROS)
                if callback is not None:
                    await callbacks.add_endpoint(
                        tx,
                        act,
                        account_id=AccountId(UUID(one.account)),
                        url=callback,
                        form=Form.NATIVE,
                        sealer=sealer,
                        guard=Outbound(loopback=True),
                    )
                made.append(one)
    finally:
        await database.close()
    return made


async def customer(tx: Tx, act: Act, vault: Vault, number: int, micros: int) -> Customer:
    """Return a customer that may send, with that much money."""
    company = f"压测第{number}科技有限公司"
    opened = await accounts.open_account(
        tx,
        act,
        contact=Contact(Channel.EMAIL, f"bench-{number}@example.com"),
        password=f"measure-{number}-42x",
        name="压测",
        organisation=company,
        vault=vault,
    )
    mine = opened.account.id
    version = await agreements.current(tx, now=act.now)
    text = agreement_rules.parse(version.text)
    await agreements.accept(
        tx,
        act,
        account_id=mine,
        member_id=opened.owner.id,
        version_id=version.id,
        acknowledged=set(text.emphasised),
        seconds_on_page=120,
        authority=True,
    )
    await _verify(tx, act, mine, company=company, uscc=_uscc(number), sealer=vault.sealer)
    signature, template = await _approve(tx, act, mine, number)
    await _recharge(tx, act, mine, micros)
    key = await accounts.create_key(
        tx, act, account_id=mine, name="bench", scopes=frozenset(Scope), vault=vault
    )
    public, private = key.key.public_key, key.private_key
    return Customer(str(mine), f"{public}.{private}", public, private, signature, template, micros)


async def _verify(
    tx: Tx, act: Act, mine: AccountId, *, company: str, uscc: str, sealer: Sealer
) -> None:
    await identity.draft(tx, act, account_id=mine, name=company, uscc=uscc, legal_person="压测")
    await identity.attach(
        tx, act, account_id=mine, kind=DocumentKind.LICENCE, content=_DOCUMENT, sealer=sealer
    )
    application = await identity.submit(tx, act, account_id=mine)
    await identity.approve(tx, act, application_id=application.id)


async def _approve(tx: Tx, act: Act, mine: AccountId, number: int) -> tuple[str, str]:
    draft = SignatureDraft(
        f"压测{number}", SignatureType.COMPANY, SignaturePurpose.OWN, CertificateType.LICENCE
    )
    licence = EvidenceFile(_DOCUMENT, "licence.pdf")
    sign = await signatures.create(tx, act, account_id=mine, draft=draft, certificate=licence)
    sign = await signatures.take(tx, act, signature_id=sign.id)
    await signatures.approve(tx, act, signature_id=sign.id, revision=sign.revision)
    words = TemplateDraft(TemplateClass.NOTICE, "发货通知", CONTENT, instruction="订单号")
    one = await templates.create(tx, act, account_id=mine, draft=words)
    one = await templates.take(tx, act, template_id=one.id)
    await templates.approve(tx, act, template_id=one.id, revision=one.revision)
    return sign.text, one.public_id


async def _recharge(tx: Tx, act: Act, mine: AccountId, micros: int) -> None:
    await ledger.open_wallet(tx, act, account_id=mine)
    later = replace(act, now=act.now + timedelta(milliseconds=1))
    lines: list[Line | OperatorLine] = [
        Line(mine, CNY, micros, NewBucket(BucketKind.CASH, micros)),
        OperatorLine("clearing:sandbox", CNY, -micros),
    ]
    await ledger.post(tx, later, NewJournal("recharge", f"bench {mine}", lines, "bench"))


def _uscc(number: int) -> str:
    """Return a number of GB 32100 that is formally right and belongs to nobody."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    body = f"91330100MA{number:07d}"
    total = sum(alphabet.index(c) * w for c, w in zip(body, weights, strict=True))
    return body + alphabet[(31 - total % 31) % 31]
