"""Customers come, consent, prove who they are, ask for words, change keys, freeze and thaw."""

from __future__ import annotations

from functools import partial

from stdnum.cn import uscc

from sim.books import Customer, DiffersError, Template
from sim.world import World
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import (
    Channel,
    CodeMessage,
    FreezeReason,
    Purpose,
    Scope,
)
from umcloud.domains.agreements import rules as agreement_rules
from umcloud.domains.agreements import service as agreements
from umcloud.domains.flows.close import close
from umcloud.domains.flows.register import register
from umcloud.domains.identity import service as identity
from umcloud.domains.identity.model import ApplicationId, DocumentKind
from umcloud.domains.resources.signatures import service as signatures
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.domains.resources.templates import service as templates
from umcloud.domains.resources.templates.model import TemplateClass, TemplateDraft
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act, Door
from umcloud.kernel.ids import KeyId, TemplateId, lane_of

LICENCE = b"%PDF-1.7 a licence of nobody"
CONTENTS = {
    "otp": ("您的验证码是{1}，五分钟内有效。", 1),
    "notice": ("您的订单{1}已发货，请在{2}前查收。", 2),
    "marketing": ("新品上市，全场{1}折，欢迎光临。拒收请回复R", 1),
}


class Caught:
    """Catches the one-time code instead of sending it."""

    code = ""

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        """Keep it."""
        del tx, act
        self.code = message.code


class People:
    """Deeds of people, and what is still waiting for the operator's reviewers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._applications: list[tuple[Customer, ApplicationId]] = []
        self._keys: dict[int, KeyId] = {}
        self._template_ids: dict[str, TemplateId] = {}

    async def come(self) -> None:
        """Open an account with a code and a consent; a wrong code first is refused."""
        world = self._world
        number = len(world.books.customers)
        world.note(f"customer {number} registers")
        address = f"owner-{number}@customers.example"
        caught = Caught()
        async with world.transaction() as tx:
            await accounts.request_code(
                tx, world.act(), channel=Channel.EMAIL, target=address, purpose=Purpose.REGISTER,
                sender=caught, vault=world.vault,
            )  # fmt: skip
        wrong = f"{(int(caught.code) + 1) % 1_000_000:06d}"
        for code in (wrong, caught.code) if world.chance.random() < 0.1 else (caught.code,):
            async with world.transaction() as tx:
                act = world.act()
                version = await agreements.current(tx, now=act.now)
                verdict = await register(
                    tx, act, channel=Channel.EMAIL, target=address, code=code,
                    password=f"a plain sentence, {number}", organisation=_company(number),
                    version_id=version.id,
                    acknowledged=set(agreement_rules.parse(version.text).emphasised),
                    seconds_on_page=90, authority=True, vault=world.vault,
                )  # fmt: skip
        if verdict.value is None:
            raise DiffersError(f"not registered: {verdict.refusal}")
        account_id = verdict.value.account.id
        customer = Customer(number, account_id, lane_of(account_id))
        world.books.customers.append(customer)
        await self._apply(customer)

    async def _apply(self, customer: Customer) -> None:
        world = self._world
        async with world.transaction() as tx:
            act = world.act()
            await identity.draft(
                tx, act, account_id=customer.id, name=_company(customer.number),
                uscc=_uscc(customer.number), legal_person="王小明",
            )  # fmt: skip
            await identity.attach(
                tx, act, account_id=customer.id, kind=DocumentKind.LICENCE, content=LICENCE,
                sealer=world.tools.sealer,
            )  # fmt: skip
            application = await identity.submit(tx, act, account_id=customer.id)
        self._applications.append((customer, application.id))

    async def review(self) -> None:
        """Let the operator decide what came in; one in ten must apply again."""
        world = self._world
        waiting, self._applications = self._applications, []
        for customer, application in waiting:
            if world.chance.random() < 0.1:
                world.note(f"customer {customer.number} is not proved yet")
                async with world.transaction() as tx:
                    await identity.refuse(
                        tx, world.act(Door.OFFICE), application_id=application, reason="看不清"
                    )
                await self._apply(customer)
                continue
            world.note(f"customer {customer.number} is proved")
            async with world.transaction() as tx:
                await identity.approve(tx, world.act(Door.OFFICE), application_id=application)
            customer.verified = True
            await self._sign(customer)
            for cls in CONTENTS:
                await self.add_template(customer, cls)
            await self._new_key(customer)

    async def _sign(self, customer: Customer) -> None:
        world = self._world
        draft = SignatureDraft(
            f"模拟{customer.number}", SignatureType.COMPANY, SignaturePurpose.OWN,
            CertificateType.LICENCE,
        )  # fmt: skip
        world.note(f"customer {customer.number} asks for a signature")
        async with world.transaction() as tx:
            asked = await signatures.create(tx, world.act(), account_id=customer.id, draft=draft)
        async with world.transaction() as tx:
            act = world.act(Door.OFFICE)
            taken = await signatures.take(tx, act, signature_id=asked.id)
            await signatures.approve(tx, act, signature_id=asked.id, revision=taken.revision)
        customer.signature = draft.text

    async def add_template(self, customer: Customer, cls: str) -> None:
        """Ask for a template; one in eight is refused first and asked for anew."""
        world = self._world
        content, variables = CONTENTS[cls]
        world.note(f"customer {customer.number} asks for a template of {cls}")
        draft = TemplateDraft(TemplateClass(cls), f"模板{cls}", content, instruction="变量")
        async with world.transaction() as tx:
            asked = await templates.create(tx, world.act(), account_id=customer.id, draft=draft)
        if world.chance.random() < 0.12:
            async with world.transaction() as tx:
                act = world.act(Door.OFFICE)
                taken = await templates.take(tx, act, template_id=asked.id)
                await templates.refuse(
                    tx, act, template_id=asked.id, revision=taken.revision, reason="请改"
                )
            async with world.transaction() as tx:
                await templates.update(
                    tx, world.act(), account_id=customer.id, template_id=asked.id,
                    content=content.replace("您", "你").replace("新品", "好物"),
                )  # fmt: skip
            content = content.replace("您", "你").replace("新品", "好物")
        async with world.transaction() as tx:
            act = world.act(Door.OFFICE)
            taken = await templates.take(tx, act, template_id=asked.id)
            await templates.approve(tx, act, template_id=asked.id, revision=taken.revision)
        self._template_ids[asked.public_id] = asked.id
        customer.templates.append(Template(asked.public_id, cls, content, variables))

    async def withdraw_template(self, customer: Customer) -> None:
        """Withdraw one of the customer's templates, so that nothing goes out by it any more."""
        world = self._world
        usable = [template for template in customer.templates if template.usable]
        if not usable:
            return
        chosen = world.chance.choice(usable)
        world.note(f"template {chosen.public_id} of customer {customer.number} is withdrawn")
        async with world.transaction() as tx:
            await templates.disable(
                tx, world.act(Door.OFFICE), template_id=self._template_ids[chosen.public_id],
                reason="投诉",
            )  # fmt: skip
        chosen.usable = False
        await self.add_template(customer, chosen.cls)

    async def rotate_key(self, customer: Customer) -> None:
        """Make a new key and stop the old one; stopping it again is refused."""
        world = self._world
        old = self._keys[customer.number]
        world.note(f"customer {customer.number} changes keys")
        await self._new_key(customer)
        revoke = partial(accounts.revoke_key, act=world.act(), account_id=customer.id, key_id=old)
        async with world.transaction() as tx:
            await revoke(tx)
        await world.refused("key.not_found", revoke)

    async def _new_key(self, customer: Customer) -> None:
        world = self._world
        async with world.transaction() as tx:
            made = await accounts.create_key(
                tx, world.act(), account_id=customer.id, name="sim", scopes=frozenset(Scope),
                vault=world.vault,
            )  # fmt: skip
        self._keys[customer.number] = made.key.id

    async def freeze(self, customer: Customer) -> None:
        """Freeze the account, for theft now and then."""
        world = self._world
        theft = world.chance.random() < 0.3
        reason = FreezeReason.THEFT if theft else FreezeReason.PROFILE
        world.note(f"customer {customer.number} is frozen: {reason.value}")
        async with world.transaction() as tx:
            await accounts.freeze(
                tx, world.act(Door.OFFICE), account_id=customer.id, reason=reason, note="sim"
            )
        customer.state = "FROZEN"

    async def thaw(self, customer: Customer) -> None:
        """Let it work again, with keys of its own."""
        world = self._world
        world.note(f"customer {customer.number} is thawed")
        async with world.transaction() as tx:
            await accounts.thaw(tx, world.act(Door.OFFICE), account_id=customer.id, note="sim")
        customer.state = "ACTIVE"
        await self.rotate_key(customer)

    async def close(self, customer: Customer) -> None:
        """End the relationship for good; not with one who owes, or has something set aside."""
        world = self._world
        world.note(f"customer {customer.number} leaves")
        leave = partial(close, act=world.act(Door.OFFICE), account_id=customer.id, note="simulated")
        if customer.money.owed > 0 or customer.money.posted < 0:
            await world.refused("balance.owed", leave)
        elif customer.money.held:
            await world.refused("hold.open", leave)
        else:
            async with world.transaction() as tx:
                await leave(tx)
            customer.state = "CLOSED"


def _company(number: int) -> str:
    return f"模拟第{number}科技有限公司"


def _uscc(number: int) -> str:
    body = f"91330100MA{number:07d}"
    return body + str(uscc.calc_check_digit(body))
